"""A voice with sharp sibilants and pops."""

from __future__ import annotations

import functools

import numpy as np
from scipy import signal

from tests.helpers.signals import phrase

RATE = 32000
SHARP_S, SOFT_S = ((1.02, 1.12), (3.0, 3.15)), ((2.0, 2.1),)
POPS_S = (0.6, 2.6)


def hiss(seconds: float, rate: int, seed: int = 1) -> np.ndarray:
    """Noise above 5 kHz with an RMS of 1, with soft edges."""
    wave = np.random.default_rng(seed).standard_normal(round(seconds * rate))
    wave = signal.sosfilt(signal.butter(6, 5000, "high", fs=rate, output="sos"), wave)
    edge = np.minimum(np.minimum(np.arange(len(wave)), np.arange(len(wave))[::-1]) / (0.01 * rate), 1.0)
    return edge * wave / wave.std()


@functools.cache
def voice(rate: int = RATE, sharp: float = 0.15) -> np.ndarray:
    """Four seconds of talk with two sharp sibilants and a soft one in its gaps [shape=(frames, 1)]."""
    out = 1e-4 * np.random.default_rng(2).standard_normal(4 * rate)
    for start_s, end_s in ((0.5, 1.0), (1.15, 1.95), (2.15, 2.95), (3.2, 3.8)):
        wave = phrase(rate, end_s - start_s)
        out[round(start_s * rate) :][: len(wave)] += wave / wave.std() * 0.1
    for level, spans in ((sharp, SHARP_S), (0.02, SOFT_S)):
        for start_s, end_s in spans:
            wave = hiss(end_s - start_s, rate)
            out[round(start_s * rate) :][: len(wave)] += level * wave
    return out[:, None].astype(np.float32)


@functools.cache
def popping(rate: int = RATE) -> np.ndarray:
    """The voice with two bursts of air [shape=(frames, 1)]."""
    out = voice(rate).copy()
    t = np.arange(round(0.12 * rate)) / rate
    burst = 0.6 * np.sin(2 * np.pi * 45.0 * t) * np.exp(-t / 0.03) * np.minimum(t / 0.004, 1.0)
    for at_s in POPS_S:
        out[round(at_s * rate) :][: len(burst), 0] += burst
    return out
