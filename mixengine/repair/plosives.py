"""Pops of plosives lowered below 120 Hz to what the voice itself has there."""

from __future__ import annotations

from scipy import signal

from mixengine.analysis import plosives
from mixengine.audio.reading import Read
from mixengine.repair.dynamic_band import DynamicBand
from mixengine.repair.repair import Fault

_MAX_CUT_DB = 24.0
_FILTER_S = 0.04
_CORNER_HZ = 150.0
"""Of a filter that is 6 dB down here and passes what lies below 120 Hz."""


class Plosives(DynamicBand):
    """See `mixengine.repair.plosives`."""

    name = "plosives"
    ramp_s = 0.02

    def find(self, read: Read) -> list[Fault]:
        """See `Repair.find`."""
        pops = plosives.find(read, self.rate, self.frames)
        if not pops:
            return []
        self.prepare(signal.firwin(2 * round(_FILTER_S * self.rate / 2) + 1, _CORNER_HZ, fs=self.rate))
        faults = []
        for pop in pops:
            done = pop.sure >= self.wish.min_sure
            cut_db = min(pop.over_db, _MAX_CUT_DB)
            if done:
                self.lower(pop.start_s, pop.end_s, -cut_db)
            what = f"{pop.over_db:.0f} dB over the voice's own below {plosives.TO_HZ:.0f} Hz"
            change_db = -round(cut_db, 1) if done else None
            faults.append(Fault(self.name, round(pop.start_s, 3), round(pop.end_s, 3), pop.sure, done, change_db, what))
        return faults
