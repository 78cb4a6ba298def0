"""What comes in crowds, evenly, or always alike is meant so: faults are rare, and each is like no other.

Everything here looks at a few neighbours in time, so that the rest of a recording does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

CROWD, CROWD_S = 4, 2.0
"""As many within so long are the waveform itself: chip music, a saw-tooth bass, a chopped sample."""
MIN_RECURRING = 4
"""Three of a kind may be chance."""
_MAX_MISSING, _UNEVEN = 2, 0.01
_NEIGHBOURS = 16


def crowded(times_s: Sequence[float]) -> np.ndarray:
    """Which of some times in order are among `CROWD` within `CROWD_S` [shape=(times,), bool]."""
    times = np.asarray(times_s, dtype=float)
    return _in_runs(times[CROWD - 1 :] - times[: max(len(times) - CROWD + 1, 0)] <= CROWD_S, CROWD, len(times))


def even(times_s: Sequence[float]) -> np.ndarray:
    """Which are among `MIN_RECURRING` in a row at equal distances, of which two may be missing in between."""
    times = np.asarray(times_s, dtype=float)
    if len(times) < MIN_RECURRING:
        return np.zeros(len(times), bool)
    distances = np.lib.stride_tricks.sliding_window_view(np.diff(times), MIN_RECURRING - 1)
    ratios = distances / np.maximum(distances.min(axis=1, keepdims=True), 1e-9)
    whole = np.round(ratios)
    fits = (np.abs(ratios / whole - 1.0) <= _UNEVEN) & (whole <= _MAX_MISSING + 1)
    return _in_runs(fits.all(axis=1), MIN_RECURRING, len(times))


def alike(count: int, same: Callable[[int, int], bool]) -> np.ndarray:
    """Which of ``count`` have `MIN_RECURRING` - 1 others like them nearby; ``same`` compares two by their numbers."""
    others = np.zeros(count, int)
    for number in range(count):
        for other in range(number + 1, min(number + _NEIGHBOURS + 1, count)):
            if same(number, other):
                others[[number, other]] += 1
    return others >= MIN_RECURRING - 1


def _in_runs(begins: np.ndarray, length: int, count: int) -> np.ndarray:
    """Members of the runs of ``length`` that begin where ``begins`` says."""
    inside = np.zeros(count, bool)
    for place in np.flatnonzero(begins):
        inside[place : place + length] = True
    return inside
