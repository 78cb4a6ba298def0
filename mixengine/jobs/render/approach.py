"""To a loudness below a ceiling by measurement: gain, limiter, measure, correct.

The sound is at hand as a `Spool`. Its true peaks are found once; each try then costs one pass of gain, limiter and
loudness meter. Where no peak reaches the ceiling nothing needs to be tried: loudness moves with the gain.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from mixengine.jobs.render.levels import Levels
from mixengine.jobs.render.spool import Spool
from mixengine.mixer import limiter
from mixengine.mixer.limiter import MARGIN_DB, Limited, TruePeaks
from mixengine.model.delivery import RMS, Target
from mixengine.model.units import amplitude, decibels

CLOSE_ENOUGH = 0.05
"""LU or dB from the target at which no further pass is made."""
_ENOUGH = 0.09
"""LU or dB from the target that the last pass may leave."""
_TRIES = 9
_SPARE_DB = 2.0
"""True peaks are found down to this much below the ceiling, so that a higher gain can be tried with them."""
_MIN_SLOPE = 0.15
DENSE_DB = 6.0
MAX_DENSE_SHARE = 0.05
"""More than 6 dB of limiting in more than 5 % of what sounds is no master any more but another sound."""
_MAX_DEEPEST_DB = 12.0
_MAX_GAIN_DB = 80.0
Behind = Callable[[int, np.ndarray], np.ndarray]
"""Makes of a block, which begins at a frame, what comes out behind a limiter; linear."""


@dataclass(frozen=True, slots=True)
class Approach:
    """A gain and a limiter, and what they make of the sound.

    Attributes
    ----------
    gain_db : float
    limited : Limited
    after : Levels
    reached : bool
        Whether the target's level is met.
    """

    gain_db: float
    limited: Limited
    after: Levels
    reached: bool


class Approacher:
    """Finds gain and limiting for one spool.

    Parameters
    ----------
    spool : Spool
    before : Levels
        What was measured of it.
    speech : ndarray, optional
        As for `Levels`.
    behind : callable, optional
        What the sound goes through behind the limiter, see `Behind`.
    """

    def __init__(
        self, spool: Spool, before: Levels, speech: np.ndarray | None = None, behind: Behind | None = None
    ) -> None:
        self._spool, self._before, self._speech, self._behind = spool, before, speech, behind
        self._cells: np.ndarray | None = None
        self._cells_down_to_db = math.inf

    def reach(self, target: Target, measure: str, level: float, ceiling_dbtp: float) -> Approach:
        """The level by measurement, below the ceiling.

        Parameters
        ----------
        target : Target
            Says which levels are measured.
        measure : str
            What is brought to ``level``, one of `mixengine.model.delivery.MEASURES`.
        ceiling_dbtp : float
        """
        start = self._before.of(measure)
        gain_db, last, slope = min(level - start, _MAX_GAIN_DB), None, 0.9
        for _ in range(_TRIES):
            tried = self.fixed(target, measure, level, gain_db, ceiling_dbtp)
            off = level - tried.after.of(measure)
            if abs(off) <= CLOSE_ENOUGH or self.is_dense(tried.limited):
                break
            if last is not None and gain_db != last[0]:
                slope = min(max((tried.after.of(measure) - last[1]) / (gain_db - last[0]), _MIN_SLOPE), 1.0)
            last = (gain_db, tried.after.of(measure))
            gain_db = min(gain_db + off / slope, level - start + _MAX_GAIN_DB)
        return tried

    def fixed(self, target: Target, measure: str, level: float, gain_db: float, ceiling_dbtp: float) -> Approach:
        """What a given gain comes to."""
        limited = self.limited(gain_db, ceiling_dbtp)
        after = Levels(self._spool.rate, self._spool.channels, self._speech, rms=target.measure == RMS)
        for _, block in self.blocks(gain_db, limited):
            after.add(block)
        return Approach(gain_db, limited, after, abs(level - after.of(measure)) <= _ENOUGH)

    def limited(self, gain_db: float, ceiling_dbtp: float) -> Limited:
        """The limiter for a gain."""
        return limiter.limit(self._peaks(ceiling_dbtp - gain_db), self._spool.rate, ceiling_dbtp - MARGIN_DB, gain_db)

    def blocks(self, gain_db: float, limited: Limited) -> Iterator[tuple[int, np.ndarray]]:
        """The sound through gain, limiter and what stands behind: first frame and samples of each block."""
        for at, block in self._spool.blocks():
            done = limiter.apply(block, at, limited, self._spool.rate, gain_db)
            yield at, done if self._behind is None else self._behind(at, done)

    def true_peak_where_unlimited(self, gain_db: float, limited: Limited) -> float:
        """True peak as an amplitude of all that passes with the gain alone."""
        cells = self._peaks(self._spool.sample_peak_dbfs)
        free = (limited.gains[:-1] == 1.0) & (limited.gains[1:] == 1.0)
        return float(cells[free].max(initial=0.0)) * amplitude(gain_db)

    def is_dense(self, limited: Limited) -> bool:
        """Whether more is limited than anybody would want: `DENSE_DB`, `MAX_DENSE_SHARE`."""
        dense = float((limited.gains < amplitude(-DENSE_DB)).mean())
        return dense > MAX_DENSE_SHARE * self._before.sounding_share

    def sanest_gain_db(self, gain_db: float, ceiling_dbtp: float) -> float:
        """The highest gain up to ``gain_db`` that is not dense and takes no peak down by more than 12 dB."""
        low, high = gain_db - _MAX_GAIN_DB, gain_db
        while high - low > 0.05:
            middle = (low + high) / 2.0
            limited = self.limited(middle, ceiling_dbtp)
            fine = limited.deepest_db <= _MAX_DEEPEST_DB and not self.is_dense(limited)
            low, high = (middle, high) if fine else (low, middle)
        return low

    def true_peak_dbtp(self) -> float:
        """True peak of the sound as it is; ``-inf`` for silence."""
        cells = self._peaks(self._spool.sample_peak_dbfs)
        return decibels(float(cells.max())) if cells.any() else -math.inf

    def _peaks(self, down_to_dbtp: float) -> np.ndarray:
        """True peaks of the cells, exact at least down to this level."""
        down_to_dbtp = min(down_to_dbtp, self._spool.sample_peak_dbfs)
        if self._cells is None or down_to_dbtp < self._cells_down_to_db:
            self._cells_down_to_db = down_to_dbtp - _SPARE_DB
            peaks = TruePeaks(self._spool.rate, self._spool.channels, self._cells_down_to_db)
            for _, block in self._spool.blocks():
                peaks.add(block)
            self._cells = peaks.cells()
        return self._cells
