"""Up to where a recording has sound at all: lossy files and resampled stems end in a cliff that is no matter of mixing.

An equaliser that followed a reference over such a cliff would darken the mix for nothing, so that Bark bands that reach
beyond it, in the song or in the reference, are not compared. Neither are the sides of a reference that has none: their
logarithm is one of nothing, and a mix would have to fall silent to come near it.
"""

from __future__ import annotations

import numpy as np
from scipy import signal

from mixengine.jobs.match.bark_filters import edges_hz
from mixengine.jobs.match.features import FLOOR, RATE, bark_bands

FULL_HZ = 19000.0
"""Sound that reaches here is complete."""
_LOWEST_HZ = 8000.0
_FFT = 4096
_CLIFF_DB = 25.0
_STEP_HZ, _FOOT_HZ = 600.0, 1200.0
"""A cliff falls by `_CLIFF_DB` from the mean of a step before a frequency to that of a stretch a step behind it."""


def cutoff_hz(mix: np.ndarray) -> float:
    """Where the first cliff stands [shape=(passages, 2, frames)]; half the rate when there is none, or for silence."""
    hz, power = signal.welch(mix.astype(np.float64), RATE, nperseg=_FFT, axis=-1)
    power = power.mean(axis=tuple(range(power.ndim - 1)))
    sums = np.concatenate([[0.0], np.cumsum(power)])

    def level_db(low_hz: np.ndarray, high_hz: np.ndarray) -> np.ndarray:
        first, last = np.searchsorted(hz, low_hz), np.searchsorted(hz, high_hz)
        return 10.0 * np.log10(np.maximum((sums[last] - sums[first]) / np.maximum(last - first, 1), 1e-20))

    at_hz = np.arange(_LOWEST_HZ, FULL_HZ, 50.0)
    fall_db = level_db(at_hz - _STEP_HZ, at_hz) - level_db(at_hz + _STEP_HZ, at_hz + _STEP_HZ + _FOOT_HZ)
    steep = np.flatnonzero(fall_db > _CLIFF_DB)
    return float(at_hz[steep[0]]) if len(steep) and power.max() > 0.0 else RATE / 2


def compared_bands(*mixes: np.ndarray) -> np.ndarray:
    """Which of the 24 Bark bands can be compared between mixes, as booleans."""
    lowest_hz = min(cutoff_hz(mix) for mix in mixes)
    if lowest_hz >= FULL_HZ:
        return np.ones(len(edges_hz()) - 2, dtype=bool)
    return edges_hz()[2:] <= lowest_hz


def compared_sides(reference: np.ndarray) -> np.ndarray:
    """In which of the 24 Bark bands a reference [shape=(passages, 2, frames)] has sides, as booleans."""
    middle, sides = bark_bands(reference.astype(np.float64)).mean(axis=0)
    return sides > FLOOR * max(middle.max(), sides.max())
