"""Listen to all tracks of a session, several at a time; what is known already is not listened to again."""

from __future__ import annotations

from dataclasses import dataclass

from mixengine.analysis.tracks import Measure, measured
from mixengine.audio.files import UnreadableAudio
from mixengine.jobs.lint import track_stats as heard
from mixengine.jobs.lint.track_stats import Heard
from mixengine.model.session import Session, Track
from mixengine.system.progress import Progress


@dataclass(frozen=True, slots=True)
class Listened:
    """What came of one track: ``heard``, or ``problem`` in words when it cannot be read."""

    heard: Heard | None = None
    problem: str = ""
    non_finite: int = 0


def listen(session: Session, tracks: list[Track], *, use_cache: bool, progress: Progress) -> dict[str, Listened]:
    """Track id → what was heard of it."""
    plain = [heard.as_recorded(track) for track in tracks]
    way = Measure(
        _listen_one, Listened, ("lint", heard.VERSION), worth_keeping=lambda listened: listened.heard is not None
    )
    return measured(session, plain, way, use_cache=use_cache, progress=progress)


def _listen_one(track: Track, session: Session) -> Listened:
    try:
        return Listened(heard.measure(track, session), non_finite=heard.non_finite_samples(track))
    except UnreadableAudio as error:
        return Listened(problem=str(error))
