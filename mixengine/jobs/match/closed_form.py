"""Levels and pans in closed form, from statistics alone, without processing audio.

Groups are assumed to be uncorrelated, so that powers add. Levels: least squares of the sum's Bark spectrum against the
reference's, relative in each band, within ±`MAX_LEVEL_DB` of a common level and regularised towards it. The remaining
difference in shape goes to the master's equaliser. Pans: groups that may leave the centre go to alternating sides, just
as far as the width of the reference requires.

Conventions
-----------
Statistics are means over the passages compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize

MAX_LEVEL_DB = 9.0
MAX_EQ_DB = 6.0
_EQ_WEIGHT = 0.5
_LEVEL_WEIGHT = 0.3
"""Weight of the regularisation towards the common level, relative to the spectrum."""
_MAX_PAN = 0.7
_STEPS = 24
CENTRED_ROLES = frozenset({"kick", "snare", "bass", "lead_vocal", "voice", "drums"})
"""Roles that engineers keep in the centre."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Statistics of one group, or of a mix.

    Attributes
    ----------
    bark : ndarray [shape=(24,)]
        Power of the mid in each Bark band.
    left, right, both : float
        Means of L², R² and L R.
    """

    bark: np.ndarray
    left: float
    right: float
    both: float

    @property
    def power(self) -> float:
        """Mean square of both channels together."""
        return self.left + self.right

    def width(self, sides: tuple[float, float] = (1.0, 1.0)) -> tuple[float, float]:
        """Powers of L + R and L − R with these gains of left and right."""
        own, cross = sides[0] ** 2 * self.left + sides[1] ** 2 * self.right, 2.0 * sides[0] * sides[1] * self.both
        return max(own + cross, 0.0), max(own - cross, 0.0)


def levels_db(
    groups: Sequence[Statistics], reference: Statistics, fixed: Sequence[bool] = ()
) -> tuple[np.ndarray, float]:
    """Gains of the groups around 0 dB, and the common gain of the master, in dB; a silent group gets 0 dB.

    Where groups are ``fixed``, these get 0 dB and the others are balanced against them.
    """
    if any(fixed):
        return _levels_beside(groups, reference, np.asarray(fixed))
    powers = np.array([group.bark for group in groups])
    total = powers.sum(axis=0)
    usable = (total > 1e-9 * total.max(initial=0.0)) & (reference.bark > 1e-9 * reference.bark.max(initial=0.0))
    gains_db = np.zeros(len(groups))
    if not usable.any():
        return gains_db, 0.0
    common = float(np.exp(np.mean(np.log(reference.bark[usable]) - np.log(total[usable]))))
    shares = common * powers[:, usable] / reference.bark[usable]
    sounding = shares.max(axis=1) > 1e-6
    if sounding.any():
        count = int(sounding.sum())
        # rows: bands, then the regularisation of each group
        regularisation = np.eye(count) * np.sqrt(_LEVEL_WEIGHT / count)
        rows = np.concatenate([shares[sounding].T / np.sqrt(usable.sum()), regularisation])
        target = np.concatenate(
            [np.full(usable.sum(), 1.0 / np.sqrt(usable.sum())), np.full(count, np.sqrt(_LEVEL_WEIGHT / count))]
        )
        span = 10.0 ** (MAX_LEVEL_DB / 10.0)
        solution = optimize.lsq_linear(rows, target, bounds=(1.0 / span, span), method="bvls").x
        gains_db[sounding] = 10.0 * np.log10(solution)
    after = (10.0 ** (gains_db / 10.0)) @ powers
    remaining_db = np.mean(10.0 * np.log10(reference.bark[usable] / after[usable]))
    middle = float(np.median(gains_db[sounding])) if sounding.any() else 0.0
    return np.where(sounding, gains_db - middle, 0.0), float(remaining_db + middle)


def _levels_beside(groups: Sequence[Statistics], reference: Statistics, fixed: np.ndarray) -> tuple[np.ndarray, float]:
    """`levels_db` with the fixed groups as one whose gain is the master's."""
    held = [group for group, stays in zip(groups, fixed, strict=True) if stays]
    free = [group for group, stays in zip(groups, fixed, strict=True) if not stays]
    together = Statistics(
        np.sum([group.bark for group in held], axis=0),
        *(sum(getattr(group, name) for group in held) for name in ("left", "right", "both")),
    )
    found, common_db = levels_db([*free, together], reference)
    gains_db = np.zeros(len(groups))
    gains_db[~fixed] = np.where([group.bark.any() for group in free], found[:-1] - found[-1], 0.0)
    return gains_db, common_db + float(found[-1])


