"""Measure the tracks of a session in parallel; results that are in the cache are not measured again."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from mixengine.analysis import cache
from mixengine.audio import timeline
from mixengine.model import codec, signal_path
from mixengine.model.session import Session, Track
from mixengine.system.parallel import map_parallel
from mixengine.system.progress import Progress

T = TypeVar("T")


@dataclass(frozen=True)
class Measure:
    """One way of measuring a track.

    Attributes
    ----------
    work : callable
        ``work(track, session, *arguments)`` → a ``kind``, or something else that is not cached (such as the reason of
        a failure). The session is passed without its tracks. Must be a module-level function, as it is pickled for
        worker processes.
    kind : type
        Type of the results that are cached.
    how : tuple
        What the result depends on besides the track's audio: name and version of the measurement, settings.
    arguments : tuple
        Passed to ``work``.
    cost : float
        Computing time per second of audio, relative to an average measurement; decides whether worker processes are
        worth starting.
    intact : callable
        Checks an entry of the cache; raises `ValueError` or `zlib.error` when it is damaged.
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


def measure_tracks(
    session: Session, tracks: list[Track], measurement: Measure, *, use_cache: bool, progress: Progress
) -> dict[str, Any]:
    """Track id → result of ``measurement.work`` for each track with the envelopes of its VCA leads."""
    tracks = [signal_path.with_lead_envelopes(session, track) for track in tracks]
    keys = {track.id: cache.track_digest(track, *measurement.how, session.sample_rate) for track in tracks}
    results: dict[str, Any] = {}
    for track in tracks if use_cache else []:
        if (cached := load(measurement.kind, keys[track.id], measurement.intact)) is not None:
            results[track.id] = cached
    missing = [track for track in tracks if track.id not in results]
    seconds = sum(end_s - start_s for start_s, end_s in map(timeline.span, missing)) * measurement.cost
    without_tracks = replace(session, tracks=())
    stream = map_parallel(
        measurement.work, [(track, without_tracks, *measurement.arguments) for track in missing], seconds
    )
    progress(len(results), len(tracks), "measuring")
    for track, result in zip(missing, stream, strict=True):
        results[track.id] = result
        if use_cache and isinstance(result, measurement.kind) and measurement.worth_keeping(result):
            cache.store(keys[track.id], result)
        progress(len(results), len(tracks), f"measured {track.name}")
    if use_cache and missing:
        cache.trim()
    return results


def load(kind: type[T], name: str | None, intact: Callable[[Any], object] = bool) -> T | None:
    """Read a cache entry as ``kind``; ``None`` where there is no entry or it is damaged."""
    entry = cache.load(name)
    try:
        value = codec.decode(kind, entry) if entry is not None else None
        if value is not None:
            intact(value)
    except (ValueError, zlib.error):
        return None
    return value
