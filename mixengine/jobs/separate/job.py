"""The job ``separate``: parts of items on new tracks, or the speech alone as a new take.

Decides which items, by which model, into which files; nothing is computed yet. Each part goes to a child track of the
item's own track, named after the part, where it stands as the item stood, with its fades; the item is muted. The files
are in ``mixengine/`` beside the project, at the session's rate, and their names carry a digest of sound and model, so
that the same wish finds what is there already. `mixengine.jobs.separate.audio` computes them.
"""

from __future__ import annotations

import uuid
from dataclasses import asdict, replace
from pathlib import Path

from mixengine.analysis import cache
from mixengine.audio.files import AudioFile, UnreadableAudio
from mixengine.jobs.separate import files
from mixengine.jobs.separate.details import ItemRow, SeparateDetails
from mixengine.jobs.separate.repaired import wish_of
from mixengine.jobs.separate.settings import SeparateSettings
from mixengine.model.plan import Change, MixPlan, MuteClip, NewClip, NewTake, NewTrack
from mixengine.model.selection import find
from mixengine.model.session import Clip, Fade, Session, Track
from mixengine.model.settings import SettingError, SettingName
from mixengine.separation_models.model import Model
from mixengine.separation_models.scenarios import check_choice, select_model
from mixengine.system import file_names
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress, no_progress

FOLDER = "mixengine"
DIALOGUE = ("speech", "vocals")
"""Stems that are speech, the first that a model makes counts."""
_HANDLE_S = 0.05
"""What stretches or resamples a take reads a little beyond its end."""
_NAMESPACE = uuid.UUID("0f6a3f0e-5a0c-5b0b-8c55-9d2f64b1f2a7")


def plan(session: Session, settings: SeparateSettings, progress: Progress = no_progress) -> MixPlan:
    """Decide what becomes of the selected items, or of all items of ``settings.tracks``.

    Raises
    ------
    UserError
        Nothing is selected, a track or a model is unknown, weights are missing, or a file cannot be read.
    """
    progress(0, 1, "looking at the items")
    check_settings(settings)
    items, skipped = _items(session, settings)
    model, note = select_model(settings.model, settings.scenario, settings.model_dir)
    parts = [_dialogue(model, settings)] if settings.take else _parts(model, settings)
    rows = [_row(session, track, clip, model, parts, settings) for track, clip in items]
    if settings.take:
        rows, standing = _without_standing(session, rows)
        skipped = [*skipped, *standing]
    changes = [change for row in rows for change in (_take(row) if settings.take else _tracks(session, row))]
    progress(1, 1, "decided")
    name = ":".join(word for word in (model.name, model.variant) if word)
    return MixPlan(
        job="separate",
        session=session.name,
        source=session.path,
        settings=asdict(settings),
        changes=tuple(dict.fromkeys(changes)),
        details=SeparateDetails(name, settings.take, tuple(rows)),
        notes=(*session.notes, *([note] if note else []), *model.remarks, *skipped),
    )


def check_settings(settings: SeparateSettings) -> None:
    """Refuse models that there are not, and settings that do not go together."""
    check_blend(settings.blend)
    if settings.repairs and not settings.take:
        raise SettingError(SettingName("repair"), " is for new takes: add ", SettingName("take"))
    check_choice(settings.model, settings.scenario)


def check_blend(blend: float) -> None:
    """Refuse shares outside 0 … 1."""
    if not 0.0 <= blend <= 1.0:
        raise SettingError(SettingName("blend"), f" {blend:g} is outside [0, 1]: 0 as it was, 1 the part alone")


def bare(clip: Clip, *, take: bool) -> Clip:
    """What is separated of a clip: without its fades, which the new clip gets; for a take only its source.

    The source of a take is what it reads of its file, by its channel mode. Its rate is in the new file where it only
    resamples. A take that is stretched or shifted in pitch is read at the file's own speed, one with stretch markers
    whole: the new take is stretched by REAPER as the old one is.
    """
    clip = replace(original(clip) if take else clip, fade_in=Fade(), fade_out=Fade(), mute=False, behind=None)
    if not take:
        return clip
    clip = replace(clip, gain_db=0.0, pan=0.0, inverted=False, automation=())
    if clip.stretch_markers:
        return replace(clip, rate=1.0, offset_s=0.0, length_s=_source_length_s(clip), loop=False)
    return clip if clip.resampled else replace(clip, rate=1.0, length_s=clip.length_s * clip.rate + _HANDLE_S)


def _source_length_s(clip: Clip) -> float:
    try:
        file = AudioFile(clip.source.path)
    except UnreadableAudio as error:
        raise UserError(str(error)) from None
    file.close()
    rest_s = max(file.frames / file.rate - clip.source.start_s, 0.0)
    return rest_s if clip.source.length_s is None else min(clip.source.length_s, rest_s)


def _items(session: Session, settings: SeparateSettings) -> tuple[list[tuple[Track, Clip]], list[str]]:
    tracks = [find(session, name) for name in settings.tracks] or list(session.tracks)
    candidates = [
        (track, clip)
        for track in tracks
        for clip in track.clips
        if (settings.tracks or clip.selected) and clip.beside in ("", clip.id)
    ]
    if not candidates:
        where = "these tracks hold no items" if settings.tracks else "no item is selected"
        # files of a folder cannot be selected
        how = "" if Path(session.path).is_dir() else "select items in REAPER and save, or "
        raise SettingError(f"{session.path}: {where}; {how}name a track with ", SettingName("tracks"))
    notes = [
        f"{_where(track, clip)}: {why}: left as it is" for track, clip in candidates if (why := _why_not(track, clip))
    ]
    usable = [(track, clip) for track, clip in candidates if not _why_not(track, clip)]
    if not usable:
        raise UserError(f"{session.path}: {notes[0]}")
    notes += [f"{_where(track, clip)}: {note}" for track, clip in usable for note in original(clip).notes]
    return usable, notes


