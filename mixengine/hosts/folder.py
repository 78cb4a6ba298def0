"""A folder of audio files as a session: one track per file, sub-folders are groups.

Ids are derived from the files' paths inside the folder, and the same ids stand in the project that is written, so
that a plan made from the folder applies to the project too.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mixengine.audio.files import AudioFile, UnreadableAudio, is_audio_name
from mixengine.hosts.on_disk import OnDisk
from mixengine.hosts.rpp import new
from mixengine.hosts.rpp.project import Project
from mixengine.model.plan import MixPlan
from mixengine.model.roles import role_of
from mixengine.model.session import Clip, Session, Source, Track
from mixengine.system.errors import UserError

OUTPUT_MARK = "plan.json"
"""A folder that holds this file is a result of mixengine, not a group."""


class Folder(OnDisk):
    """A folder of audio; what is written is a new project that plays its files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """The session as it was read."""
        if self._session is None:
            self._session = read(self.path)
        return self._session

    @property
    def earlier_plan(self) -> MixPlan | None:
        """Always ``None``: a folder keeps no earlier plan."""
        return None

    def project_at(self, target: Path) -> Project:
        """A new project for ``target``, with the paths of the files as they must be there."""
        return Project(new.project(self.session, target.parent), target)


def read(root: Path) -> Session:
    """Read a folder; `UserError` when it holds no audio file."""
    root = Path(os.path.abspath(root))
    rates: Counter[int] = Counter()
    tracks = list(_tracks(root, root, None, rates))
    if not any(track.clips for track in tracks):
        raise UserError(f"{root}: no audio files (WAV, AIFF, FLAC, MP3, Ogg) in this folder")
    commonest = max(rates, key=lambda rate: (rates[rate], rate), default=44100)
    odd = [track.name for track in tracks for clip in track.clips if not _nameable(clip.source.path)]
    notes = tuple(
        f"{name!r}: a project cannot name this file: rename it (no line end, no three quotes)" for name in odd
    )
    return Session(name=root.name, path=str(root), sample_rate=commonest, tracks=tuple(tracks), notes=notes)


def _nameable(path: str) -> bool:
    """Whether a project file can hold a path: on one line, in a quote that it does not contain."""
    return not any(char in path for char in "\r\n\0") and not all(mark in path for mark in "\"'`")


def _tracks(folder: Path, root: Path, parent: str | None, rates: Counter[int]) -> Iterator[Track]:
    files, folders = _listing(folder)
    for path in files:
        yield _file_track(path, root, parent, rates)
    for path in folders:
        group = Track(new.guid("track", path.relative_to(root).as_posix()), path.name, parent, is_folder=True)
        inside = list(_tracks(path, root, group.id, rates))
        if inside:
            yield group
            yield from inside


def _listing(folder: Path) -> tuple[list[Path], list[Path]]:
    try:
        entries = sorted(folder.iterdir(), key=lambda path: _natural(path.name))
    except OSError as error:
        raise UserError(f"{folder}: cannot be read: {error.strerror or error}") from None
    files = [path for path in entries if is_audio_name(path) and path.is_file()]
    folders = [
        path
        for path in entries
        if path.is_dir()
        and not path.is_symlink()
        and not path.name.startswith(".")
        and not (path / OUTPUT_MARK).exists()
    ]
    return files, folders


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Sort key by which ``2 bass`` comes before ``10 kick``."""
    parts = re.split(r"(\d+)", name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]


def _file_track(path: Path, root: Path, parent: str | None, rates: Counter[int]) -> Track:
    inside = path.relative_to(root).as_posix()
    track_id = new.guid("track", inside)
    channels, length_s, kind = 2, 0.0, "audio"
    notes: tuple[str, ...] = ()
    try:
        file = AudioFile(str(path))
    except UnreadableAudio as error:
        kind, notes = "damaged", (str(error),)
    else:
        rates[file.rate] += 1
        channels, length_s = max(file.channels + file.channels % 2, 2), file.frames / file.rate
        file.close()
    clip = Clip(new.guid("item", inside), Source(str(path), kind), 0.0, length_s, name=path.name, notes=notes)
    return Track(track_id, path.stem, parent, channels=channels, clips=(clip,))


def songs(root: Path, *, any_names: bool = False) -> list[Path] | None:
    """The songs of a folder that is a batch, else ``None``.

    A batch holds no audio itself but folders that do, and most of those are not named after instruments or voices
    (``drums``, ``strings``): such folders are groups of one session. ``any_names`` leaves the names out of it.
    """
    files, folders = _listing(root)
    holding = [folder for folder in folders if next(_tracks(folder, folder, None, Counter()), None) is not None]
    if files or not holding:
        return None
    groups = sum(role_of(folder.name) is not None for folder in holding)
    return None if 2 * groups >= len(holding) and not any_names else holding
