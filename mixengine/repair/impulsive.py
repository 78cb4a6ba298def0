"""What clicks and drop-outs share: the search in every channel, doubts of what recurs, patches, and how it is named."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mixengine.analysis import recurrence
from mixengine.analysis.impulses import ImpulseMeter
from mixengine.audio.reading import Read, blocks
from mixengine.repair.repair import Fault, Patches, Repair

EVEN_SURE, ALIKE_SURE = 0.5, 0.5
"""No surer than this is one of several at equal distances, or of several that are alike: a beat, a tick, a cut."""
_TOGETHER_S = 0.001
TOO_MANY = "too many to be faults"
_EVEN, _ALIKE = "they come evenly, as beats do", "they are alike, as beats are"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible fault of one channel.

    Attributes
    ----------
    first, last : int
        Its first frame and the one after its last.
    sure : float
    new : ndarray [shape=(last - first,)] or None
        What would stand there; ``None`` where nobody can say.
    wave : ndarray
        What recurs if it is no fault.
    what, why, doubt : str
        See `Fault`.
    """

    first: int
    last: int
    sure: float
    new: np.ndarray | None
    wave: np.ndarray
    what: str = ""
    why: str = ""
    doubt: str = ""


class Impulsive(Repair):
    """Base class of repairs that replace short stretches of single channels.

    Attributes
    ----------
    kind : int
        Which of the answers of `mixengine.analysis.impulses.ImpulseMeter` it looks at.
    alike_sure : float
        How sure one of several that are alike can be.
    """

    kind: int
    alike_sure = ALIKE_SURE

    def find(self, read: Read) -> list[Fault]:
        """See `Repair.find`."""
        meters = [ImpulseMeter(self.rate) for _ in range(self.channels)]
        for _, block in blocks(read, self.frames):
            for channel, meter in enumerate(meters):
                meter.add(np.ascontiguousarray(block[:, channel]))
        places = sorted(
            (*self.place(fault), channel) for channel, meter in enumerate(meters) for fault in meter.finish()[self.kind]
        )
        looked: list[list[Candidate]] = [[] for _ in meters]
        for at, count, channel in places:
            candidate = self.look(read, at, count, channel)
            if candidate is not None:
                looked[channel].append(candidate)
        self._patches = Patches()
        faults = []
        for channel, candidates in enumerate(looked):
            for each in self._doubted(candidates):
                done = each.sure >= self.wish.min_sure and each.new is not None
                if done and each.new is not None:
                    self._patches.add(each.first, channel, each.new)
                why = "" if each.sure < self.wish.min_sure else each.why
                faults.append((channel, self._fault(each, done, why)))
        self._patches.ready()
        return [*self._too_many([meter.crowded[self.kind] for meter in meters]), *self._joined(faults)]

    @abstractmethod
    def place(self, fault: tuple[float, float] | float) -> tuple[int, int]:
        """First frame and number of frames of what a meter found."""

    @abstractmethod
    def look(self, read: Read, at: int, count: int, channel: int) -> Candidate | None:
        """Look closely at what may be a fault; ``None`` where it is none."""

    @abstractmethod
    def same(self, one: Candidate, other: Candidate) -> bool:
        """Whether two are alike."""

    def _doubted(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """With the doubts that only several together raise."""
        even = recurrence.even([each.first / self.rate for each in candidates])
        alike = recurrence.alike(len(candidates), lambda a, b: self.same(candidates[a], candidates[b]))
        doubted = []
        for each, is_even, is_alike in zip(candidates, even, alike, strict=True):
            limits = [(EVEN_SURE, _EVEN)] * bool(is_even) + [(self.alike_sure, _ALIKE)] * bool(is_alike)
            sure, doubt = min(limits, key=lambda limit: limit[0], default=(1.0, ""))
            doubted.append(replace(each, sure=sure, doubt=doubt) if sure < each.sure else each)
        return doubted

    def _fault(self, each: Candidate, done: bool, why: str) -> Fault:
        start_s, end_s = (round(frame / self.rate, 4) for frame in (each.first, each.last))
        doubt = "" if done else each.doubt
        return Fault(self.name, start_s, end_s, each.sure, done, what=each.what, why=why, doubt=doubt)

    def _joined(self, faults: Sequence[tuple[int, Fault]]) -> list[Fault]:
        """One fault of several channels, which begins within `_TOGETHER_S` in each, is one."""

        def key(entry: tuple[int, Fault]) -> tuple[bool, str, str, float]:
            return entry[1].done, entry[1].why, entry[1].doubt, entry[1].start_s

        groups: list[list[tuple[int, Fault]]] = []
        for entry in sorted(faults, key=key):
            last = groups[-1] if groups else []
            near = bool(last) and key(last[0])[:3] == key(entry)[:3] and key(entry)[3] - key(last[0])[3] <= _TOGETHER_S
            if near and entry[0] not in [channel for channel, _ in last]:
                last.append(entry)
            else:
                groups.append([entry])
        return [self._of_channels(group) for group in groups]

    def _of_channels(self, members: Sequence[tuple[int, Fault]]) -> Fault:
        faults = [fault for _, fault in members]
        words = [faults[0].what] * bool(faults[0].what)
        if 1 < self.channels == len(members):
            words.append(f"all {self.channels} channels")
        elif self.channels > 1:
            numbers = ", ".join(str(channel + 1) for channel in sorted(channel for channel, _ in members))
            words.append(f"channel{'s' * (len(members) > 1)} {numbers}")
        sure, end_s = min(fault.sure for fault in faults), max(fault.end_s for fault in faults)
        return replace(faults[0], sure=sure, end_s=end_s, what=", ".join(words))

    def _too_many(self, crowded: Sequence[tuple[float, ...]]) -> list[Fault]:
        """One entry for all that come too often to be faults, of the channel with the largest number."""
        times_s = max(crowded, key=len, default=())
        if not times_s:
            return []
        ends_s = round(times_s[0], 4), round(times_s[-1], 4)
        return [Fault(self.name, *ends_s, 0.0, False, why=TOO_MANY, count=len(times_s))]

    def process(self, start: int, block: np.ndarray) -> np.ndarray:
        """See `Repair.process`."""
        return self._patches.over(start, block)
