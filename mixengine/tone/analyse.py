"""Measure the spectra of a session's tracks, several at a time; what is known already is not measured."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace

from mixengine import cache, codec
from mixengine.audio import timeline
from mixengine.audio.files import UnreadableAudio
from mixengine.audio.spread import spread
from mixengine.session import Session, Track
from mixengine.tone.spectra import VERSION, Spectra, measure

Progress = Callable[[int, int, str], None]
"""Called with (done, total, what)."""


def analyse(session: Session, tracks: list[Track], *, use_cache: bool, progress: Progress) -> dict[str, Spectra | str]:
    """Track id → its `Spectra`, or the reason why it has none, in words."""
    names = {track.id: cache.track_digest(track, "tone", VERSION, session.sample_rate) for track in tracks}
    results: dict[str, Spectra | str] = {}
    for track in tracks if use_cache else []:
        if (known := _known(names[track.id])) is not None:
            results[track.id] = known
    missing = [track for track in tracks if track.id not in results]
    seconds = sum(end_s - start_s for start_s, end_s in map(timeline.span, missing))
    bare = replace(session, tracks=())
    stream = spread(_measure_one, [(track, bare) for track in missing], seconds)
    progress(len(results), len(tracks), "measuring")
    for track, result in zip(missing, stream, strict=True):
        results[track.id] = result
        if use_cache and isinstance(result, Spectra):
            cache.store(names[track.id], result)
        progress(len(results), len(tracks), f"measured {track.name}")
    if use_cache and missing:
        cache.trim()
    return results


def _known(name: str | None) -> Spectra | None:
    """A cache entry; ``None`` for no entry and for a damaged one."""
    entry = cache.load(name)
    try:
        if entry is None:
            return None
        spectra = codec.decode(Spectra, entry)
        spectra.powers()
    except (ValueError, zlib.error):
        return None
    return spectra


def _measure_one(track: Track, session: Session) -> Spectra | str:
    try:
        return measure(track, timeline.analysis_rate(track, session))
    except UnreadableAudio as error:
        return f"cannot be read: {error}"
