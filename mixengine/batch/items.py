"""Find the items of a batch below a root: project files, and folders of stems that no project plays.

Left out are hidden folders, links to folders, backups, and what mixengine wrote, which the notes name. A folder that
holds a project holds no stem folder, except for the root itself, where folders whose audio no project plays are stem
folders.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mixengine.analysis import cache
from mixengine.audio.files import is_audio_name
from mixengine.batch import results
from mixengine.hosts import folder as folders
from mixengine.hosts.project_file import ProjectFile
from mixengine.model.words import name_list
from mixengine.system.errors import UserError

_MEDIA_OF_PLANS = "mixengine"
"""Folder beside a project in which plans keep the audio that they add."""


@dataclass(frozen=True, slots=True)
class Item:
    """A project file or a folder of stems.

    Attributes
    ----------
    name : str
        Path below the root, with forward slashes.
    path : Path
    content : str
        The same as long as project and media are the same: names, sizes and times of change.
    """

    name: str
    path: Path
    content: str


@dataclass
class _Search:
    """Where is searched; what is left out on the way, and why; results that a batch notes in folders on the way."""

    root: Path
    notes: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    noted: set[str] = field(default_factory=set)

    def leaves_out(self, path: Path, why: str) -> bool:
        """Whether something is left out: for that reason, or as a batch's result."""
        if why := why or (results.CALLED if os.path.realpath(path) in self.noted else ""):
            self.left_out[_name(path, self.root)] = why
        return bool(why)

    def all_notes(self) -> list[str]:
        """On what could not be read, and a line for each reason why something was left out."""
        named: dict[str, list[str]] = {}
        for name, why in sorted(self.left_out.items()):
            named.setdefault(why, []).append(name)
        return self.notes + [f"left out: {name_list(names)}: {why}" for why, names in named.items()]


def find(root: Path) -> tuple[list[Item], list[str]]:
    """The items below ``root``, in order of their names, and notes on what could not be read or was left out.

    ``root`` may be one project, or one folder of stems.

    Raises
    ------
    UserError
        There is nothing, or no item in it.
    """
    if not root.exists():
        raise UserError(f"{root}: not found; give a folder with projects (.RPP) or folders of audio files")
    if root.is_file():
        if root.suffix.lower() != results.PROJECT:
            raise UserError(f"{root}: not a folder and not a REAPER project (.RPP)")
        return [_of_project(root, root.name, _media(root))], []
    search = _Search(root, noted=set(results.noted(root) or ()))
    projects = {path: _media(path) for path in _projects(search)}
    items = [_of_project(path, _name(path, root), used) for path, used in projects.items()]
    items += [_of_folder(path, _name(path, root)) for path in _stem_folders(search, projects)]
    if not items:
        why = "".join(f"; {note}" for note in search.all_notes())
        raise UserError(f"{root}: no REAPER project (.RPP) and no folder of audio files in it{why}")
    return sorted(items, key=lambda item: (item.name.casefold(), item.name)), search.all_notes()


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path != root else root.resolve().name


def _projects(search: _Search) -> Iterator[Path]:
    """Project files that mixengine did not write; a file with several names counts once."""
    seen: set[str] = set()

    def note_error(error: OSError) -> None:
        search.notes.append(f"{error.filename}: cannot be read: {error.strerror}")

    for place, inside, files in os.walk(search.root, onerror=note_error):
        here = Path(place)
        inside[:] = sorted(name for name in inside if _is_open(here / name, search))
        for name in sorted(files):
            path = here / name
            if path.suffix.lower() != results.PROJECT or name.startswith(".") or not path.is_file():
                continue
            if search.leaves_out(path, results.CALLED if results.is_called_like_one(path) else ""):
                continue
            real = os.path.realpath(path)
            if real not in seen:
                seen.add(real)
                yield path


def _is_open(path: Path, search: _Search) -> bool:
    """Whether a folder is looked into; what a batch notes in it is no item."""
    if path.name.startswith(".") or path.name == _MEDIA_OF_PLANS:
        return False
    if search.leaves_out(path, "links to folders" if path.is_symlink() else results.why_closed(path)):
        return False
    search.noted.update(results.noted(path) or ())
    return True


def _media(path: Path) -> list[str]:
    """The files that a project plays, found or not; nothing for a project that cannot be read."""
    try:
        project = ProjectFile(path).project
    except UserError:
        return []
    lines = (block.line("FILE") for block in project.root.walk() if block.name == "SOURCE")
    written = {line.text(1) for line in lines if line is not None and len(line.tokens) > 1 and line.text(1)}
    return sorted({project.media.resolve(text)[0] for text in written})


def _stem_folders(search: _Search, projects: dict[Path, list[str]]) -> Iterator[Path]:
    root = search.root
    played = {os.path.realpath(file) for used in projects.values() for file in used}
    holding = {path.parent for path in projects}
    above = {parent for path in projects for parent in path.parents}
    holds_sound = any(is_audio_name(path) for path in _files(root, search))
    if not projects and (holds_sound or folders.audio_root(root) != root):
        yield root
        return

    def walk(place: Path) -> Iterator[Path]:
        for child in _folders(place, search):
            if child in holding:
                continue
            if child not in above and (inside := list(_audio(child, search))):
                songs = None if any(path.parent == child for path in inside) else folders.songs(child)
                if songs is None:
                    if not any(os.path.realpath(path) in played for path in inside):
                        yield child
                    continue
            yield from walk(child)

    yield from walk(root)


def _entries(place: Path, search: _Search, condition: Callable[[os.DirEntry[str]], bool]) -> list[Path]:
    try:
        with os.scandir(place) as entries:
            return sorted(Path(entry.path) for entry in entries if condition(entry))
    except OSError as error:
        note = f"{place}: cannot be read: {error.strerror}"
        search.notes += [note] if note not in search.notes else []
        return []


def _folders(place: Path, search: _Search) -> list[Path]:
    return _entries(place, search, lambda entry: entry.is_dir() and _is_open(Path(entry.path), search))


def _files(place: Path, search: _Search) -> list[Path]:
    return _entries(place, search, lambda entry: entry.is_file())


def _audio(place: Path, search: _Search) -> Iterator[Path]:
    """Audio files of a folder and its groups, as `mixengine.hosts.folder` reads them."""
    yield from (path for path in _files(place, search) if is_audio_name(path))
    for child in _folders(place, search):
        yield from _audio(child, search)


def _of_project(path: Path, name: str, used: list[str]) -> Item:
    return Item(name, path, cache.digest([_state(path), *[[_below(file, path.parent), _state(file)] for file in used]]))


def _of_folder(path: Path, name: str) -> Item:
    inside = _audio(path, _Search(path, noted=set(results.noted(path) or ())))
    return Item(name, path, cache.digest([[_below(file, path), _state(file)] for file in inside]))


def _below(file: str | Path, folder: Path) -> str:
    try:
        return os.path.relpath(file, folder)
    except ValueError:  # another drive on Windows
        return str(file)


def _state(path: str | Path) -> list[int]:
    """Size and time of change; nothing for a file that is not there."""
    try:
        status = os.stat(path)
    except OSError:
        return []
    return [status.st_size, status.st_mtime_ns]
