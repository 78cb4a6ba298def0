"""Which files mixengine wrote: a further run replaces those, and keeps a copy of all others. Standard library only.

Audio says nothing of who wrote it, and a file of ours that the user worked on since is the user's. So each file is
remembered as it was left: by folder, in the user's cache. Without that memory (another computer, a folder that was
moved, a cache that was cleared) pages and plans are known by what stands in them, and of the rest a copy is kept once;
each time, where no memory can be written.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from mixengine.system.atomic import write_atomically
from mixengine.system.user_dirs import cache_folder

_HEAD_BYTES = 1024
_MARKS = {".html": b'content="mixengine ', ".json": b'"mixengine_plan": '}
"""What stands near the start of each page and of each plan."""
_LONG_BYTES = 1 << 16
"""A memory that has grown to this is written anew, without what is outdated."""

_Left = tuple[int, int]
"""Bytes and time of change, in nanoseconds."""


def is_own(path: Path) -> bool:
    """Whether a file stands as mixengine left it."""
    if not path.exists():
        return False
    left = _remembered(path.parent).get(path.name)
    return _is_marked(path) if left is None else left == _left(path)


def remember(paths: Iterable[Path]) -> bool:
    """Note files as mixengine leaves them; a cache that cannot be written costs a copy at the next run: false."""
    by_folder: dict[Path, list[Path]] = {}
    for path in paths:
        by_folder.setdefault(path.parent, []).append(path)
    try:
        for folder, files in by_folder.items():
            _note(folder, {path.name: _left(path) for path in files})
    except OSError:
        return False
    return True


def _note(folder: Path, left: dict[str, _Left]) -> None:
    memory = _memory(folder)
    memory.parent.mkdir(parents=True, exist_ok=True)
    if memory.exists() and memory.stat().st_size > _LONG_BYTES:
        write_atomically(memory, _lines(_remembered(folder) | left), sync=False)
        return
    with open(memory, "ab", buffering=0) as file:  # one write: several processes may add to one memory
        file.write(_lines(left).encode())


def _lines(left: dict[str, _Left]) -> str:
    return "".join(f"{json.dumps([name, *stamp])}\n" for name, stamp in left.items())


def _remembered(folder: Path) -> dict[str, _Left]:
    left = {}
    with contextlib.suppress(OSError):
        for line in _memory(folder).read_bytes().splitlines():
            with contextlib.suppress(ValueError, TypeError):  # a line that was cut off
                name, size, time_ns = json.loads(line)
                left[name] = (size, time_ns)
    return left


def _memory(folder: Path) -> Path:
    name = hashlib.sha256(os.fsencode(os.path.realpath(folder))).hexdigest()
    return cache_folder() / "written" / f"{name}.jsonl"


def _left(path: Path) -> _Left:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _is_marked(path: Path) -> bool:
    mark = _MARKS.get(path.suffix.lower())
    if mark is None:
        return False
    with open(path, "rb") as file:
        return mark in file.read(_HEAD_BYTES)
