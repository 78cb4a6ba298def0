"""Projects inside a project: their items are heard as mixengine's mixer renders them.

The sub-project is rendered from its start, or its marker ``=START``, to its end or ``=END``, with its master, and the
file takes the place of the item's source. What of it is not rendered is named.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from mixengine import hosts
from mixengine.hosts import Host
from mixengine.model.session import Clip, Session, Track
from mixengine.model.words import name_list
from mixengine.system.errors import UserError

KIND = "subproject"
_VERSION = 1
_MAX_DEPTH = 4
"""Projects in projects in projects are followed so far; a circle ends there too."""
_MAX_NAMES = 6

Hear = Callable[[Host, int], Session]
"""A host's session as a render hears it, so deep inside other projects."""


@dataclass(frozen=True, slots=True)
class _Rendered:
    """A sub-project: its file, empty where there is none, and what is to be said of it."""

    file: str
    notes: tuple[str, ...] = ()


def played(session: Session, plugins: str, hear: Hear, depth: int) -> Session:
    """The session whose sub-project items play audio.

    Parameters
    ----------
    plugins : str
        What is heard of plug-ins in them, one of `mixengine.hosts.host.PLUGINS`.
    hear : callable
    depth : int ≥ 0
        How many projects lie around this one.
    """
    paths = {clip.source.path for track in session.tracks for clip in track.clips if _is_one(clip)}
    if not paths or depth >= _MAX_DEPTH:
        return session
    done = {path: _rendered(path, plugins, hear, depth) for path in sorted(paths)}
    tracks = tuple(_with_files(track, done) for track in session.tracks)
    names = [Path(path).name for path, each in done.items() if each.file]
    lines = [f"sub-projects as mixengine's mixer renders them: {name_list(names, _MAX_NAMES)}"] if names else []
    lines += [line for each in done.values() for line in each.notes]
    return replace(session, tracks=tracks, notes=(*session.notes, *lines))


def _is_one(clip: Clip) -> bool:
    return clip.source.kind == KIND and not clip.mute and os.path.isfile(clip.source.path)


def _with_files(track: Track, done: dict[str, _Rendered]) -> Track:
    def audio(clip: Clip) -> Clip:
        file = done[clip.source.path].file if _is_one(clip) else ""
        return replace(clip, source=replace(clip.source, path=file, kind="audio")) if file else clip

    return replace(track, clips=tuple(map(audio, track.clips)))


def _rendered(path: str, plugins: str, hear: Hear, depth: int) -> _Rendered:
    from mixengine.audio.files import UnreadableAudio
    from mixengine.hosts import stems as store
    from mixengine.jobs.render.bounds import bounds
    from mixengine.jobs.render.settings import RenderSettings
    from mixengine.mixer import routing, unsupported

    name = Path(path).name
    try:
        host = hosts.open_files(path)
        host.plugins = plugins
        session, lost = unsupported.readable(hear(host, depth + 1))
    except UserError as error:
        return _Rendered("", (f"sub-project {error}",))
    graph, span = routing.graph(session), bounds(session, RenderSettings())
    if not graph.playing or span.end_s <= span.start_s:
        return _Rendered("", (f"sub-project {name}: nothing in it sounds that mixengine can render",))
    gone = [f"{each.track}: {'; '.join(each.what)}" for each in unsupported.unsupported(session, graph)]
    notes = tuple(f"in sub-project {name} not heard of {line}" for line in [*gone, *lost.values()])
    target = store.place_of(_key(path, session, plugins), Path(path).stem, 0)
    if not target.is_file():
        try:
            _write(session, span.start_s, span.end_s, target)
        except UnreadableAudio as error:
            return _Rendered("", (f"sub-project {name}: {error}",))
    store.keep([target])
    return _Rendered(str(target), notes)


def _key(path: str, session: Session, plugins: str) -> str:
    """Of the project's own text and the files that it plays, those that were rendered for it included."""
    media = sorted({clip.source.path for track in session.tracks for clip in track.audio_clips})
    stamps = [(file, os.stat(file).st_size, os.stat(file).st_mtime_ns) for file in media]
    text = repr((_VERSION, plugins, session.sample_rate, stamps)).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text + Path(path).read_bytes(), digest_size=16).hexdigest()


def _write(session: Session, start_s: float, end_s: float, target: Path) -> None:
    from mixengine.audio.writing import write_whole
    from mixengine.mixer import routing
    from mixengine.mixer.engine import Engine

    engine = Engine(session, routing.graph(session), start_s=start_s, end_s=end_s)
    write_whole(target, session.sample_rate, (block for block, _ in engine.blocks()))
