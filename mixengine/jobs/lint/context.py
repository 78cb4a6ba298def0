"""What checks work on: the session, statistics of its tracks, and excerpts of their audio, kept in bounded memory."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from mixengine.analysis.alignment.recordings import Recording, as_recorded
from mixengine.jobs.lint.measure import TrackResult
from mixengine.jobs.lint.track_stats import HOP_S, SILENT_DB, TrackStats
from mixengine.model.session import Session, Track
from mixengine.system.progress import Progress

EXCERPT_RATE = 11025
"""Sample rate of excerpts: contains frequencies up to 5 kHz, with a time resolution of 0.09 ms."""
SEGMENT_S = 5.0
_MAX_SEGMENTS = 256
"""Segments kept in memory: 56 MB."""
PLAYING_DB = 25.0
"""A track plays where its level is within this of its loudest 100 ms."""


@dataclass
class LintContext:
    """One session to be checked.

    Attributes
    ----------
    results : dict of str to TrackResult
        By track id: measurements of the tracks that have audio.
    use_cache : bool
        Whether measurements that a check makes itself go through the cache.
    """

    session: Session
    results: dict[str, TrackResult]
    use_cache: bool
    progress: Progress
    _segments: OrderedDict[tuple[str, int], np.ndarray] = field(default_factory=OrderedDict)
    _shared: dict[str, object] = field(default_factory=dict)
    _recordings: dict[str, Recording] = field(default_factory=dict)

    @property
    def track_stats(self) -> list[tuple[Track, TrackStats]]:
        """The tracks that could be read, sorted by id, so that findings do not depend on the order of tracks."""
        pairs = ((track, self.results[track.id].stats) for track in self.session.tracks if track.id in self.results)
        return sorted(((track, stats) for track, stats in pairs if stats is not None), key=lambda pair: pair[0].id)

    def segment(self, track: Track, index: int) -> np.ndarray:
        """Mono samples of the ``index``-th segment of `SEGMENT_S` s, at `EXCERPT_RATE` [shape=(samples,)]."""
        key = (track.id, index)
        if key not in self._segments:
            self._segments[key] = self.excerpt(track, index * SEGMENT_S, (index + 1) * SEGMENT_S)
            while len(self._segments) > _MAX_SEGMENTS:
                self._segments.popitem(last=False)
        self._segments.move_to_end(key)
        return self._segments[key]

    def excerpt(self, track: Track, start_s: float, end_s: float, rate: int = EXCERPT_RATE) -> np.ndarray:
        """Mean of a recording's channels between two times, see `Recording.excerpt` [shape=(samples,)]."""
        return self.recording(track).excerpt(start_s, end_s, rate)

    def recording(self, track: Track) -> Recording:
        """The track as recorded, to be read at any time."""
        if track.id not in self._recordings:
            stats = self.results[track.id].stats if track.id in self.results else None
            self._recordings[track.id] = (
                Recording(as_recorded(track), stats.rate, stats.channels)
                if stats
                else Recording.of(track, self.session)
            )
        return self._recordings[track.id]

    def once(self, name: str, make: Callable[[], object]) -> object:
        """A result shared by several checks, computed by ``make`` at the first call with this name."""
        if name not in self._shared:
            self._shared[name] = make()
        return self._shared[name]


def levels_db(stats: TrackStats, hops: int) -> np.ndarray:
    """Level of each 100 ms of the session in dBFS, `SILENT_DB` where the track has no audio [shape=(hops,)]."""
    out = np.full(hops, SILENT_DB)
    first = round(stats.start_s / HOP_S)
    levels_db = np.asarray(stats.levels_db)[: max(hops - first, 0)]
    out[first : first + len(levels_db)] = levels_db
    return out


def session_hops(context: LintContext) -> int:
    """Number of 100 ms hops in the session."""
    return math.ceil(context.session.duration_s / HOP_S) + 1


def loudest_db(stats: TrackStats) -> float:
    """Level of the loudest 100 ms in dBFS."""
    return max(stats.levels_db, default=SILENT_DB)


def playing_db(stats: TrackStats) -> float:
    """Mean level in dBFS while the track plays: hops more than 10 dB below the mean are gated, as in BS.1770."""
    powers = 10.0 ** (np.asarray(stats.levels_db) / 10.0)
    sounding = powers[powers > powers.max(initial=0.0) * 1e-6]
    if not len(sounding):
        return SILENT_DB
    return float(10.0 * np.log10(sounding[sounding >= 0.1 * sounding.mean()].mean()))
