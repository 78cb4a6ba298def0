"""Where sessions come from and plans go to: project files, folders of audio, the running REAPER.

`open_host` is the one place that decides which of them a word names.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mixengine.hosts.host import Destination, Host, Results, Written
from mixengine.hosts.on_disk import OnDisk
from mixengine.hosts.project_file import ENDINGS, ProjectFile
from mixengine.model.session import Session
from mixengine.system.errors import UserError

if TYPE_CHECKING:
    from mixengine.hosts.folder_tracks import FolderOptions

__all__ = [
    "Destination",
    "Host",
    "OnDisk",
    "Results",
    "Written",
    "is_live",
    "is_project",
    "open_files",
    "open_host",
    "open_session",
]

_RUNNING_REAPER = "reaper"
"""The word for the project that is open in REAPER; a file or folder of that name comes first."""


def is_live(source: str | os.PathLike[str]) -> bool:
    """Whether a word names the running REAPER."""
    return os.fspath(source) == _RUNNING_REAPER and not Path(source).exists()


def is_project(path: Path) -> bool:
    """Whether a path names a project file (also a backup of one)."""
    return path.suffix.lower() in ENDINGS


def open_host(source: str | os.PathLike[str], folder: FolderOptions | None = None) -> Host:
    """Open what a word names: a project file, a folder of audio, or ``reaper``. Nothing is read yet.

    Parameters
    ----------
    folder : FolderOptions, optional
        How to read a folder.

    Raises
    ------
    UserError
        There is nothing, or it is neither a project nor a folder.
    """
    if is_live(source):
        from mixengine.hosts.open_project import RunningReaper

        return RunningReaper()
    return open_files(source, folder)


def open_files(source: str | os.PathLike[str], folder: FolderOptions | None = None) -> OnDisk:
    """As `open_host`, of project files and folders alone."""
    path = Path(source)
    if not path.exists():
        raise UserError(f"{path}: not found; give a REAPER project (.RPP) or a folder of audio files")
    if path.is_dir():
        from mixengine.hosts.folder import Folder

        return Folder(path, folder)
    if not is_project(path):
        raise UserError(f"{path}: neither a REAPER project (.RPP) nor a folder of audio files")
    return ProjectFile(path)


def open_session(path: str | os.PathLike[str]) -> Session:
    """The session of a project file or folder, for callers that only read."""
    return open_files(path).session
