"""Faders from measurements, all at once.

A `FaderEquation` is that of one track. With fader f, level m (at the master with its own fader at 0 dB) and offset o it
is f + m − o = L, the common level. Weighted least squares find the faders and L together, with bounds on faders and
locked ones fixed. Without locks, L starts from the level that puts the median fader at 0 dB. Nothing depends
on where free faders stood, so that balancing twice gives the same faders.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mixengine.model.units import MAX_FADER_DB

MIN_FADER_DB = -60.0

_HELD_WEIGHT = 1e-6
_FREE_WEIGHT = 1e3
"""Weight that holds the common level where the median fader is at 0 dB, with locks and without."""
_FIXED_DB = 1e-7


@dataclass(frozen=True, slots=True)
class FaderEquation:
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


def common_level_lufs(equations: list[FaderEquation]) -> float:
    """The level L of the weighted least-squares solution.

    Locked tracks keep their level and the others are matched to them. Without locks the median fader stands at 0 dB,
    unless faders reach their bounds: then L deviates a little.
    """
    start = statistics.median(equation.level_lufs - equation.offset_lu for equation in equations)
    offsets = np.array([equation.offset_lu - equation.level_lufs for equation in equations])
    weights = np.sqrt([equation.weight for equation in equations])
    count = len(equations)
    # unknowns: the faders and L; rows: weight · (f − L) = weight · (o − m), and one that holds L near its start
    matrix = np.zeros((count + 1, count + 1))
    matrix[:count, :count] = np.diag(weights)
    matrix[:count, count] = -weights
    hold = math.sqrt(_HELD_WEIGHT if any(equation.locked for equation in equations) else _FREE_WEIGHT)
    matrix[count, count] = hold
    target = np.append(weights * offsets, hold * start)
    low = [equation.fader_db - _FIXED_DB if equation.locked else MIN_FADER_DB for equation in equations]
    high = [equation.fader_db + _FIXED_DB if equation.locked else MAX_FADER_DB for equation in equations]
    from scipy import optimize

    solution = optimize.lsq_linear(matrix, target, (np.append(low, -np.inf), np.append(high, np.inf)), method="bvls")
    return float(solution.x[count])


def faders(
    equations: list[FaderEquation],
    targets_lufs: Mapping[str, float],
    *,
    strength: float = 1.0,
    max_db: float = MAX_FADER_DB,
) -> dict[str, float]:
    """Track → fader in dB that brings it to its target, within ``MIN_FADER_DB`` … ``max_db``.

    ``strength`` 0…1 is the share of the move that is made; locked faders stay.
    """
    result = {}
    for equation in equations:
        target_db = min(max(targets_lufs[equation.track] - equation.level_lufs, MIN_FADER_DB), max_db)
        result[equation.track] = (
            equation.fader_db if equation.locked else equation.fader_db + strength * (target_db - equation.fader_db)
        )
    return result
