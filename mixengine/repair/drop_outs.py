"""Drop-outs of up to 20 ms: silence or a held value in the middle of the sound, filled from both sides."""

from __future__ import annotations

import numpy as np

from mixengine.analysis.impulses import ImpulseMeter
from mixengine.audio.reading import Read, blocks
from mixengine.repair.interpolation import GAP_CONTEXT_S, bridged
from mixengine.repair.repair import Fault, Patches, Repair

MAX_LENGTH_S = 0.02
"""Of a longer gap nobody can say what was in it."""
_EDGE_S = 0.002
_DOUBT = 0.025
"""… where the sound ends and begins again at its own RMS; twice as much at half of it."""


class DropOuts(Repair):
    """See `mixengine.repair.drop_outs`."""

    name = "drop_outs"

    def find(self, read: Read) -> list[Fault]:
        """See `Repair.find`."""
        meters = [ImpulseMeter(self.rate) for _ in range(self.channels)]
        for _, block in blocks(read, self.frames):
            for channel, meter in enumerate(meters):
                meter.add(np.ascontiguousarray(block[:, channel]))
        gaps = sorted(
            (round(at_s * self.rate), round(length_s * self.rate), channel)
            for channel, meter in enumerate(meters)
            for at_s, length_s in meter.finish()[1]
        )
        self._patches = Patches()
        faults = [self._look(read, *gap) for gap in gaps]
        self._patches.ready()
        return faults

    def _look(self, read: Read, at: int, count: int, channel: int) -> Fault:
        context, edge = round(GAP_CONTEXT_S * self.rate), max(round(_EDGE_S * self.rate), 1)
        begin = max(at - context, 0)
        samples = read(begin, min(at + count + context, self.frames) - begin)[:, channel].astype(np.float64)
        before, after = samples[: at - begin], samples[at - begin + count :]
        calm = np.concatenate([before, after]) - samples[at - begin]
        rms = float(np.sqrt(np.mean(np.square(calm)))) if len(calm) else 0.0
        ends = [np.abs(side - samples[at - begin]).max(initial=0.0) for side in (before[-edge:], after[:edge])]
        sure = round(max(1.0 - _DOUBT * rms / max(float(min(ends)), 1e-9), 0.0), 2)
        long = count > MAX_LENGTH_S * self.rate
        done = sure >= self.wish.min_sure and not long
        if done:
            self._patches.add(at, channel, bridged(before, after, count, self.rate))
        what = [f"{1000.0 * count / self.rate:.0f} ms"]
        what += ["too long to be filled"] * long + [f"channel {channel + 1}"] * (self.channels > 1)
        return Fault(
            self.name, round(at / self.rate, 4), round((at + count) / self.rate, 4), sure, done, what=", ".join(what)
        )

    def process(self, start: int, block: np.ndarray) -> np.ndarray:
        """See `Repair.process`."""
        return self._patches.over(start, block)
