"""Breaths between phrases lowered, and never cut: they stay as far above the room as they must to be there."""

from __future__ import annotations

import numpy as np

from mixengine.analysis import breaths
from mixengine.audio.reading import Read
from mixengine.repair.dynamic_band import DynamicBand
from mixengine.repair.repair import Fault


class Breaths(DynamicBand):
    """See `mixengine.repair.breaths`."""

    name = "breaths"
    ramp_s = 0.03

    def find(self, read: Read) -> list[Fault]:
        """See `Repair.find`."""
        self.prepare(np.ones(1))
        faults = []
        for breath in breaths.find(read, self.rate, self.frames):
            cut_db = breaths.cut_db(breath, self.wish.breath_db)
            if cut_db:
                what = f"{breath.level_db:+.0f} dB beside the voice"
                faults.append(self.treat(breath.start_s, breath.end_s, breath.sure, cut_db, what))
        return faults
