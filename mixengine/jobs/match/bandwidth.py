"""Bandwidth of a recording: lossy files and resampled stems end at a cutoff that has nothing to do with mixing.

An equaliser that follows a reference beyond its cutoff would darken the mix, so that Bark bands that reach beyond the
cutoff of the song or of the reference are not compared. Neither is the side signal of a mono reference: its level in dB
has no lower limit, and a match would have to silence the side of the mix.
"""

from __future__ import annotations

import numpy as np
from scipy import signal

from mixengine.jobs.match.bark_filters import edges_hz
from mixengine.jobs.match.features import FLOOR, RATE, bark_bands

FULL_HZ = 19000.0
"""A recording with content up to here has full bandwidth."""
_MIN_HZ = 8000.0
_FFT = 4096
_CLIFF_DB = 25.0
_STEP_HZ, _FOOT_HZ = 600.0, 1200.0
"""At a cutoff the mean level falls by `_CLIFF_DB` from the `_STEP_HZ` below it to the `_FOOT_HZ` that begin `_STEP_HZ`
above it."""


def cutoff_hz(mix: np.ndarray) -> float:
    """Cutoff frequency of a mix [shape=(passages, 2, frames)]; half the rate when there is none, or for silence."""
    hz, power = signal.welch(mix.astype(np.float64), RATE, nperseg=_FFT, axis=-1)
    power = power.mean(axis=tuple(range(power.ndim - 1)))
    sums = np.concatenate([[0.0], np.cumsum(power)])

    def level_db(low_hz: np.ndarray, high_hz: np.ndarray) -> np.ndarray:
        first, last = np.searchsorted(hz, low_hz), np.searchsorted(hz, high_hz)
        return 10.0 * np.log10(np.maximum((sums[last] - sums[first]) / np.maximum(last - first, 1), 1e-20))

    at_hz = np.arange(_MIN_HZ, FULL_HZ, 50.0)
    fall_db = level_db(at_hz - _STEP_HZ, at_hz) - level_db(at_hz + _STEP_HZ, at_hz + _STEP_HZ + _FOOT_HZ)
    steep = np.flatnonzero(fall_db > _CLIFF_DB)
    return float(at_hz[steep[0]]) if len(steep) and power.max() > 0.0 else RATE / 2


def compared_bands(*mixes: np.ndarray) -> np.ndarray:
    """Which of the 24 Bark bands can be compared between mixes, as booleans."""
    min_cutoff_hz = min(cutoff_hz(mix) for mix in mixes)
    if min_cutoff_hz >= FULL_HZ:
        return np.ones(len(edges_hz()) - 2, dtype=bool)
    return edges_hz()[2:] <= min_cutoff_hz


def compared_sides(reference: np.ndarray) -> np.ndarray:
    """Which of the 24 Bark bands of a reference [shape=(passages, 2, frames)] have a side signal, as booleans."""
    mid, side = bark_bands(reference.astype(np.float64)).mean(axis=0)
    return side > FLOOR * max(mid.max(), side.max())
