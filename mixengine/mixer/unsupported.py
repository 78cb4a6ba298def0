"""Content and settings of a session that are not rendered, track by track, so that nothing is dropped silently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import PurePath

from mixengine.audio.clip_reader import channel_picks, is_whole
from mixengine.audio.files import AudioFile, UnreadableAudio, sample_rate
from mixengine.audio.resample_modes import COMPARED_MODES, POINTS
from mixengine.audio.timeline import MAX_HEARD_CHANNELS
from mixengine.mixer.effects import kind_of, plays_notes
from mixengine.mixer.routing import Graph
from mixengine.model import signal_path, unheard
from mixengine.model.session import Clip, Effect, Session

_SILENT = {
    "midi": "MIDI item",
    "click": "click item",
    "video": "video item",
    "subproject": "sub-project",
    "timecode": "timecode item",
}

CHANNELS = MAX_HEARD_CHANNELS
"""Of everything that is rendered."""


@dataclass(frozen=True, slots=True)
class Unsupported:
    """What is not rendered of one track (or the master), in words."""

    id: str
    track: str
    what: tuple[str, ...]


def unsupported(session: Session, graph: Graph) -> list[Unsupported]:
    """Everything that is not rendered of the tracks that are not muted, in mixer order, the master last."""
    entries = []
    lost = {track.id for track in unheard.without_way(session)}
    for track in session.tracks:
        if signal_path.is_muted(session, track):
            continue
        effects = _effects(track.effects if track.effects_on else (), session.sample_rate)
        silent = _SILENT.keys() - {"midi"} if plays_notes(track) else _SILENT.keys()
        what = [*_clips(track.clips, silent), *effects, *track.notes, *graph.unsupported.get(track.id, ())]
        if track.id in lost:
            what.append(f"{unheard.NO_WAY}: silent")
        if what:
            entries.append(Unsupported(track.id, track.name, tuple(what)))
    if missing := _effects(session.master_effects if session.master_effects_on else (), session.sample_rate):
        entries.append(Unsupported("", "master", tuple(missing)))
    return entries


def readable(session: Session) -> tuple[Session, dict[str, str]]:
    """The session without clips whose files cannot be opened, and for each such file the reason in words.

    Clips that are wider than stereo get a note that says which of their channels are left out.
    """
    bad: dict[str, str] = {}
    widths: dict[str, int] = {}
    for path in dict.fromkeys(clip.source.path for track in session.tracks for clip in track.audio_clips):
        try:
            file = AudioFile(path)
        except UnreadableAudio as error:
            bad[path] = str(error)
        else:
            widths[path] = file.channels
            file.close()

    def marked(clip: Clip) -> Clip:
        if clip.source.path in bad:
            return replace(clip, source=replace(clip.source, kind="damaged"))
        wide = len(channel_picks(clip.channel_mode, widths.get(clip.source.path, 1)))
        if wide <= CHANNELS:
            return clip
        return replace(clip, notes=(*clip.notes, f"channels 3 to {wide} of {_file_name(clip)}"))

    tracks = tuple(replace(track, clips=tuple(map(marked, track.clips))) for track in session.tracks)
    return replace(session, tracks=tracks), bad


def resampling(session: Session) -> list[str]:
    """A note where items are resampled in a mode of which REAPER's way is not known."""
    mode = session.resample_mode
    if mode in COMPARED_MODES or not any(
        _is_resampled(clip, session) for t in session.tracks for clip in t.audio_clips
    ):
        return []
    if mode in POINTS:
        return [
            f"items are resampled in REAPER's mode {mode}: a sinc over {POINTS[mode]} frames, not compared with REAPER"
        ]
    return [f"items are resampled as in REAPER's default mode, not in mode {mode}, which the project renders with"]


def _is_resampled(clip: Clip, session: Session) -> bool:
    rate = sample_rate(clip.source.path)
    return rate is not None and not is_whole(clip.rate * rate / session.sample_rate)


def _clips(clips: Iterable[Clip], silent: Collection[str]) -> list[str]:
    """Items without readable audio (``silent`` kinds, lost files), and item settings that are not rendered."""
    counts: Counter[str] = Counter()
    sounding = [clip for clip in clips if not clip.mute]
    for clip in sounding:
        kind = clip.source.kind
        if kind in silent:
            counts[_SILENT[kind]] += 1
        elif kind not in ("audio", "empty", *_SILENT):
            counts[f"{kind} file {_file_name(clip)}{_why(clip)}"] += 1
    notes = unheard.by_note(clip for clip in sounding if clip.source.kind == "audio")
    lines = [what if count == 1 else f"{count} x {what}" for what, count in counts.items()]
    return lines + [f"{note}: {unheard.item_list(items)}" for note, items in notes.items()]


def _why(clip: Clip) -> str:
    """Why a damaged file cannot be read."""
    reasons = clip.notes if clip.source.kind == "damaged" else ()
    return "".join(f": {reason.removeprefix(f'{clip.source.path}: ')}" for reason in reasons)


def _file_name(clip: Clip) -> str:
    return PurePath(clip.source.path.replace("\\", "/")).name


def _effects(effects: Iterable[Effect], rate: int) -> list[str]:
    """Effects that are not rendered, and settings of others that are not heard, or without knowing REAPER's way."""
    lines = []
    for effect in effects:
        if effect.bypassed:
            continue
        kind = kind_of(effect)
        if kind is None:
            lines.append(f"effect {effect.name}")
        elif problem := kind.problem(effect) or kind.problem_at(effect, rate):
            lines.append(f"{_effect_name(effect)}: {problem}")
        else:
            lines += [f"{_effect_name(effect)}: {what}" for what in kind.differs(effect)]
    return lines


def _effect_name(effect: Effect) -> str:
    return f"effect {effect.name} '{effect.label}'" if effect.label else f"effect {effect.name}"
