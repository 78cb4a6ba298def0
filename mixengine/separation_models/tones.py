"""How far a sound is made of tones: the flatness of its spectra, near 1 in noise and 0 in tones.

Frames of 64 ms part the harmonics of a voice. The partials of a double bass lie closer than that, so those below
1200 Hz are looked at in frames of 256 ms too.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import ndimage

from mixengine.audio.stft import Stft

HOP_S = 0.016
REACH_S = 10.0
"""What is said of a moment is seen in so many seconds before and after it."""
VOICE_HZ = (200.0, 6000.0)
ENVELOPE_BINS = 17
_STEADY_S = 0.3
_LOW_HZ = (30.0, 1200.0)
_LOW_HOP_S = 4.0 * HOP_S
_LOW_STEADY_S = 1.0
_SILENCE = 1e-14


@lru_cache(maxsize=8)
def frames_at(rate: int) -> Stft:
    """Frames of 64 ms every 16 ms: long enough to see between the harmonics of a low voice."""
    hop = max(round(rate * HOP_S), 1)
    return Stft(4 * hop, hop)


@lru_cache(maxsize=8)
def _low_frames_at(rate: int) -> Stft:
    hop = max(round(rate * _LOW_HOP_S), 1)
    return Stft(4 * hop, hop)


def flatness_around(block: np.ndarray, rate: int, start: int = 0) -> np.ndarray:
    """Flatness of the spectra within 10 s, weighted by their power, 0 … 1 [shape=(frames,)].

    Parameters
    ----------
    block : ndarray of float32 [shape=(frames, channels)]
    rate : int > 0
    start : int >= 0
        Position of the block in the file, in frames.
    """
    return _around_each(block, rate, start, frames_at(rate), VOICE_HZ, _STEADY_S)


def low_flatness_around(block: np.ndarray, rate: int, start: int = 0) -> np.ndarray:
    """The same below 1200 Hz, in longer frames [shape=(frames,)]; for the parameters see `flatness_around`."""
    return _around_each(block, rate, start, _low_frames_at(rate), _LOW_HZ, _LOW_STEADY_S)


def _around_each(
    block: np.ndarray, rate: int, start: int, stft: Stft, hz: tuple[float, float], steady_s: float
) -> np.ndarray:
    skip = start % stft.hop
    power = np.square(np.abs(stft.forward(np.pad(block, ((skip, 0), (0, 0)))))).sum(axis=0)
    hop_s = stft.hop / rate
    _, flat = flatness(power, inside(stft, rate, hz), odd(steady_s, hop_s))
    level = power.sum(axis=1).astype(np.float64)
    size = odd(2.0 * REACH_S, hop_s)
    by_frame = around(flat * level, size) / np.maximum(around(level, size), _SILENCE)
    shape: np.ndarray = np.interp(np.arange(len(block)) + skip, np.arange(len(by_frame)) * stft.hop, by_frame)
    return shape


def inside(stft: Stft, rate: int, hz: tuple[float, float]) -> np.ndarray:
    """Which bins lie in a range and below the edge of the file's band [shape=(bins,)]."""
    bins_hz = stft.frequencies_hz(rate)
    within: np.ndarray = (bins_hz >= hz[0]) & (bins_hz <= min(hz[1], 0.45 * rate))
    return within


def flatness(power: np.ndarray, bins: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean spectrum over ``size`` frames, and how flat it is against its envelope: near 1 in noise, 0 in tones."""
    # a running sum keeps the rounding errors of earlier loud frames, below zero too
    mean = np.maximum(ndimage.uniform_filter1d(power[:, bins].astype(np.float64), size, axis=0, mode="nearest"), 0.0)
    mean += _SILENCE
    ratio = mean / np.maximum(ndimage.uniform_filter1d(mean, ENVELOPE_BINS, axis=1, mode="nearest"), _SILENCE)
    return mean, np.exp(np.log(ratio).mean(axis=1))


def around(values: np.ndarray, size: int) -> np.ndarray:
    """Sums over ``size`` frames around each."""
    half = size // 2
    total = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)])
    at = np.arange(len(values))
    sums: np.ndarray = total[np.minimum(at + half + 1, len(values))] - total[np.maximum(at - half, 0)]
    return sums


def odd(seconds: float, hop_s: float = HOP_S) -> int:
    """Frames within so many seconds, an odd number of them."""
    return 2 * max(round(seconds / hop_s / 2), 1) + 1
