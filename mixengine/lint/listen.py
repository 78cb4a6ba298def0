"""Listen to all tracks of a session, several at a time; what is known already is not listened to again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from mixengine import cache, codec
from mixengine.audio import timeline
from mixengine.audio.files import UnreadableAudio
from mixengine.audio.spread import spread
from mixengine.lint import heard
from mixengine.lint.heard import Heard
from mixengine.session import Session, Track

Progress = Callable[[int, int, str], None]
"""Called with (done, total, what)."""


@dataclass(frozen=True, slots=True)
class Listened:
    """What came of one track: ``heard``, or ``problem`` in words when it cannot be read."""

    heard: Heard | None = None
    problem: str = ""
    non_finite: int = 0


def listen(session: Session, tracks: list[Track], *, use_cache: bool, progress: Progress) -> dict[str, Listened]:
    """Track id → what was heard of it."""
    plain = {track.id: heard.as_recorded(track) for track in tracks}
    keys = {key: cache.track_digest(track, "lint", heard.VERSION, session.sample_rate) for key, track in plain.items()}
    results: dict[str, Listened] = {}
    for key, name in keys.items() if use_cache else ():
        if (known := _known(name)) is not None:
            results[key] = known
    missing = [track for track in plain.values() if track.id not in results]
    seconds = sum(end_s - start_s for start_s, end_s in map(timeline.span, missing))
    bare = replace(session, tracks=())
    progress(len(results), len(tracks), "listening")
    for track, result in zip(missing, spread(_listen_one, [(t, bare) for t in missing], seconds), strict=True):
        results[track.id] = result
        if use_cache and result.heard is not None:
            cache.store(keys[track.id], result)
        progress(len(results), len(tracks), f"listened to {track.name}")
    if use_cache and missing:
        cache.trim()
    return results


def _known(name: str | None) -> Listened | None:
    """A cache entry; ``None`` for no entry and for a damaged one."""
    entry = cache.load(name)
    try:
        return None if entry is None else codec.decode(Listened, entry)
    except ValueError:
        return None


def _listen_one(track: Track, session: Session) -> Listened:
    try:
        return Listened(heard.measure(track, session), non_finite=heard.non_finite_samples(track))
    except UnreadableAudio as error:
        return Listened(problem=str(error))
