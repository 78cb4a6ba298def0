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
        beside = f"dB over the voice's own below {plosives.TO_HZ:.0f} Hz"
        return [
            self.treat(pop.start_s, pop.end_s, pop.sure, min(pop.over_db, _MAX_CUT_DB), f"{pop.over_db:.0f} {beside}")
            for pop in pops
        ]