def _where(track: Track, clip: Clip) -> str:
    return f"'{clip.name or track.name}' at {clip.position_s:.2f} s"


def _why_not(track: Track, clip: Clip) -> str:
    if track.locked:
        return "its track is locked"
    if clip.mute:
        return "it is muted"
    if clip.source.kind != "audio":
        return "its file is missing" if clip.source.kind == "missing" else f"it is no audio but {clip.source.kind}"
    if clip.beside:
        return "all its takes sound at once, and what is made of one would sound beside the others (play one take)"
    return "" if clip.length_s > 0 else "it is empty"


def original(clip: Clip) -> Clip:
    """The clip with the take that was active before ours, so that our own output is never processed again."""
    while clip.behind is not None and Path(clip.source.path).parent.name == FOLDER:
        clip = clip.behind
    return clip


def _without_standing(session: Session, rows: list[ItemRow]) -> tuple[list[ItemRow], list[str]]:
    """Rows whose take is not the active one of its item already, and a note about each of the others."""
    active = {clip.id: Path(clip.source.path).name for track in session.tracks for clip in track.clips}
    new = [row for row in rows if active[row.clip] not in {Path(file).name for file in row.files.values()}]
    notes = [f"'{row.name}': its take is there already" for row in rows if row not in new]
    return new, notes


def _parts(model: Model, settings: SeparateSettings) -> list[str]:
    return files.stem_and_file_names(model, settings.stems, settings.two_stems, settings.residual)[1]


def _dialogue(model: Model, settings: SeparateSettings) -> str:
    if settings.two_stems or len(settings.stems) > 1:
        take, stems = SettingName("take"), SettingName("stems")
        raise SettingError(take, ": one part becomes the take; name it with ", stems, ", or leave it to the model")
    for name in settings.stems:
        return files.stem_and_file_names(model, (name,), None, False)[0][0]
    speech = next((name for name in DIALOGUE if name in model.stems), None)
    if speech is None:
        words = f"{model.name} makes {', '.join(model.stems)} and no speech: name one of them with "
        raise SettingError(words, SettingName("stems"))
    return speech


def _row(
    session: Session, track: Track, clip: Clip, model: Model, parts: list[str], settings: SeparateSettings
) -> ItemRow:
    sound = replace(track, clips=(bare(clip, take=settings.take),), automation=(), inverted=False, channels=2)
    how: tuple[object, ...] = (model.name, model.variant, model.stems, parts, session.sample_rate, settings.blend)
    if settings.take:
        how += (settings.floor_db, settings.keep_music, settings.voice)
        how += (settings.repairs, asdict(wish_of(asdict(settings)))) if settings.repairs else ()
    digest = cache.track_digest(sound, *how)
    if digest is None:
        raise UserError(f"{clip.source.path}: cannot be read")
    played = original(clip) if settings.take else clip
    label = played.name or track.name
    stem = file_names.safe(label.rsplit(".", 1)[0] if "." in label else label)
    return ItemRow(
        track=track.id,
        track_name=track.name,
        channels=track.channels,
        clip=clip.id,
        name=label,
        position_s=clip.position_s,
        length_s=clip.length_s,
        fades=(clip.fade_in, clip.fade_out),
        files={part: f"{FOLDER}/{stem} {part} {digest[:8]}.wav" for part in parts},
        by=model.name,
        offset_s=played.offset_s if played.stretch_markers else 0.0,
        rate=played.rate if played.stretch_markers or not played.resampled else 1.0,
    )


def _take(row: ItemRow) -> list[Change]:
    [(part, file)] = row.files.items()
    reason = f"{part} of '{row.name}' by {row.by}"
    name = f"{row.name} ({part})"
    guid = _guid(row.clip, file)
    return [NewTake(row.track, row.clip, guid, file, name, row.offset_s, reason=reason, rate=row.rate)]


def _tracks(session: Session, row: ItemRow) -> list[Change]:
    standing = {track.id: {clip.id for clip in track.clips} for track in session.tracks}
    tracks: list[Change] = []
    clips: list[Change] = []
    for part, file in row.files.items():
        child, clip = _guid(row.track, part), _guid(row.clip, file)
        if child not in standing:
            reason = f"for what {row.by} finds on '{row.track_name}'"
            tracks.append(NewTrack(child, part, row.track, channels=row.channels, reason=reason))
        if clip not in standing.get(child, ()):
            clips.append(
                NewClip(
                    child,
                    clip,
                    file,
                    row.position_s,
                    row.length_s,
                    name=f"{row.name} ({part})",
                    fade_in=row.fades[0],
                    fade_out=row.fades[1],
                    reason=f"{part} of '{row.name}' by {row.by}",
                )
            )
    mute = MuteClip(row.track, row.clip, False, True, reason="its parts play in its place")
    return [*tracks, *clips, mute]


def _guid(*names: str) -> str:
    """An id in REAPER's form, the same for the same names."""
    return "{" + str(uuid.uuid5(_NAMESPACE, "\x1f".join(names))).upper() + "}"
