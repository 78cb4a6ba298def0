"""Faders from measurements, all at once.

A `Wish` is one track's equation. With fader f, level m (at the master with its own fader at 0 dB) and offset o it is
f + m − o = L, the common level. Weighted least squares find the faders and L together, with bounds on faders and locked
ones fixed. Without locks, L starts from the level that puts the median fader at 0
dB. Nothing depends on where free faders stood, so that balancing twice gives the same faders.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

MAX_FADER_DB = 12.0
"""Top of REAPER's faders."""
MIN_FADER_DB = -60.0

_HELD_WEIGHT = 1e-6
_FREE_WEIGHT = 1e3
"""Weight that holds the common level where the median fader is at 0 dB, with locks and without."""
_FIXED_DB = 1e-7


@dataclass(frozen=True, slots=True)
class Wish:
    """The target of a track that is to be balanced.

    Attributes
    ----------
    track : str
    level_lufs : float
        Its loudness at the master with its own fader at 0 dB.
    offset_lu : float
        How much louder than the common level it should be.
    fader_db : float
        Its present fader.
    locked : bool
        Its fader does not move.
    weight : float > 0
        Weight of its equation.
    """

    track: str
    level_lufs: float
    offset_lu: float
    fader_db: float
    locked: bool = False
    weight: float = 1.0


def common_level_lufs(wishes: list[Wish]) -> float:
    """The level L of the weighted least-squares solution.

    Locked tracks keep their level and the others are matched to them. Without locks the median fader stands at 0 dB,
    unless faders reach their bounds: then L deviates a little.
    """
    start = statistics.median(wish.level_lufs - wish.offset_lu for wish in wishes)
    offsets = np.array([wish.offset_lu - wish.level_lufs for wish in wishes])
    weights = np.sqrt([wish.weight for wish in wishes])
    count = len(wishes)
    # unknowns: the faders and L; rows: weight · (f − L) = weight · (o − m), and one that holds L near its start
    matrix = np.zeros((count + 1, count + 1))
    matrix[:count, :count] = np.diag(weights)
    matrix[:count, count] = -weights
    hold = math.sqrt(_HELD_WEIGHT if any(wish.locked for wish in wishes) else _FREE_WEIGHT)
    matrix[count, count] = hold
    target = np.append(weights * offsets, hold * start)
    low = [wish.fader_db - _FIXED_DB if wish.locked else MIN_FADER_DB for wish in wishes]
    high = [wish.fader_db + _FIXED_DB if wish.locked else MAX_FADER_DB for wish in wishes]
    from scipy import optimize

    solution = optimize.lsq_linear(matrix, target, (np.append(low, -np.inf), np.append(high, np.inf)), method="bvls")
    return float(solution.x[count])


def faders(
    wishes: list[Wish], targets_lufs: Mapping[str, float], *, strength: float = 1.0, max_db: float = MAX_FADER_DB
) -> dict[str, float]:
    """Track → fader in dB that brings it to its target, within ``MIN_FADER_DB`` … ``max_db``.

    ``strength`` 0…1 is the share of the move that is made; locked faders stay.
    """
    result = {}
    for wish in wishes:
        target_db = min(max(targets_lufs[wish.track] - wish.level_lufs, MIN_FADER_DB), max_db)
        result[wish.track] = wish.fader_db if wish.locked else wish.fader_db + strength * (target_db - wish.fader_db)
    return result
