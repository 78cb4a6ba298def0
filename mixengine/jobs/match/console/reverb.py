"""The send reverb of [Diff-MST]: twelve bands of decaying noise, convolved with the sum of the sends.

In [Diff-MST] the noise is random at each call; here it has a seed, so that results are reproducible. Released models do
not use the reverb.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from scipy import fft, signal

from mixengine.audio.arrays import constant, namespace
from mixengine.jobs.match.console.parameters import RATE, REVERB_BANDS

FRAMES = 65536
TAPS = 1023
_CENTRES_HZ = (31.5, 63.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16000.0)


def reverberated(x: Any, values: Any, noise: np.ndarray) -> Any:
    """The wet sound of a stereo bus [shape=(…, 2, frames)], causal, from rest.

    Parameters
    ----------
    values : array or tensor [shape=(…, 25)]
        Gains and decays of the bands; the last value, the mix, is not used: the bus is wet only, as published.
    noise : ndarray [shape=(2, 12, 65536)]
        From `banded`.
    """
    xp = namespace(x)
    n_fft = int(fft.next_fast_len(x.shape[-1] + FRAMES - 1, real=True))
    spectrum = xp.fft.rfft(x, n_fft) * xp.fft.rfft(impulse(values, noise), n_fft)
    return xp.fft.irfft(spectrum, n_fft)[..., : x.shape[-1]]


def impulse(values: Any, noise: np.ndarray) -> Any:
    """Impulse response of both sides [shape=(…, 2, 65536)]: the mean of the bands' gain · exp(−(10 decay + 1) t)."""
    xp = namespace(values)
    gains, decays = values[..., :REVERB_BANDS, None], values[..., REVERB_BANDS : 2 * REVERB_BANDS, None]
    time = constant(np.linspace(0.0, 1.0, FRAMES), values)
    shape = gains * xp.exp(-(10.0 * decays + 1.0) * time)
    return xp.mean(constant(noise, values) * shape[..., None, :, :], -2)


@functools.lru_cache(maxsize=2)
def banded_noise(seed: int) -> np.ndarray:
    """Noise in bands, from a seed [shape=(2, 12, 65536)]."""
    white = np.random.default_rng(seed).standard_normal((2, REVERB_BANDS, FRAMES + TAPS - 1))
    return banded(white)


def banded(white: np.ndarray) -> np.ndarray:
    """White noise [shape=(2, 12, 65536 + 1022)], each row through the filter of its band."""
    return signal.oaconvolve(white, _filters()[None], mode="valid", axes=-1)


@functools.cache
def _filters() -> np.ndarray:
    """FIR filters of the bands: low pass at 12 Hz, ten octaves, high pass at 18 kHz [shape=(12, 1023)]."""
    top = RATE / 2 * 0.999
    octaves = [
        signal.firwin(TAPS, [hz / np.sqrt(2.0), min(hz * np.sqrt(2.0), top)], fs=RATE, pass_zero=False)
        for hz in _CENTRES_HZ
    ]
    low, high = signal.firwin(TAPS, 12.0, fs=RATE), signal.firwin(TAPS, 18000.0, fs=RATE, pass_zero=False)
    return np.stack([low, *octaves, high])
