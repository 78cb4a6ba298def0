"""Interface of a repair.

A repair looks at the whole recording first, says what it found and how sure it is, and then changes blocks of any
length in order. What is found less surely than the user wants is named and left as it is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from mixengine.analysis.certainty import MIN_SURE
from mixengine.audio.reading import Read
from mixengine.repair.names import BREATH_DB, SIBILANCE_DB


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user says about repairs.

    Attributes
    ----------
    min_sure : float
        What is found less surely is left as it is, 0 … 1.
    sibilance_db : float
        Level to which sibilants are brought, above 4.5 kHz against the voice around.
    breath_db : float <= 0
        How far breaths are lowered.
    """

    min_sure: float = MIN_SURE
    sibilance_db: float = SIBILANCE_DB
    breath_db: float = BREATH_DB


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault and what became of it.

    Attributes
    ----------
    repair : str
        A name of `mixengine.repair.names.NAMES`.
    start_s, end_s : float
    sure : float
        How sure it is that this is one, 0 … 1.
    done : bool
        Whether it was repaired.
    change_db : float, optional
        How far its level went, where that says something.
    what : str
        More about it, for people; may be empty.
    why : str
        Why it is left, where certainty is not what held it back.
    doubt : str
        What leaves doubt, where that says something.
    count : int > 0
        How many it stands for.
    """

    repair: str
    start_s: float
    end_s: float
    sure: float
    done: bool
    change_db: float | None = None
    what: str = ""
    why: str = ""
    doubt: str = ""
    count: int = 1


class Repair(ABC):
    """Base class of all repairs, one object for one recording.

    Parameters
    ----------
    rate, channels : int > 0
    frames : int
        Length of the recording.
    wish : Wish

    Attributes
    ----------
    name : str
        Its name in the registry.
    reach : int
        Frames that `process` needs before and after those that it changes.
    """

    name: str
    reach: int = 0

    def __init__(self, rate: int, channels: int, frames: int, wish: Wish) -> None:
        self.rate, self.channels, self.frames, self.wish = rate, channels, frames, wish

    @abstractmethod
    def find(self, read: Read) -> list[Fault]:
        """Look at the whole recording; whether anything is ``done`` says if `process` changes it."""

    @abstractmethod
    def process(self, start: int, block: np.ndarray) -> np.ndarray:
        """Repair a block.

        Parameters
        ----------
        start : int
            Its first frame in the recording.
        block : ndarray of float32 [shape=(frames, channels)]
            With ``reach`` frames on both sides, as far as there are any, whose answer is dropped.

        Returns
        -------
        ndarray of float32 [shape as ``block``]
            Samples of ``block`` itself where nothing is repaired, bit for bit.
        """


class Patches:
    """Stretches of single channels that are replaced."""

    def __init__(self) -> None:
        self._patches: list[tuple[int, int, np.ndarray]] = []
        self._starts = np.zeros(0, np.int64)
        self._longest = 0

    def add(self, start: int, channel: int, samples: np.ndarray) -> None:
        """Replace ``samples`` from frame ``start`` on."""
        self._patches.append((start, channel, samples.astype(np.float32)))

    def ready(self) -> None:
        """All are there."""
        self._patches.sort(key=lambda patch: patch[:2])
        self._starts = np.array([start for start, _, _ in self._patches], np.int64)
        self._longest = max((len(samples) for _, _, samples in self._patches), default=0)

    def over(self, start: int, block: np.ndarray) -> np.ndarray:
        """The block with the patches in it."""
        first, last = np.searchsorted(self._starts, [start - self._longest, start + len(block)])
        if first == last:
            return block
        out = block.copy()
        for at, channel, samples in self._patches[first:last]:
            begin, end = max(at, start), min(at + len(samples), start + len(block))
            if begin < end:
                out[begin - start : end - start, channel] = samples[begin - at : end - at]
        return out
