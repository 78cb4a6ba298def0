"""The mix of a session, or an audio file, as a finished file at a target's loudness, into a staging folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from mixengine.audio.files import AudioFile, UnreadableAudio
from mixengine.jobs.render import dialogue, encode, files, pictures, silenced, tags
from mixengine.jobs.render.bounds import bounds
from mixengine.jobs.render.export import Rendered, RenderedFile, session_notes, stem_notes
from mixengine.jobs.render.finish import finish
from mixengine.jobs.render.settings import RenderSettings
from mixengine.jobs.render.spool import BLOCK_FRAMES, Spool, gather
from mixengine.jobs.render.tags import Tags
from mixengine.mixer import routing, unsupported
from mixengine.mixer.engine import Engine
from mixengine.model import delivery, selection
from mixengine.model.delivery import DIALOGUE, Target
from mixengine.model.session import Session
from mixengine.model.settings import SettingError, SettingName, parts
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress, no_progress
from mixengine.system.staging import Staging

_PROGRESS_EVERY_S = 0.1


def resolved(settings: RenderSettings, suffix_format: str = "") -> tuple[RenderSettings, Target]:
    """The target, and settings whose format is decided: the user's, that of the file's name, the target's, or WAV.

    Raises
    ------
    UserError
        There is no such target, or a picture for a file that holds none.
    """
    assert settings.target is not None
    target = delivery.parse(settings.target, settings.ceiling_dbtp)
    form = settings.format or suffix_format or target.format or "wav"
    if settings.art is not None and form not in pictures.FORMATS:
        words = f": a {form} file holds no picture: add "
        raise SettingError(SettingName("art"), words, SettingName("format"), " mp3, aac, opus or flac")
    return replace(settings, format=form), target


def check_settings(settings: RenderSettings) -> None:
    """Refuse targets that there are not, and pictures in files that hold none."""
    if settings.target is not None:
        resolved(settings)


def session_spool(
    session: Session, settings: RenderSettings, target: Target, progress: Progress
) -> tuple[Spool, Engine, list[str]]:
    """The mix of a session as a spool, its engine, and notes about it.

    Raises
    ------
    UserError
        Nothing sounds, or a file breaks off.
    """
    session, damaged = unsupported.readable(session)
    graph = routing.graph(session)
    span = bounds(session, settings)
    if not graph.playing:
        raise UserError(f"{session.path}: nothing sounds that mixengine can render{selection.why_silent(session)}")
    engine = Engine(session, graph, start_s=span.start_s, end_s=span.end_s)
    if not engine.length:
        raise UserError(f"{session.path}: there is nothing between {span.start_s:g} s and {span.end_s:g} s")
    rate = encode.rate_for(settings.file_format, target.rate or session.sample_rate)
    tick = _ticker(progress, engine.length, session.sample_rate)
    try:
        blocks = (mix for mix, _ in engine.blocks())
        spool = gather(blocks, session.sample_rate, 2, rate, target.max_channels, tick)
    except UnreadableAudio as error:
        raise UserError(f"{error}; nothing was written; mute that item or replace the file") from None
    marked = [span.note] if span.note else []
    notes = [*session_notes(session), *stem_notes(engine, with_stems=False), *silenced.notes(engine)]
    return spool, engine, [*session.notes, *damaged.values(), *marked, *notes]


def speech_of(session: Session, settings: RenderSettings, target: Target) -> tuple[np.ndarray, str] | None:
    """When somebody speaks on the tracks that are named as speech, and on which; ``None`` where it is not needed."""
    if target.measure != DIALOGUE or not (tracks := dialogue.speech_tracks(session)):
        return None
    span = bounds(session, settings)
    names = ", ".join(track.name for track in tracks)
    return dialogue.on_tracks(session, tracks, span.start_s, span.end_s), f"the tracks {names}"


def mix_to_staging(
    session: Session, settings: RenderSettings, stage: Staging, mix_name: str, progress: Progress = no_progress
) -> Rendered:
    """The mix of a session at the settings' target, as ``mix_name``; the caller commits.

    Raises
    ------
    UserError
        Nothing sounds, or the target cannot be reached sanely.
    """
    started = time.monotonic()
    settings, target = resolved(settings, files.format_of(mix_name))
    spool, engine, notes = session_spool(session, settings, target, progress)
    with spool:
        span, speech = bounds(session, settings), speech_of(session, settings, target)
        file_tags = Tags(
            settings.title or session.name,
            settings.artist,
            settings.album,
            pictures.read(settings.art) if settings.art else b"",
            tags.chapters(session, span.start_s, span.end_s),
            span.start_s,
        )
        done = Rendered(session.path, spool.rate, spool.duration_s, notes=notes)
        done.unheard = unsupported.unsupported(session, engine.graph)
        _finish(done, spool, target, settings, stage, session.name, mix_name, file_tags, progress, speech)
    done.seconds = time.monotonic() - started
    progress(1, 1, "rendered")
    return done


def file_to_staging(
    path: Path, settings: RenderSettings, stage: Staging, name: str, progress: Progress = no_progress
) -> Rendered:
    """The same of an audio file, with all its channels.

    Raises
    ------
    UserError
        The file cannot be read, or the target cannot be reached sanely.
    """
    started = time.monotonic()
    settings, target = resolved(settings, files.format_of(name))
    try:
        spool, notes = file_spool(path, settings, target, progress)
    except UnreadableAudio as error:
        raise UserError(str(error)) from None
    with spool:
        art = pictures.read(settings.art) if settings.art else b""
        file_tags = Tags(settings.title or path.stem, settings.artist, settings.album, art)
        done = Rendered(str(path), spool.rate, spool.duration_s, notes=notes)
        _finish(done, spool, target, settings, stage, path.stem, name, file_tags, progress, None)
    done.seconds = time.monotonic() - started
    progress(1, 1, "rendered")
    return done


def file_spool(path: Path, settings: RenderSettings, target: Target, progress: Progress) -> tuple[Spool, list[str]]:
    """An audio file as a spool, and notes about it."""
    file = AudioFile(str(path))
    try:
        if settings.stems or settings.start_s is not None or settings.end_s is not None:
            stems, start, end = map(SettingName, ("stems", "start_s", "end_s"))
            raise SettingError(f"{path}: is a finished file: ", stems, ", ", start, " and ", end, " are for sessions")
        rate = encode.rate_for(settings.file_format, target.rate or file.rate)
        tick = _ticker(progress, file.frames, file.rate)
        spool = gather(_read(file), file.rate, file.channels, rate, target.max_channels, tick)
        bad = [silenced.in_words(file.silenced, file.silenced_at / file.rate)] if file.silenced else []
        return spool, [*file.notes, *bad]
    finally:
        file.close()


def _read(file: AudioFile) -> Iterator[np.ndarray]:
    for at in range(0, file.frames, BLOCK_FRAMES):
        yield file.read(at, min(BLOCK_FRAMES, file.frames - at))


def _ticker(progress: Progress, frames: int, rate: int) -> Callable[[int], None]:
    last_shown = 0.0

    def tick(at: int) -> None:
        nonlocal last_shown
        if (now := time.monotonic()) - last_shown > _PROGRESS_EVERY_S:
            last_shown = now
            progress(at // rate, max(frames // rate, 1), "rendering")

    return tick


def _finish(
    done: Rendered,
    spool: Spool,
    target: Target,
    settings: RenderSettings,
    stage: Staging,
    name: str,
    file_name: str,
    file_tags: Tags,
    progress: Progress,
    speech: tuple[np.ndarray, str] | None,
) -> None:
    path = stage.path(file_name)
    try:
        written = finish(spool, target, settings, path, file_tags, progress, speech)
    except UserError as error:
        raise SettingError(f"{done.session}: ", *parts(error)) from None
    done.finished, done.curves = written.result, written.curves
    done.notes += [*written.notes, *_other_than_asked(target, settings), *_left_out(settings, file_tags)]
    done.written = [RenderedFile("mix", name, file_name, (), written.peak_dbfs, written.clipped)]


def _other_than_asked(target: Target, settings: RenderSettings) -> list[str]:
    """What the target asks of a file that the user's settings make another."""
    notes = []
    if target.format and target.format != settings.file_format:
        notes.append(f"{target.title} asks for {target.format}; this is {settings.file_format}")
    if target.bits and settings.file_format in files.EXACT and target.bits != settings.bits:
        notes.append(f"{target.title} asks for {target.bits} bits; this has {settings.bits}")
    return notes


def _left_out(settings: RenderSettings, file_tags: Tags) -> list[str]:
    """What was asked for and has no place in this kind of file."""
    notes = []
    form = settings.file_format
    if form not in files.EXACT and settings.bits != RenderSettings().bits:
        notes.append(f"bits {settings.bits}: left out, {form} has no bits per sample")
    if form == "aac" and file_tags.chapters and not encode.takes_chapters():
        notes.append("no chapters are in this AAC file: this PyAV cannot write them (pip install -U av)")
    return notes
