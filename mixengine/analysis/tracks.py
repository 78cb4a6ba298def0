"""Measure the tracks of a session, several at a time; what the cache knows already is not measured again."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from mixengine.analysis import cache
from mixengine.audio import timeline
from mixengine.model import codec
from mixengine.model.session import Session, Track
from mixengine.system.parallel import spread
from mixengine.system.progress import Progress

T = TypeVar("T")


@dataclass(frozen=True)
class Measure:
    """One way of measuring a track.

    Attributes
    ----------
    work : callable
        ``work(track, session, *arguments)`` → a ``kind``, or something else that is not kept (a reason in words).
        The session comes without its tracks. Runs in worker processes: a function of a module.
    kind : type
        What is kept in the cache.
    how : tuple
        What the result depends on besides the track's sound: name and version of the measurement, settings.
    arguments : tuple
        Passed to ``work``.
    cost : float
        Seconds of work per second of sound, relative to the usual; decides whether workers are worth starting.
    intact : callable
        Looks at what comes from the cache; raises `ValueError` or `zlib.error` when it is damaged.
    worth_keeping : callable
        Whether a result of the right kind goes into the cache.
    """

    work: Callable[..., Any]
    kind: type
    how: tuple[Any, ...]
    arguments: tuple[Any, ...] = ()
    cost: float = 1.0
    intact: Callable[[Any], object] = bool
    worth_keeping: Callable[[Any], bool] = lambda _: True


def measured(
    session: Session, tracks: list[Track], way: Measure, *, use_cache: bool, progress: Progress
) -> dict[str, Any]:
    """Track id → what ``way.work`` says of it."""
    names = {track.id: cache.track_digest(track, *way.how, session.sample_rate) for track in tracks}
    results: dict[str, Any] = {}
    for track in tracks if use_cache else []:
        if (known := load(way.kind, names[track.id], way.intact)) is not None:
            results[track.id] = known
    missing = [track for track in tracks if track.id not in results]
    seconds = sum(end_s - start_s for start_s, end_s in map(timeline.span, missing)) * way.cost
    bare = replace(session, tracks=())
    stream = spread(way.work, [(track, bare, *way.arguments) for track in missing], seconds)
    progress(len(results), len(tracks), "measuring")
    for track, result in zip(missing, stream, strict=True):
        results[track.id] = result
        if use_cache and isinstance(result, way.kind) and way.worth_keeping(result):
            cache.store(names[track.id], result)
        progress(len(results), len(tracks), f"measured {track.name}")
    if use_cache and missing:
        cache.trim()
    return results


def load(kind: type[T], name: str | None, intact: Callable[[Any], object] = bool) -> T | None:
    """A cache entry as what it should be; ``None`` for no entry and for a damaged one."""
    entry = cache.load(name)
    try:
        found = codec.decode(kind, entry) if entry is not None else None
        if found is not None:
            intact(found)
    except (ValueError, zlib.error):
        return None
    return found
