"""Robust pitch: SwiftF0's confident frames, pYIN below its range, none for unpitched material.

References
----------
.. [1] L. Nieradzik, "SwiftF0: Fast and accurate monophonic pitch detection" (2025).
"""

from __future__ import annotations

import functools
import warnings
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
    import librosa

    low = soxr.resample(signal, RATE, _LOW_RATE, quality="HQ")
    if len(low) < 2 * _LOW_FRAME:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pitches, voiced, chance = librosa.pyin(
            low,
            fmin=_LOW_HZ[0],
            fmax=_LOW_HZ[1],
            sr=_LOW_RATE,
            frame_length=_LOW_FRAME,
            hop_length=_LOW_FRAME // 8,
            resolution=0.25,
        )
    good = voiced & (chance >= 0.5) & np.isfinite(pitches)
    return float(np.exp(np.median(np.log(pitches[good])))) if good.mean() >= MIN_SHARE else None
