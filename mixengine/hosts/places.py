"""Where results go, and what they are called; nothing replaces the results of another session."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path, PurePath, PureWindowsPath

from mixengine.system import file_names
from mixengine.system.errors import UserError

PLAN, FINDINGS = "plan.json", "lint.json"
_SAYS_WHOSE = {PLAN: "source", FINDINGS: "session"}
"""File of results → the key under which it names the session that they are of."""
_HEAD_BYTES = 65536
"""Where they name it; plans can be long."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where results go: all inside ``folder``, the project under ``project``, other files under ``side`` (``""`` or
    ``name/``). ``note`` says why they are not called as usual.
    """

    folder: Path
    project: str
    side: str
    note: str = ""

    @property
    def side_folder(self) -> Path:
        """Where the files beside the project stand."""
        return self.folder / self.side if self.side else self.folder


def destination(source: Path, out: str | None, suffix: str) -> Destination:
    """Where results of ``source`` go.

    Beside a project ``song.RPP``: ``song-balanced.RPP`` and the folder ``song-balanced/``. Beside a folder ``stems``:
    everything in ``stems-balanced/``. ``out`` names a folder for everything, or the project file. Where the results of
    another session are called like that (of the folder ``song``), these are called ``song (2)-balanced``.

    Raises
    ------
    UserError
        The project would replace its source.
    """
    usual = named(source, out, suffix)
    if _is_project(out):
        return usual
    for place in _choices(source, out, suffix):
        if is_free(place, source, alone=out is None):
            if place == usual:
                return place
            owner = whose(usual.side_folder) or "another session"
            where = place.side or place.folder.name + "/"
            return replace(place, note=f"{usual.side_folder} holds the results of '{owner}': these are in {where}")
    raise AssertionError("numbers do not end")


def named(source: Path, out: str | None, suffix: str, *, stem: str = "") -> Destination:
    """`destination`, whatever stands there; ``stem`` takes the place of the source's own name."""
    whole = stem or stem_of(source)
    ending = source.suffix if source.is_file() else ".RPP"
    name = file_names.extended(whole, f"-{suffix}{ending}").removesuffix(ending)
    if out is not None and _is_project(out):
        target = Path(out).absolute()
        place = Destination(target.parent, target.name, f"{target.stem}/")
    elif out is not None:
        place = Destination(Path(out).absolute(), f"{name}.RPP", "")
    elif source.is_file():
        place = Destination(source.absolute().parent, f"{name}{source.suffix}", f"{name}/")
    else:
        place = Destination(source.resolve().parent / name, f"{name}.RPP", "")
    target = place.folder / place.project
    if target.exists() and source.exists() and target.samefile(source):
        raise UserError(f"{target}: is the input; choose another name, or use --in-place (a copy is kept)")
    return place


def stem_of(source: Path) -> str:
    """What results of a project or folder are named after."""
    return source.stem if source.is_file() else source.resolve().name


def numbered(stem: str) -> Iterator[str]:
    """The name, and what it is called instead where it is taken."""
    yield stem
    yield from (f"{stem} ({number})" for number in count(2))


def is_free(place: Destination, source: Path, *, alone: bool = True) -> bool:
    """Whether no results of another session stand at a place.

    ``alone``: the folder for the files beside the project is named after the session. The names agree then, and it
    remains whether that was a project or a folder. What several jobs wrote from ``song.RPP`` is replaced by what the
    last of them writes from ``song-balanced.RPP`` under the same name.
    """
    owner = whose(place.side_folder)
    if owner is None:
        return alone or not place.side or not (place.folder / place.project).exists()
    if alone:
        return bool(owner) and _project_ending(owner) == _project_ending(os.path.abspath(source))
    return _same(owner, source) and (bool(place.side) or not _is_of_another_job(place, stem_of(source)))


def _is_of_another_job(place: Destination, stem: str) -> bool:
    """Whether the plan in a folder for all is of another project made from the same session."""
    if (place.folder / Path(place.project).stem / PLAN).exists():
        return True
    if (place.folder / place.project).exists():
        return False
    return any(name.startswith(f"{stem}-") and _project_ending(name) for name in os.listdir(place.folder))


def _project_ending(path: str) -> str:
    ending = PureWindowsPath(path).suffix.lower()
    return ending if ending.startswith(".rpp") else ""


def _is_project(out: str | None) -> bool:
    return out is not None and Path(out).suffix.lower() == ".rpp"


def _choices(source: Path, out: str | None, suffix: str) -> Iterator[Destination]:
    if out is not None:
        yield named(source, out, suffix)
    for stem in numbered(stem_of(source)):
        place = named(source, out, suffix, stem=stem)
        yield place if out is None else replace(place, side=f"{Path(place.project).stem}/")


def whose(folder: Path, files: Iterable[str] = (PLAN, FINDINGS)) -> str | None:
    """The project or folder whose results stand in a folder, as they name it; ``None`` where there are none."""
    for name in files:
        try:
            with (folder / name).open("rb") as file:
                head = file.read(_HEAD_BYTES).decode("utf-8", "replace")
        except OSError:  # not there, or in the way: that is for the writing to say
            continue
        said = re.search(rf'"{_SAYS_WHOSE[name]}"\s*:\s*("(?:[^"\\]|\\.)*")', head)
        return str(json.loads(said[1])) if said else ""
    return None


def name_of(path: str) -> str:
    """The name of what a path names, of this system or another."""
    return PureWindowsPath(PurePath(path).name).name


def _same(path: str, source: Path) -> bool:
    """Whether a path, of this system or another, names a session: that very one where it is there, else its name."""
    if os.path.isabs(path) and os.path.exists(path):
        return os.path.samefile(path, source)
    name, names = os.path.basename(os.path.abspath(source)), {PurePath(path).name, PureWindowsPath(path).name}
    return unicodedata.normalize("NFC", name) in {unicodedata.normalize("NFC", each) for each in names}
