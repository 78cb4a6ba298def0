"""Robust pitch: SwiftF0's confident frames, pYIN below its range, none for unpitched material.

References
----------
.. [1] L. Nieradzik, "SwiftF0: Fast and accurate monophonic pitch detection" (2025).
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import soxr

RATE = 16000
CONFIDENCE = 0.9
MIN_SHARE = 0.15
"""At least this share of the frames that sound must be confident, or the material has no pitch."""

_LOW_RATE = 4000
_LOW_HZ = (24.0, 70.0)
_LOW_FRAME = 1024
_LOW_BINS_PER_SEMITONE = 4
_LOW_VOICING = 0.5


@functools.cache
def _detector() -> Any:
    from swift_f0 import SwiftF0

    return SwiftF0()


def f0_hz(mono: np.ndarray, rate: int) -> float | None:
    """Median (in log-frequency) of the confident pitches of a signal, ``None`` when it has none.

    Parameters
    ----------
    mono : ndarray [shape=(samples,)]
    rate : int > 0

    Examples
    --------
    >>> t = np.arange(16000) / 16000
    >>> round(f0_hz(0.1 * np.sin(2 * np.pi * 220 * t), 16000))
    220
    """
    peak = float(np.abs(mono).max(initial=0.0))
    if peak <= 0.0 or len(mono) < rate // 5:
        return None
    # the detector's confidence depends on level: normalise the peak
    signal = soxr.resample((np.asarray(mono, np.float64) / peak * 0.5).astype(np.float32), rate, RATE, quality="HQ")
    result = _detector().detect(signal, RATE)
    sounding = _sounding(signal, len(result.pitch_hz))
    confident = (np.asarray(result.confidence) >= CONFIDENCE) & sounding
    if confident.sum() >= MIN_SHARE * max(sounding.sum(), 1):
        return float(np.exp(np.median(np.log(np.asarray(result.pitch_hz)[confident]))))
    return _low_f0_hz(signal)


def _sounding(signal: np.ndarray, frames: int) -> np.ndarray:
    """Which of ``frames`` equal parts are within 25 dB of the loudest."""
    edges = np.linspace(0, len(signal), frames + 1).astype(int)
    power = np.add.reduceat(np.square(signal, dtype=np.float64), edges[:-1]) if frames else np.zeros(0)
    return power >= power.max(initial=0.0) * 10.0**-2.5


def _low_f0_hz(signal: np.ndarray) -> float | None:
    """Pitch from 24 to 70 Hz by pYIN, for basses that start below the detector's range."""
    from mixengine.audio import pyin

    low = soxr.resample(signal, RATE, _LOW_RATE, quality="HQ")
    if len(low) < 2 * _LOW_FRAME:
        return None
    fmin_hz, fmax_hz = _LOW_HZ
    pitches_hz, voicing = pyin.f0_and_voicing(
        low,
        _LOW_RATE,
        fmin_hz=fmin_hz,
        fmax_hz=fmax_hz,
        frame=_LOW_FRAME,
        hop=_LOW_FRAME // 8,
        bins_per_semitone=_LOW_BINS_PER_SEMITONE,
    )
    good = np.isfinite(pitches_hz) & (voicing >= _LOW_VOICING)
    return float(np.exp(np.median(np.log(pitches_hz[good])))) if good.mean() >= MIN_SHARE else None
