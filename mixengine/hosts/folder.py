"""A folder of audio files as a session: one track per file or pair of files, sub-folders are groups.

Ids are derived from the files' paths inside the folder, and the same ids stand in the project that is written, so
that a plan made from the folder applies to the project too. What REAPER does not read on every system is written
beside that project as WAV.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from mixengine.audio.files import VIDEO, AudioFile
from mixengine.audio.timeline import BLOCK_FRAMES
from mixengine.audio.writing import write_block
from mixengine.hosts.folder_files import MEDIA_MARK, OUTPUT_MARK, audio_root, listing, other_files
from mixengine.hosts.folder_mixes import mixes
from mixengine.hosts.folder_tracks import AudioInput, FolderOptions, rates, read_tracks
from mixengine.hosts.on_disk import OnDisk
from mixengine.hosts.rpp import new
from mixengine.hosts.rpp.media_check import media_notes
from mixengine.hosts.rpp.project import Project
from mixengine.model.inputs import InputFile
from mixengine.model.plan import MixPlan
from mixengine.model.roles import role_of
from mixengine.model.session import Session, Track
from mixengine.system.errors import UserError
from mixengine.system.staging import Staging

__all__ = ["OUTPUT_MARK", "Folder", "FolderOptions", "audio_root", "read", "songs"]

MEDIA = "media"
"""Folder beside a project with decoded copies of what REAPER does not read everywhere."""
_MAX_NAMES = 4
_FALLBACK_RATE = 44100


class Folder(OnDisk):
    """A folder of audio; what is written is a new project that plays its files."""

    def __init__(self, path: Path, options: FolderOptions | None = None) -> None:
        self.path = path
        self.options = options or FolderOptions()
        self._session: Session | None = None
        self._inputs: tuple[InputFile, ...] = ()
        self._copies: dict[str, str] = {}

    @property
    def session(self) -> Session:
        """The session as it was read."""
        if self._session is None:
            self._session, self._inputs, self._copies = _read(self.path, self.options)
        return self._session

    @property
    def inputs(self) -> tuple[InputFile, ...]:
        """Every file of the folder: used, joined, or left out with a reason."""
        _ = self.session
        return self._inputs

    @property
    def earlier_plan(self) -> MixPlan | None:
        """Always ``None``: a folder keeps no earlier plan."""
        return None

    def project_at(self, target: Path) -> Project:
        """A new project for ``target``, with the paths of the files as they must be there."""
        session = self.session
        tracks = tuple(self._playing_copies(track, target.parent) for track in session.tracks)
        return Project(new.project(replace(session, tracks=tracks), target.parent), target)

    def _playing_copies(self, track: Track, folder: Path) -> Track:
        clips = tuple(
            replace(clip, source=replace(clip.source, path=str(folder.resolve() / self._copies[clip.source.path])))
            if clip.source.path in self._copies
            else clip
            for clip in track.clips
        )
        return replace(track, clips=clips)

    def stage_media(self, stage: Staging) -> None:
        """Write the decoded copies that the project plays."""
        for path, name in self._copies.items():
            _write_copy(path, stage.path(name))
        if self._copies:
            stage.path(f"{MEDIA}/{MEDIA_MARK}").write_text("Copies of files that REAPER does not read everywhere.\n")

    def write_media(self, folder: Path) -> list[str]:
        """Write the decoded copies at once; returns what stood in their places and was kept."""
        _ = self.session
        if not self._copies:
            return []
        with Staging(folder) as stage:
            self.stage_media(stage)
            stage.commit()
        return stage.notes


def _write_copy(path: str, target: Path) -> None:
    """A file as WAV: 24 bit, or 32-bit float where it passes full scale."""
    file = AudioFile(path)
    try:
        peak = 0.0
        for at in range(0, file.frames, BLOCK_FRAMES):
            peak = max(peak, float(np.abs(file.read(at, min(BLOCK_FRAMES, file.frames - at))).max(initial=0.0)))
        subtype = "PCM_24" if peak <= 1.0 else "FLOAT"
        kind = "RF64" if file.frames * file.channels * 4 > 4_000_000_000 else "WAV"
        with soundfile.SoundFile(target, "w", file.rate, file.channels, subtype, format=kind) as out:
            for at in range(0, file.frames, BLOCK_FRAMES):
                write_block(out, file.read(at, min(BLOCK_FRAMES, file.frames - at)))
    finally:
        file.close()


def read(root: Path, options: FolderOptions | None = None) -> Session:
    """Read a folder; `UserError` when it holds no audio file."""
    return _read(root, options or FolderOptions())[0]


def _read(root: Path, options: FolderOptions) -> tuple[Session, tuple[InputFile, ...], dict[str, str]]:
    """The session, every file, and path → name of the copy for files that need one."""
    root = Path(os.path.abspath(root))
    place = audio_root(root)
    content = read_tracks(place, options)
    if not any(track.clips for track in content.tracks):
        silent = [entry.file for entry in content.inputs]
        raise UserError(
            f"{root}: no audio files (WAV, AIFF, FLAC, MP3, M4A, Ogg, films with sound, …) in this folder"
            + (f"; {silent[0]}: {content.inputs[0].reason}" if silent else "")
        )
    commonest = rates(content.files)
    rate = max(commonest, key=lambda rate: (commonest[rate], rate), default=_FALLBACK_RATE)
    session = Session(name=root.name, path=str(root), sample_rate=rate, tracks=tuple(content.tracks))
    left_out = mixes(session)
    tracks = tuple(replace(track, mute=True) if track.id in left_out else track for track in session.tracks)
    below = "" if place == root else f"{place.name}/"
    inputs = [_with_mix(entry, session, left_out) for entry in content.inputs]
    inputs = [replace(entry, file=below + entry.file) for entry in inputs]
    inputs += [InputFile(path.relative_to(root).as_posix(), "", why) for path, why in other_files(place)]
    copies = {str(entry.path): _copy_name(entry) for entry in content.files if _needs_copy(entry)}
    notes = [*_names(tracks), *content.notes, *_said(place, root, copies)]
    notes += [f"{session.track(key).name}: left out (muted): {why}" for key, why in left_out.items()]
    notes += [f"{entry.file}: left out: {entry.reason}" for entry in inputs if entry.reason == "a film without sound"]
    notes += media_notes(tracks)
    session = replace(session, tracks=tracks, notes=tuple(notes))
    return session, tuple(sorted(inputs, key=lambda entry: entry.file)), copies


def _names(tracks: tuple[Track, ...]) -> list[str]:
    odd = [track.name for track in tracks for clip in track.clips if not _nameable(clip.source.path)]
    return [f"{name!r}: a project cannot name this file: rename it (no line end, no three quotes)" for name in odd]


def _nameable(path: str) -> bool:
    """Whether a project file can hold a path: on one line, in a quote that it does not contain."""
    return not any(char in path for char in "\r\n\0") and not all(mark in path for mark in "\"'`")


def _with_mix(entry: InputFile, session: Session, left_out: dict[str, str]) -> InputFile:
    for key, why in left_out.items():
        if entry.used_as == f"track '{session.track(key).name}'":
            return replace(entry, used_as=f"{entry.used_as} (muted)", reason=why)
    return entry


def _needs_copy(entry: AudioInput) -> bool:
    return not entry.problem and not entry.is_plain


def _copy_name(entry: AudioInput) -> str:
    return f"{MEDIA}/{entry.inside}.wav"


def _said(place: Path, root: Path, copies: dict[str, str]) -> list[str]:
    """What was done with the folder as a whole."""
    notes = []
    if place != root:
        notes.append(f"a folder that Pro Tools exported: the session is what is in '{place.name}'")
    if copies:
        names = [Path(path).name for path in copies]
        listed = ", ".join(names[:_MAX_NAMES]) + (" …" if len(names) > _MAX_NAMES else "")
        notes.append(f"not every REAPER reads {listed}: a project gets decoded copies, in {MEDIA}/ beside it")
    return notes


def songs(root: Path, *, any_names: bool = False) -> list[Path] | None:
    """The songs of a folder that is a batch, else ``None``.

    A batch holds no audio itself but folders that do, and most of those are not named after instruments or voices
    (``drums``, ``strings``): such folders are groups of one session. ``any_names`` leaves the names out of it.
    """
    here = listing(root)
    sounds = [path for path in here.files if path.suffix.lower() not in VIDEO]
    holding = [folder for folder in here.folders if _holds_audio(folder)]
    if sounds or not holding or audio_root(root) != root:
        return None
    groups = sum(role_of(folder.name) is not None for folder in holding)
    return None if 2 * groups >= len(holding) and not any_names else holding


def _holds_audio(folder: Path) -> bool:
    here = listing(folder)
    return bool(here.files) or any(map(_holds_audio, here.folders))
