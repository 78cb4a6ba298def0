"""A single file that is there whole or not at all. Standard library only.

Several files that belong together go through `mixengine.system.staging`.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from pathlib import Path

PARTIAL = ".part"
"""Ending of a file that is still being written."""


def write_atomically(path: Path, data: bytes | str | Callable[[Path], object], *, sync: bool = True) -> None:
    """Write a file under another name in its folder, and rename it when it is whole.

    Parameters
    ----------
    path : Path
        In a folder that exists.
    data : bytes, str or callable
        The content; text becomes UTF-8, and bytes that are no text stay as they were. A callable gets the path to
        write to.
    sync : bool
        Wait until the disk has the file, so that it outlives a power failure too.
    """
    partial = path.with_name(f".{os.getpid()}-{uuid.uuid4().hex[:8]}{PARTIAL}")
    try:
        if callable(data):
            data(partial)
        else:
            partial.write_bytes(data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data)
        if sync:
            flush(partial)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Wait until the disk has a file, or the names in a folder."""
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)  # Windows flushes what may be written
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
