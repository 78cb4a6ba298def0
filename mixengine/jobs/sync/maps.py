"""Time of one recording as a function of time of another: chains of straight pieces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixengine.analysis.alignment import lines
from mixengine.analysis.alignment.relation import Relation

_STRAIGHT_S = 1e-6
"""What lies so near to a straight line is on it."""
MAX_SLOPE = 3e-3
"""A clock that gains more than this has jumped."""


@dataclass(frozen=True)
class Map:
    """Times ``own_s`` of a recording that belong to times ``common_s`` of another; straight between and beyond them."""

    common_s: np.ndarray
    own_s: np.ndarray

    @classmethod
    def identity(cls) -> Map:
        """The recording that stays."""
        return cls(np.array([0.0, 1.0]), np.array([0.0, 1.0]))

    @classmethod
    def of(cls, relation: Relation) -> Map:
        """From the first of a pair to the second."""
        if relation.straight:
            times_s = np.array([relation.knots_s[0][0], relation.knots_s[0][0] + 1.0])
            return cls(times_s, times_s + relation.line.offset_s + relation.line.drift * times_s)
        times_s, lags_s = (np.array(column) for column in zip(*relation.knots_s, strict=True))
        return cls(times_s, times_s + lags_s)

    def inverse(self) -> Map:
        """The other way round."""
        return Map(self.own_s, self.common_s)

    def after(self, first: Map) -> Map:
        """This one after another: from the other's common time to this one's own."""
        common_s = np.unique(np.concatenate([first.common_s, first.inverse().at(self.common_s)]))
        own_s = self.at(first.at(common_s))
        bends = lines.knots(common_s, own_s - common_s, _STRAIGHT_S)
        return Map(common_s[bends], own_s[bends])

    def at(self, times_s: np.ndarray | float) -> np.ndarray:
        """Own time at common times."""
        times = np.asarray(times_s, float)
        inside = np.interp(times, self.common_s, self.own_s)
        first = self._slope(0) * (times - self.common_s[0]) + self.own_s[0]
        last = self._slope(-1) * (times - self.common_s[-1]) + self.own_s[-1]
        return np.where(times < self.common_s[0], first, np.where(times > self.common_s[-1], last, inside))

    def _slope(self, end: int) -> float:
        """Own seconds per common second at its beginning (0) or end (-1); that of the next piece where that jumps."""
        slopes = self.slopes
        steady = slopes[np.abs(slopes - 1.0) <= MAX_SLOPE]
        return float(steady[end]) if len(steady) else 1.0

    @property
    def slopes(self) -> np.ndarray:
        """Own seconds per common second of each piece."""
        return np.diff(self.own_s) / np.diff(self.common_s)
