"""A gain curve drawn with few envelope points, as one would draw it by hand.

Of all choices of where points stand, of their gains and of the shapes between them, the one that stays nearest to the
wanted curve while somebody speaks (weighted squares in dB) and lets through least power in pauses, every point at a
price: dynamic programming over (place, gain). The price rises until the points are few enough. REAPER's bent segments
stay near one end's gain and change near the other, so that one point a phrase can hold a level for each.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np

from mixengine.audio.curves import automation_values
from mixengine.jobs.envelopes.cheapest_way import cheapest_way
from mixengine.jobs.envelopes.ramps import LINEAR, SLOPE_DB_PER_10_MS
from mixengine.model.session import Automation, EnvelopePoint
from mixengine.model.units import amplitude

_BEZIER, _TENSION = 5, 0.8
SHAPES = ((LINEAR, 0.0), (_BEZIER, -_TENSION), (_BEZIER, _TENSION))
"""Shape and tension of the segments to choose from: straight, changing at its start, changing at its end."""
_GAINS = 20
"""Gains to choose from."""
_DEEPER_DB = 3.0
_REACH = 18
"""How many places a segment may span."""
_GRID = 512
_PRICES = 10
_TINY, _QUIET_DB = 1e-9, 0.1
_MAX_PRICE = 1e12


@dataclass(frozen=True, slots=True)
class Curve:
    """What is wanted.

    Attributes
    ----------
    times_s : ndarray [shape=(steps,)]
        Rising.
    gain_db, weights : ndarray [shape=(steps,)]
        The wanted gain, and how much a square of dB beside it counts.
    pauses : ndarray of bool [shape=(steps,)]
        Where not the distance but the power of the gain counts: what sounds there is noise.
    places : ndarray of int [shape=(places,)]
        Steps at which points may stand, rising; the first and the last one get points.
    """

    times_s: np.ndarray
    gain_db: np.ndarray
    weights: np.ndarray
    pauses: np.ndarray
    places: np.ndarray


class Drawing:
    """Costs of all segments between the places of a curve, and the cheapest points through them."""

    def __init__(self, curve: Curve) -> None:
        self._places, self._times_s = curve.places, curve.times_s
        inside = curve.gain_db[curve.weights > 0.0]
        self._gains = np.linspace(float(inside.min()) - _DEEPER_DB, float(inside.max()), _GAINS)
        self._steepest_db = _steepest_db(self._gains)
        count = len(curve.places) - 1
        self._moments = np.zeros((count, _REACH, len(SHAPES), 9))
        self._lengths_s = np.zeros((count, _REACH))
        for row in range(count):
            starts = curve.places[max(row + 1 - _REACH, 0) : row + 1][::-1]
            self._moments[row, : len(starts)] = _moments(curve, starts, int(curve.places[row + 1]))
            self._lengths_s[row, : len(starts)] = curve.times_s[curve.places[row + 1]] - curve.times_s[starts]
        squares = curve.weights * np.square(curve.gain_db - np.median(inside))
        self._price = 4.0 * float(squares.sum()) / len(curve.places) + _TINY
        self._least = _QUIET_DB**2 * float(curve.weights.sum()) / len(curve.places)

    def points(self, max_points: int, pause_weight: float) -> tuple[EnvelopePoint, ...]:
        """The points, at most ``max_points`` (at least 2), never steeper than `SLOPE_DB_PER_10_MS`.

        Parameters
        ----------
        pause_weight : float
            Of the power of the gain in a step of a pause, against a square of dB in a step of speech.
        """
        few, many, price, best = math.inf, 0.0, self._price, None
        for _ in range(_PRICES):
            kept = self._cheapest(price, pause_weight)
            if len(kept) <= max_points:
                few, best, self._price = price, kept, price
            else:
                many = price
            if many and few < math.inf:
                price = math.sqrt(many * few)
            else:
                # points become fewer with about the root of the price
                price *= min(max((len(kept) / max_points) ** 2 * (1.3 if many else 0.7), 0.05), 50.0)
            if len(kept) == max_points or price < self._least:
                break  # the latter needs few points: more would be no better to the ear
        best = self._cheapest(math.inf, pause_weight) if best is None else best
        return tuple(
            EnvelopePoint(float(self._times_s[place]), amplitude(gain_db), *SHAPES[shape])
            for place, gain_db, shape in best
        )

    def _cheapest(self, price: float, pause_weight: float) -> list[tuple[int, float, int]]:
        """Place, gain and shape of each point."""
        costs, before = cheapest_way(
            self._moments,
            self._lengths_s,
            self._gains,
            self._steepest_db,
            SLOPE_DB_PER_10_MS * 100.0,
            float(pause_weight),
            min(float(price), _MAX_PRICE),
        )
        place, gain_at = len(costs) - 1, int(np.argmin(costs[-1]))
        kept = [(int(self._places[place]), float(self._gains[gain_at]), 0)]
        while place:
            back, shape, gain_at = (int(value) for value in before[place, gain_at])
            place -= back
            kept.append((int(self._places[place]), float(self._gains[gain_at]), shape))
        return kept[::-1]


def _moments(curve: Curve, starts: np.ndarray, stop: int) -> np.ndarray:
    """Sums over segments that end at a step [shape=(starts, shapes, 9)], see `cheapest_way`."""
    at = slice(int(starts[-1]), stop)
    begin_s = curve.times_s[starts][:, None]
    x = (curve.times_s[at] - begin_s) / (curve.times_s[stop] - begin_s)
    weights = np.where(x >= 0.0, curve.weights[at], 0.0)
    pauses = np.where(x >= 0.0, curve.pauses[at], 0.0)
    index = np.clip(x * _GRID, 0.0, _GRID).astype(int)
    wanted_db = curve.gain_db[at]
    moments = np.empty((len(starts), len(SHAPES), 9))
    for shape in range(len(SHAPES)):
        later = _rises()[shape][index]
        sooner = 1.0 - later
        moments[:, shape, 0] = weights @ np.square(wanted_db)
        moments[:, shape, 1] = (weights * sooner) @ wanted_db
        moments[:, shape, 2] = (weights * later) @ wanted_db
        for column, product in enumerate((sooner * sooner, sooner * later, later * later), start=3):
            moments[:, shape, column] = (weights * product).sum(axis=1)
            moments[:, shape, column + 3] = (pauses * product).sum(axis=1)
    return moments


@functools.lru_cache(maxsize=1)
def _rises() -> np.ndarray:
    """How far each shape has come [shape=(shapes, grid)]."""
    x = np.linspace(0.0, 1.0, _GRID + 1)
    return np.stack(
        [
            automation_values(x, Automation("", (EnvelopePoint(0.0, 0.0, *shape), EnvelopePoint(1.0, 1.0))))
            for shape in SHAPES
        ]
    )


def _steepest_db(gains_db: np.ndarray) -> np.ndarray:
    """Steepest slope in dB per segment length [shape=(shapes, gains, gains)]."""
    values = 10.0 ** (gains_db / 20.0)
    a, b = values[:, None, None], values[None, :, None]
    level_db = [20.0 * np.log10(a + (b - a) * rise) for rise in _rises()]
    return np.stack([np.abs(np.diff(level, axis=2)).max(axis=2) * _GRID for level in level_db])
