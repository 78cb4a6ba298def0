"""A voice that breathes, and what sounds like breaths."""

from __future__ import annotations

import functools

import numpy as np
from scipy import signal

from tests.helpers.signals import phrase

RATE = 16000
PHRASES_S = ((0.3, 1.8), (2.7, 4.2), (5.2, 6.7))
BREATHS_S = ((2.2, 2.6), (4.6, 5.1))


def air(seconds: float, level: float, rate: int = RATE) -> np.ndarray:
    """Unvoiced sound from 600 Hz to 4 kHz that swells and fades."""
    wave = np.random.default_rng(3).standard_normal(round(seconds * rate))
    wave = signal.sosfilt(signal.butter(2, (600, 4000), "band", fs=rate, output="sos"), wave)
    swell = np.sin(np.pi * np.arange(len(wave)) / len(wave)) ** 2
    return level * wave / wave.std() * swell


@functools.cache
def voice(rate: int = RATE) -> np.ndarray:
    """Three phrases in a quiet room [shape=(frames, 1)]."""
    out = 1e-4 * np.random.default_rng(2).standard_normal(7 * rate)
    for start_s, end_s in PHRASES_S:
        wave = phrase(rate, end_s - start_s)
        out[round(start_s * rate) :][: len(wave)] += 0.1 * wave / wave.std()
    return out[:, None].astype(np.float32)


def added(waves: list[tuple[float, np.ndarray]], rate: int = RATE) -> np.ndarray:
    out = voice(rate).copy()
    for at_s, wave in waves:
        out[round(at_s * rate) :][: len(wave), 0] += wave
    return out


def breathing(rate: int = RATE) -> np.ndarray:
    return added([(start_s, air(end_s - start_s, 0.008, rate)) for start_s, end_s in BREATHS_S], rate)


LEFT = {
    "a voice alone": [],
    "a whisper": [(1.9 + 0.3 * n, air(0.2, 0.04)) for n in range(2)],
    "laughter": [(1.9 + 0.2 * n, air(0.15, 0.015)) for n in range(3)],
    "the end of a word": [(1.76, air(0.3, 0.012))],
    "syllables": [(2.0, air(0.25, 0.006)), (2.24, air(0.25, 0.006))],
}
