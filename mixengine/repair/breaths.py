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
            if not cut_db:
                continue
            done = breath.sure >= self.wish.min_sure
            if done:
                self.lower(breath.start_s, breath.end_s, -cut_db)
            what = f"{breath.level_db:+.0f} dB beside the voice"
            change_db = -round(cut_db, 1) if done else None
            faults.append(
                Fault(self.name, round(breath.start_s, 3), round(breath.end_s, 3), breath.sure, done, change_db, what)
            )
        return faults
