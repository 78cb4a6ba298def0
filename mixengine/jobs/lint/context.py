"""What a check is asked about: the session, what was heard of its tracks, and a bounded look at their audio."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from mixengine.audio import timeline
from mixengine.jobs.lint.listen import Listened
from mixengine.jobs.lint.track_stats import HOP_S, SILENT_DB, Heard, as_recorded
from mixengine.model.session import Session, Track
from mixengine.system.progress import Progress

EXCERPT_RATE = 11025
"""Rate of excerpts that are compared: up to 5 kHz, steps of 0.09 ms."""
SEGMENT_S = 5.0
_KEPT_SEGMENTS = 256
"""56 MB of segments at most."""
PLAYING_DB = 25.0
"""A track plays where it is within this of its loudest 100 ms."""


@dataclass
class LintContext:
    """One session under examination.

    Attributes
    ----------
    listened : dict of str to Listened
        By track id: the tracks that can sound.
    use_cache : bool
        For measurements a check makes itself.
    """

    session: Session
    listened: dict[str, Listened]
    use_cache: bool
    progress: Progress
    _segments: OrderedDict[tuple[str, int], np.ndarray] = field(default_factory=OrderedDict)
    _shared: dict[str, object] = field(default_factory=dict)

    @property
    def heard(self) -> list[tuple[Track, Heard]]:
        """The tracks that could be read, in the order of their ids: nothing depends on the mixer's order."""
        pairs = ((track, self.listened[track.id].heard) for track in self.session.tracks if track.id in self.listened)
        return sorted(((track, h) for track, h in pairs if h is not None), key=lambda pair: pair[0].id)

    def segment(self, track: Track, index: int) -> np.ndarray:
        """Mono samples of the ``index``-th `SEGMENT_S` of the session at `EXCERPT_RATE` [shape=(samples,)]."""
        key = (track.id, index)
        if key not in self._segments:
            self._segments[key] = self.excerpt(track, index * SEGMENT_S, (index + 1) * SEGMENT_S)
            while len(self._segments) > _KEPT_SEGMENTS:
                self._segments.popitem(last=False)
        self._segments.move_to_end(key)
        return self._segments[key]

    def excerpt(self, track: Track, start_s: float, end_s: float, rate: int = EXCERPT_RATE) -> np.ndarray:
        """Mean of the channels of a recording between two times; silent where it has nothing [shape=(samples,)]."""
        parts = timeline.blocks(as_recorded(track), rate, start_s=start_s, end_s=end_s)
        return np.concatenate([part.mean(axis=1) for part in parts] or [np.zeros(0, np.float32)])

    def once(self, name: str, make: Callable[[], object]) -> object:
        """What several checks need, made when the first one asks."""
        if name not in self._shared:
            self._shared[name] = make()
        return self._shared[name]


def levels_db(heard: Heard, hops: int) -> np.ndarray:
    """Level of each 100 ms of the session in dBFS, `SILENT_DB` where the track has nothing [shape=(hops,)]."""
    out = np.full(hops, SILENT_DB)
    first = round(heard.start_s / HOP_S)
    kept = np.asarray(heard.levels_db)[: max(hops - first, 0)]
    out[first : first + len(kept)] = kept
    return out


def session_hops(case: LintContext) -> int:
    """Number of 100 ms hops in the session."""
    return math.ceil(case.session.duration_s / HOP_S) + 1


def loudest_db(heard: Heard) -> float:
    """Level of the loudest 100 ms in dBFS."""
    return max(heard.levels_db, default=SILENT_DB)


def playing_db(heard: Heard) -> float:
    """Level in dBFS over what plays: no more than 10 dB under the mean of all, as the relative gate of BS.1770 does."""
    powers = 10.0 ** (np.asarray(heard.levels_db) / 10.0)
    sounding = powers[powers > powers.max(initial=0.0) * 1e-6]
    if not len(sounding):
        return SILENT_DB
    return float(10.0 * np.log10(sounding[sounding >= 0.1 * sounding.mean()].mean()))
