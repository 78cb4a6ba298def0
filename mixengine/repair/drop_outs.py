"""Drop-outs of up to 20 ms: silence or a held value in the middle of the sound, filled from both sides."""

from __future__ import annotations

import numpy as np

from mixengine.audio.reading import Read
from mixengine.repair.impulsive import Candidate, Impulsive
from mixengine.repair.interpolation import GAP_CONTEXT_S, bridged

MAX_LENGTH_S = 0.02
"""Of a longer gap nobody can say what was in it."""
TOO_LONG = "too long to be filled"
_EDGE_S = 0.002
_DOUBT = 0.025
"""… where the sound ends and begins again at its own RMS; twice as much at half of it."""
_SAME_LENGTH = 0.02


class DropOuts(Impulsive):
    """See `mixengine.repair.drop_outs`."""

    name = "drop_outs"
    kind = 1
    alike_sure = 0.75  # a computer that misses a buffer leaves gaps of one length too

    def place(self, fault: tuple[float, float] | float) -> tuple[int, int]:
        """See `Impulsive.place`."""
        assert isinstance(fault, tuple)
        return round(fault[0] * self.rate), round(fault[1] * self.rate)

    def look(self, read: Read, at: int, count: int, channel: int) -> Candidate:
        """See `Impulsive.look`."""
        context, edge = round(GAP_CONTEXT_S * self.rate), max(round(_EDGE_S * self.rate), 1)
        begin = max(at - context, 0)
        samples = read(begin, min(at + count + context, self.frames) - begin)[:, channel].astype(np.float64)
        before, after = samples[: at - begin], samples[at - begin + count :]
        calm = np.concatenate([before, after]) - samples[at - begin]
        rms = float(np.sqrt(np.mean(np.square(calm)))) if len(calm) else 0.0
        ends = [np.abs(side - samples[at - begin]).max(initial=0.0) for side in (before[-edge:], after[:edge])]
        sure = round(max(1.0 - _DOUBT * rms / max(float(min(ends)), 1e-9), 0.0), 2)
        what = f"{1000.0 * count / self.rate:.0f} ms"
        wave = np.zeros(count, np.float32)
        if count > MAX_LENGTH_S * self.rate:
            return Candidate(at, at + count, sure, None, wave, what, why=TOO_LONG)
        new = bridged(before, after, count, self.rate) if sure >= self.wish.min_sure else None
        return Candidate(at, at + count, sure, new, wave, what)

    def same(self, one: Candidate, other: Candidate) -> bool:
        """Of one length."""
        lengths = len(one.wave), len(other.wave)
        return abs(lengths[0] - lengths[1]) <= _SAME_LENGTH * max(lengths)