def bands_db(mix: np.ndarray, reference: np.ndarray, responses_db: np.ndarray) -> tuple[np.ndarray, float]:
    """Gains of equaliser bands, regularised to 0 dB, and a common gain that bring one Bark spectrum close to another.

    Parameters
    ----------
    mix, reference : ndarray [shape=(24,)]
        Powers.
    responses_db : ndarray [shape=(24, bands)]
        Response to 1 dB of each band.
    """
    usable = (mix > 1e-9 * mix.max(initial=0.0)) & (reference > 1e-9 * reference.max(initial=0.0))
    if not usable.any():
        return np.zeros(responses_db.shape[1]), 0.0
    gap_db = 10.0 * np.log10(reference[usable] / mix[usable])
    level = np.ones((int(usable.sum()), 1))  # a common level difference is not for the equaliser
    rows = np.concatenate([responses_db[usable], level], axis=1)
    regularisation = np.sqrt(_EQ_WEIGHT) * np.eye(responses_db.shape[1], rows.shape[1])
    rows = np.concatenate([rows, regularisation])
    wanted_db = np.concatenate([gap_db, np.zeros(len(regularisation))])
    solution = np.linalg.lstsq(rows, wanted_db, rcond=None)[0]
    gains_db = np.clip(solution[:-1], -MAX_EQ_DB, MAX_EQ_DB)
    return gains_db, float(np.mean(gap_db - responses_db[usable] @ gains_db))


def pans(
    groups: Sequence[Statistics], gains_db: np.ndarray, movable: Sequence[bool], reference: Statistics
) -> np.ndarray:
    """Balance of each group, −1 (left) … 1 (right), so that the sum is as wide as the reference.

    Parameters
    ----------
    movable : sequence of bool
        Which groups may leave the centre.
    """
    powers = 10.0 ** (np.asarray(gains_db) / 10.0)
    result = np.zeros(len(groups))
    order = sorted((i for i, free in enumerate(movable) if free), key=lambda i: -powers[i] * groups[i].power)
    if not order:
        return result
    target_mid, target_side = reference.width()
    target = target_side / max(target_mid, 1e-12)
    signs = np.zeros(len(groups))
    target_imbalance = (
        (reference.right - reference.left)
        / max(reference.power, 1e-12)
        * float(sum(power * group.power for power, group in zip(powers, groups, strict=True)))
    )
    imbalance = sum(p * (g.right - g.left) for p, g in zip(powers, groups, strict=True))
    for index in order:  # loudest first, each to the side that lacks power
        signs[index] = 1.0 if imbalance < target_imbalance else -1.0
        imbalance += signs[index] * powers[index] * groups[index].power * _MAX_PAN

    def width_at(spread: float) -> float:
        mid = side = 0.0
        for index, group in enumerate(groups):
            m, s = group.width(_sides(spread * signs[index]))
            mid, side = mid + powers[index] * m, side + powers[index] * s
        return side / max(mid, 1e-12)

    low, high = 0.0, _MAX_PAN
    if width_at(low) >= target:
        return result
    for _ in range(_STEPS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if width_at(middle) < target else (low, middle)
    return low * signs


def _sides(pan: float) -> tuple[float, float]:
    return min(1.0, 1.0 - pan), min(1.0, 1.0 + pan)
