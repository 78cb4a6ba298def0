"""Keep what C libraries print on stderr from the user. Standard library only."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

_LOCK = threading.RLock()
_STDERR = 2
_FILES: dict[int, IO[bytes]] = {}


@contextmanager
def libraries_quiet() -> Iterator[list[bool]]:
    """Inside, what goes to the process's stderr is caught; the list holds afterwards whether there was any.

    Only for short calls into a library that cannot be told to be quiet: it holds for all threads.
    """
    printed = [False]
    with _LOCK:
        try:
            kept = os.dup(_STDERR)
        except OSError:  # a program without a stderr
            yield printed
            return
        caught = _caught()
        os.dup2(caught, _STDERR)
        try:
            yield printed
        finally:
            os.dup2(kept, _STDERR)
            os.close(kept)
            printed[0] = os.fstat(caught).st_size > 0


def _caught() -> int:
    """An empty file of this process."""
    process = os.getpid()
    if process not in _FILES:
        _FILES[process] = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
    caught = _FILES[process].fileno()
    os.ftruncate(caught, 0)
    os.lseek(caught, 0, os.SEEK_SET)
    return caught
