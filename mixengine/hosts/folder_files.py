"""What a folder holds: every file once, and what it is to a session."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mixengine.audio.formats import is_audio_name
from mixengine.system.errors import UserError

OUTPUT_MARK = "plan.json"
"""A folder that holds this file is a result of mixengine, not a group."""
MEDIA_MARK = ".mixengine-media"
"""… and so is one that holds this: copies that a project plays."""
_PRO_TOOLS = "audio files"
_PRO_TOOLS_OTHERS = frozenset(("bounced files", "session file backups", "fade files", "rendered files", "clip groups"))


@dataclass(frozen=True, slots=True)
class Listing:
    """The audio files and the sub-folders of a folder, each in natural order."""

    files: list[Path]
    folders: list[Path]


def listing(folder: Path) -> Listing:
    """Audio files and groups of a folder; `UserError` when it cannot be read."""
    entries = _entries(folder)
    files = [path for path in entries if is_audio_name(path) and path.is_file()]
    folders = [path for path in entries if path.is_dir() and why_no_group(path) is None]
    return Listing(files, folders)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir(), key=lambda path: _natural(path.name))
    except OSError as error:
        raise UserError(f"{folder}: cannot be read: {error.strerror or error}") from None


def why_no_group(path: Path) -> str | None:
    """Why a sub-folder is not looked into; ``None`` when it is."""
    if path.is_symlink():
        return "a link to a folder"
    if path.name.startswith("."):
        return "hidden"
    if (path / OUTPUT_MARK).exists() or (path / MEDIA_MARK).exists():
        return "written by mixengine"
    return None


def other_files(folder: Path) -> Iterator[tuple[Path, str]]:
    """The files below a folder that are no candidates for a track, each with the reason."""
    for path in _entries(folder):
        if path.is_dir():
            if why_no_group(path) is None:
                yield from other_files(path)
        elif not is_audio_name(path):
            yield path, "hidden" if path.name.startswith(".") else "no sound file by its name"


def other_folders(folder: Path) -> Iterator[tuple[Path, str]]:
    """The folders below a folder that are not looked into, each with the reason."""
    for path in _entries(folder):
        if path.is_dir():
            why = why_no_group(path)
            if why is None:
                yield from other_folders(path)
            else:
                yield path, why


def sounds(folder: Path) -> Iterator[Path]:
    """The audio files of a folder and of all folders in it that are looked into."""
    here = listing(folder)
    yield from here.files
    for inside in here.folders:
        yield from sounds(inside)


def audio_root(root: Path) -> Path:
    """Where the session's audio is: in a folder that Pro Tools exported, its ``Audio Files``."""
    folders = {path.name.casefold(): path for path in _entries(root) if path.is_dir() and not path.is_symlink()}
    inside = folders.get(_PRO_TOOLS)
    if inside is None or any(is_audio_name(path) and path.is_file() for path in _entries(root)):
        return root
    others = set(folders) - {_PRO_TOOLS}
    exported = others & _PRO_TOOLS_OTHERS or any(path.suffix.lower() in (".ptx", ".ptf") for path in _entries(root))
    return inside if exported or not others else root


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Sort key by which ``2 bass`` comes before ``10 kick``."""
    parts = re.split(r"(\d+)", name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]
