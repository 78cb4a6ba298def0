"""Measure the tracks of a session in parallel, through the cache."""

from __future__ import annotations

from dataclasses import dataclass

from mixengine.analysis.alignment.recordings import as_recorded
from mixengine.analysis.tracks import Measure, measure_tracks
from mixengine.audio.files import UnreadableAudio
from mixengine.jobs.lint import track_stats
from mixengine.jobs.lint.track_stats import TrackStats
from mixengine.model.session import Session, Track
from mixengine.system.progress import Progress


@dataclass(frozen=True, slots=True)
class TrackResult:
    """Result for one track: its ``stats``, or the ``problem`` when it cannot be read."""

    stats: TrackStats | None = None
    problem: str = ""
    non_finite: int = 0


def measure_stats(
    session: Session, tracks: list[Track], *, use_cache: bool, progress: Progress
) -> dict[str, TrackResult]:
    """Track id → its `TrackResult`."""
    recorded = [as_recorded(track) for track in tracks]
    measurement = Measure(
        _measure_one, TrackResult, ("lint", track_stats.VERSION), worth_keeping=lambda result: result.stats is not None
    )
    return measure_tracks(session, recorded, measurement, use_cache=use_cache, progress=progress)


def _measure_one(track: Track, session: Session) -> TrackResult:
    try:
        return TrackResult(track_stats.measure(track, session), non_finite=track_stats.non_finite_samples(track))
    except UnreadableAudio as error:
        return TrackResult(problem=str(error))
