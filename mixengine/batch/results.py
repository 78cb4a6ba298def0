"""What mixengine wrote, and is no session of a batch: known by names, plans, and what a batch notes in a folder."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from mixengine.batch.steps import SUFFIXES
from mixengine.hosts import places
from mixengine.system import file_names
from mixengine.system.atomic import write_atomically

MARK = ".mixengine-results"
"""File in a folder that a batch writes its results to. It names them, or is empty: then all in the folder are."""
PROJECT = ".rpp"
_NUMBER = re.compile(r" \(\d+\)$")
CALLED = "called like results of what stands beside them"
OF_A_BATCH = f"folders with results of a batch (if yours are among them, delete {MARK} there)"
WITH_A_PLAN = f"folders with the {places.PLAN} of a session that is not in them"


def is_called_like_one(path: Path) -> bool:
    """Whether a project or folder is called like a result of something beside it, or of the folder that it is in."""
    stem = path.stem if path.suffix.lower() == PROJECT else path.name
    base = stem
    while cut := _suffix(base):
        base = base.removesuffix(f"-{cut}")
        if _is_there(base, path.parent):
            return True
    return base != stem and (path.parent / stem / places.PLAN).exists()


def _is_there(base: str, folder: Path) -> bool:
    """Whether a session stands in a folder, or is that folder, whose results are named after ``base``."""
    names = {base, _NUMBER.sub("", base)}  # see `mixengine.hosts.places.numbered`
    if any((folder / f"{name}{ending}").exists() for name in names for ending in ("", ".RPP", ".rpp")):
        return True
    if file_names.looks_cut(base) and any(file_names.is_cut_from(base, stem) for stem in _stems(folder)):
        return True
    return (folder / places.PLAN).exists() and folder.resolve().name in names


def _stems(folder: Path) -> Iterator[str]:
    """What results of the sessions in a folder are named after, at first and where that is taken."""
    try:
        inside = os.listdir(folder)
    except OSError:
        return
    for name in inside:
        stem = name[: -len(PROJECT)] if name.lower().endswith(PROJECT) else name
        yield from itertools.islice(places.numbered(stem), 3)


def _suffix(stem: str) -> str:
    return next((suffix for suffix in SUFFIXES if stem.endswith(f"-{suffix}")), "")


def why_closed(folder: Path) -> str:
    """Why a folder holds nothing but results; empty when sessions may be in it."""
    if is_called_like_one(folder):
        return CALLED
    if noted(folder) == []:
        return OF_A_BATCH
    return WITH_A_PLAN if _is_beside_a_plan(folder) else ""


def _is_beside_a_plan(folder: Path) -> bool:
    """Whether a plan stands in a folder, of a session that is neither the folder itself nor in it."""
    name = places.whose(folder, (places.PLAN,))
    if name is None:
        return False
    source = places.name_of(name)
    is_inside = bool(source) and (folder / source).exists() and not _suffix(Path(source).stem)
    return source != folder.resolve().name and not is_inside


def noted(folder: Path) -> list[str] | None:
    """What a batch notes of its results in a folder: their paths, none for all there; ``None`` without a note."""
    try:
        lines = (folder / MARK).read_text(encoding="utf-8", errors="surrogateescape").split("\n")
    except OSError:
        return None
    return [os.path.realpath(folder / line) for line in lines if line]


def note(folder: Path, written: Iterable[Path], *, is_shared: bool) -> None:
    """Note that a batch writes results to a folder: these, if it ``is_shared`` with sessions; else all there is."""
    folder.mkdir(parents=True, exist_ok=True)
    before = noted(folder)
    if before == [] or not is_shared:
        (folder / MARK).touch()
        return
    paths = {*(before or []), *(os.path.realpath(path) for path in written)}
    lines = sorted(os.path.relpath(path, os.path.realpath(folder)).replace(os.sep, "/") for path in paths)
    write_atomically(folder / MARK, "\n".join(lines) + "\n")
