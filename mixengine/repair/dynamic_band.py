"""A band, or all of the sound, lowered where faults are: points of gain, with short ramps."""

from __future__ import annotations

import numpy as np
from scipy import signal

from mixengine.repair.repair import Fault, Repair


class DynamicBand(Repair):
    """Base class of repairs that lower a band for a while.

    The band is cut out by a filter of linear phase and taken away as far as the gain says, so that outside of the
    faults the samples are those of the recording.

    Attributes
    ----------
    ramp_s : float
        Over which the gain goes down before a fault and up after it.
    """

    ramp_s = 0.01

    def prepare(self, taps: np.ndarray) -> None:
        """Set the filter of the band, which has an odd number of taps and no delay but half of them."""
        self._taps = taps.astype(np.float32)
        self.reach = len(taps) // 2
        self._times: list[float] = []
        self._gains_db: list[float] = []

    def treat(self, start_s: float, end_s: float, sure: float, cut_db: float, what: str) -> Fault:
        """Lower the band by ``cut_db`` > 0 where that is a fault surely enough, and say so; faults come in order."""
        done = sure >= self.wish.min_sure
        if done:
            self.lower(start_s, end_s, -cut_db)
        change_db = -round(cut_db, 1) if done else None
        return Fault(self.name, round(start_s, 3), round(end_s, 3), sure, done, change_db, what)

    def lower(self, start_s: float, end_s: float, gain_db: float) -> None:
        """Lower the band between two times; faults come in order."""
        if self._times and start_s - self.ramp_s < self._times[-1]:
            # two that touch: from one gain straight to the next
            del self._times[-1], self._gains_db[-1]
            start_s = max(start_s, self._times[-1] + 1e-6)
            self._times += [start_s, max(end_s, start_s), max(end_s, start_s) + self.ramp_s]
            self._gains_db += [gain_db, gain_db, 0.0]
            return
        self._times += [start_s - self.ramp_s, start_s, end_s, end_s + self.ramp_s]
        self._gains_db += [0.0, gain_db, gain_db, 0.0]

    def process(self, start: int, block: np.ndarray) -> np.ndarray:
        """See `Repair.process`."""
        at_s = np.arange(start, start + len(block)) / self.rate
        gain_db = np.interp(at_s, self._times, self._gains_db)
        inside = np.flatnonzero(gain_db < 0.0)
        if not len(inside):
            return block
        first, last = max(int(inside[0]) - self.reach, 0), min(int(inside[-1]) + 1 + self.reach, len(block))
        band = signal.oaconvolve(block[first:last], self._taps[:, None], mode="same", axes=0)
        share = (10.0 ** (gain_db[first:last] / 20.0) - 1.0).astype(np.float32)[:, None]
        out = block.copy()
        out[first:last] += np.where(share < 0.0, share * band.astype(np.float32), np.float32(0.0))
        return out
