"""Sharp sibilants brought down to a level beside the voice around them, above 4.5 kHz only."""

from __future__ import annotations

from scipy import signal

from mixengine.analysis import sibilance
from mixengine.audio.reading import Read
from mixengine.repair.dynamic_band import DynamicBand
from mixengine.repair.repair import Fault

_MAX_CUT_DB = 9.0
"""More makes a lisp."""
_MIN_CUT_DB = 0.5
_FILTER_S = 0.002
_CORNER_HZ = 4000.0


class Sibilance(DynamicBand):
    """See `mixengine.repair.sibilance`."""

    name = "sibilance"

    def find(self, read: Read) -> list[Fault]:
        """See `Repair.find`."""
        sibilants = sibilance.find(read, self.rate, self.frames)
        if not sibilants:
            return []
        taps = signal.firwin(2 * round(_FILTER_S * self.rate / 2) + 1, _CORNER_HZ, fs=self.rate, pass_zero=False)
        self.prepare(taps)
        faults = []
        for each in sibilants:
            cut_db = min(each.level_db - self.wish.sibilance_db, _MAX_CUT_DB)
            if cut_db < _MIN_CUT_DB:
                continue
            what = f"{each.level_db:+.0f} dB beside the voice"
            faults.append(self.treat(each.start_s, each.end_s, each.sure, cut_db, what))
        return faults
