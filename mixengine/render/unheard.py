"""What a session asks for and mixengine does not render, track by track: nothing is dropped in silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePath

from mixengine.audio.files import AudioFile, UnreadableAudio
from mixengine.render.effects import kind_of
from mixengine.render.routing import Graph
from mixengine.session import Clip, Effect, Session

_SILENT = {
    "midi": "MIDI item",
    "click": "click item",
    "video": "video item",
    "subproject": "sub-project",
    "timecode": "timecode item",
}


@dataclass(frozen=True, slots=True)
class Unheard:
    """What is missing of one track (or the master), in words."""

    id: str
    track: str
    what: tuple[str, ...]


def unheard(session: Session, graph: Graph) -> list[Unheard]:
    """Everything that is not rendered of the tracks that are not muted, in mixer order, the master last."""
    found = []
    for track in session.tracks:
        if track.mute or any(folder.mute for folder in session.ancestors(track)):
            continue
        effects = _effects(track.effects if track.effects_on else ())
        what = [*_clips(track.clips), *effects, *track.notes, *graph.unheard.get(track.id, ())]
        if what:
            found.append(Unheard(track.id, track.name, tuple(what)))
    if missing := _effects(session.master_effects):
        found.append(Unheard("", "master", tuple(missing)))
    return found


def readable(session: Session) -> tuple[Session, list[str]]:
    """The session without clips whose files cannot be opened, and one line for each such file."""
    bad: dict[str, str] = {}
    for path in dict.fromkeys(clip.source.path for track in session.tracks for clip in track.audio_clips):
        try:
            AudioFile(path).close()
        except UnreadableAudio as error:
            bad[path] = str(error)
    if not bad:
        return session, []

    def marked(clip: Clip) -> Clip:
        kind = "damaged" if clip.source.path in bad else clip.source.kind
        return replace(clip, source=replace(clip.source, kind=kind))

    tracks = tuple(replace(track, clips=tuple(map(marked, track.clips))) for track in session.tracks)
    return replace(session, tracks=tracks), list(bad.values())


def _clips(clips: Iterable[Clip]) -> list[str]:
    """Items that are no readable audio, and what items ask for besides."""
    counts: Counter[str] = Counter()
    for clip in clips:
        if clip.mute:
            continue
        kind = clip.source.kind
        if kind in _SILENT:
            counts[_SILENT[kind]] += 1
        elif kind not in ("audio", "empty"):
            counts[f"{kind} file {PurePath(clip.source.path.replace(chr(92), '/')).name}"] += 1
        if kind == "audio":
            counts.update(clip.notes)
    return [what if count == 1 else f"{count} x {what}" for what, count in counts.items()]


def _effects(effects: Iterable[Effect]) -> list[str]:
    """Effects that are not rendered, and settings of ours that are rendered in another way."""
    found = []
    for effect in effects:
        if effect.bypassed:
            continue
        kind = kind_of(effect)
        if kind is None:
            found.append(f"effect {effect.name}")
        else:
            found += [f"effect {effect.name} '{effect.label}': {what}" for what in kind.differs(effect)]
    return found
