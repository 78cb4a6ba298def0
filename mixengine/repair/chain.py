"""Several repairs on a recording of any length, one after another, in constant memory.

Each looks at what the ones before it left. One that finds nothing sure is not on the way: where none finds anything,
the recording is what is read.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixengine.audio.reading import Overlapping, Read
from mixengine.repair.names import chosen
from mixengine.repair.registry import REPAIRS
from mixengine.repair.repair import Fault, Repair, Wish
from mixengine.system.progress import Progress, no_progress


class Chain:
    """The repairs of one recording.

    Parameters
    ----------
    names : sequence of str
        Of `mixengine.repair.names.NAMES`.
    rate, channels : int > 0
    frames : int
    wish : Wish
    """

    def __init__(self, names: Sequence[str], rate: int, channels: int, frames: int, wish: Wish) -> None:
        self.faults: list[Fault] = []
        self._repairs = [REPAIRS[name](rate, channels, frames, wish) for name in chosen(tuple(names))]
        self._active: list[Repair] = []
        self._frames = frames

    @property
    def active(self) -> bool:
        """Whether anything is repaired."""
        return bool(self._active)

    def find(self, read: Read, progress: Progress = no_progress) -> None:
        """Look for faults; ``read`` gives the recording and may be read from its start several times."""
        for number, repair in enumerate(self._repairs):
            progress(number, len(self._repairs), f"looking for {repair.name.replace('_', '-')}")
            faults = repair.find(self.over(read))
            self.faults += faults
            if any(fault.done for fault in faults):
                self._active.append(repair)
        self.faults.sort(key=lambda fault: (fault.start_s, fault.end_s))

    def over(self, read: Read) -> Read:
        """The repaired recording, to be read forwards; a new call for each time that it is read."""
        for repair in self._active:
            read = self._with(repair, read)
        return read

    def _with(self, repair: Repair, read: Read) -> Read:
        below = Overlapping(read) if repair.reach else read

        def repaired(start: int, frames: int) -> np.ndarray:
            first, last = max(start - repair.reach, 0), min(start + frames + repair.reach, self._frames)
            answer = repair.process(first, below(first, max(last - first, 0)))
            return answer[start - first : start - first + frames]

        return repaired
