"""Faders from measurements, all at once.

A `FaderEquation` is that of one track. With fader f, level m (at the master with its own fader at 0 dB) and offset o it
is f + m − o = L, the common level. Weighted least squares find the faders and L together, with bounds on faders and
locked ones fixed. Without locks, L starts from the level that puts the median fader at 0 dB, or, when the present
levels are the start, from the one that leaves the median track where it is. From scratch nothing depends on where free
faders stood; from the present levels everything is counted from where the user left them, not from where an earlier
balance put them. So balancing twice gives the same faders.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mixengine.model.units import MAX_FADER_DB, MIN_FADER_DB

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
    start_db : float
        Where the user left the fader: present fader without what earlier runs of mixengine moved.
    evened_db : float
        What is added to its present level before it is asked how much of that is kept.
    locked : bool
        Its fader does not move.
    weight : float > 0
        Weight of its equation.
    """

    track: str
    level_lufs: float
    offset_lu: float
    fader_db: float
    start_db: float = 0.0
    evened_db: float = 0.0
    locked: bool = False
    weight: float = 1.0

    @property
    def present_lufs(self) -> float:
        """Its loudness at the master as the user left it, beside others of its kind evened out."""
        return self.level_lufs + self.start_db + self.evened_db


def common_level_lufs(equations: list[FaderEquation], *, from_present: bool = False) -> float:
    """The level L of the weighted least-squares solution.

    Locked tracks keep their level and the others are matched to them. Without locks the median fader stands at 0 dB
    (``from_present``: where it is), unless faders reach their bounds: then L deviates a little.
    """
    zeros_db = np.array([equation.start_db + equation.evened_db if from_present else 0.0 for equation in equations])
    levels_lufs = np.array([equation.level_lufs for equation in equations]) + zeros_db
    offsets_lu = np.array([equation.offset_lu for equation in equations])
    weights = np.array([equation.weight for equation in equations])
    start_lufs = float(np.median(levels_lufs - offsets_lu))
    low_db = np.array([e.fader_db - _FIXED_DB if e.locked else MIN_FADER_DB for e in equations]) - zeros_db
    high_db = np.array([e.fader_db + _FIXED_DB if e.locked else MAX_FADER_DB for e in equations]) - zeros_db
    hold = _HELD_WEIGHT if any(equation.locked for equation in equations) else _FREE_WEIGHT

    def slope(common_lufs: float) -> float:
        """Half the derivative of hold · (L − start)² + Σ weight · (what the bounds leave of L + o − m)²."""
        wanted_db = common_lufs + offsets_lu - levels_lufs
        return float(hold * (common_lufs - start_lufs) + weights @ (wanted_db - np.clip(wanted_db, low_db, high_db)))

    # the slope rises in straight pieces: its zero lies between two of the levels at which a fader reaches a bound
    corners = np.unique(np.append(np.concatenate((low_db, high_db)) + np.tile(levels_lufs - offsets_lu, 2), start_lufs))
    slopes = np.array([slope(corner) for corner in corners])
    after = int(np.searchsorted(slopes, 0.0))
    if after == 0 or after == len(corners):
        near = corners[min(after, len(corners) - 1)]
        step = -1.0 if after == 0 else 1.0
        rise = abs(slope(near + step) - slope(near))
        return float(near - slope(near) / rise)
    left, right = after - 1, after
    return float(corners[left] - slopes[left] * (corners[right] - corners[left]) / (slopes[right] - slopes[left]))


def faders(
    equations: list[FaderEquation],
    targets_lufs: Mapping[str, float],
    *,
    strength: float = 1.0,
    max_db: float = MAX_FADER_DB,
) -> dict[str, float]:
    """Track → fader in dB that brings it to its target, within ``MIN_FADER_DB`` … ``max_db``.

    ``strength`` 0…1 is the share of the move from where the user left the fader; locked faders stay.
    """
    result = {}
    for equation in equations:
        target_db = min(max(targets_lufs[equation.track] - equation.level_lufs, MIN_FADER_DB), max_db)
        result[equation.track] = (
            equation.fader_db if equation.locked else equation.start_db + strength * (target_db - equation.start_db)
        )
    return result
