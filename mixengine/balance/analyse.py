"""Measure the tracks of a session, several at a time.

Long sessions are measured in worker processes (joblib), short ones here: starting a worker costs about a second.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

from mixengine.audio import timeline
from mixengine.audio.files import UnreadableAudio
from mixengine.balance.reading import Reading, measure
from mixengine.session import Session, Track

Progress = Callable[[int, int, str], None]
"""Called with (done, total, what)."""

_WORTH_WORKERS_S = 240.0
_EXACT_FACTOR = 60.0


def analyse(
    session: Session, tracks: list[Track], *, exact: bool, pesto: bool, progress: Progress
) -> dict[str, Reading | str]:
    """Track id → its `Reading`, or the reason why it has none, in words."""
    seconds = sum(end - start for start, end in map(timeline.span, tracks)) * (_EXACT_FACTOR if exact else 1.0)
    workers = min(os.cpu_count() or 1, len(tracks)) if seconds > _WORTH_WORKERS_S else 1
    results: dict[str, Reading | str] = {}
    if workers == 1:
        stream = (_measure_one(track, session, exact, pesto) for track in tracks)
    else:
        import joblib

        jobs = (joblib.delayed(_measure_one)(track, _bare(session), exact, pesto) for track in tracks)
        stream = joblib.Parallel(n_jobs=workers, return_as="generator", inner_max_num_threads=1, backend="loky")(jobs)
    progress(0, len(tracks), "measuring")
    for done, (track, result) in enumerate(zip(tracks, stream, strict=True), start=1):
        results[track.id] = result
        progress(done, len(tracks), f"measured {track.name}")
    return results


def _bare(session: Session) -> Session:
    """The session without its tracks: all a worker needs, and little to send."""
    return replace(session, tracks=())


def _measure_one(track: Track, session: Session, exact: bool, pesto: bool) -> Reading | str:
    try:
        return measure(track, timeline.analysis_rate(track, session), exact=exact, pesto=pesto)
    except UnreadableAudio as error:
        return f"cannot be read: {error}"
