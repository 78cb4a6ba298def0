"""Where the media files of a project are on this machine."""

from __future__ import annotations

import os
import re
from pathlib import Path

from mixengine.hosts.rpp.words import Line


class MediaPaths:
    """Finds media files: as written, relative to the project, else by base name where REAPER would record."""

    def __init__(self, folder: Path, record_path: Line | None) -> None:
        words = [record_path.text(1), record_path.text(2)] if record_path else []
        self._folder = folder
        self._search = [folder, *(folder / _native(word) for word in words if word)]

    def resolve(self, written: str) -> tuple[str, bool]:
        """A path as written → (path on this machine, whether a file is there)."""
        native = _native(written)
        path = os.path.normpath(os.path.join(self._folder, native))
        if os.path.isfile(path):
            return path, True
        base = re.split(r"[\\/]", written)[-1]
        for folder in self._search:
            candidate = os.path.join(folder, base)
            if base and os.path.isfile(candidate):
                return os.path.normpath(candidate), True
        return (path if not _is_windows(written) else written), False


def _is_windows(written: str) -> bool:
    return bool(re.match(r"[A-Za-z]:[\\/]|\\\\", written))


def _native(written: str) -> str:
    """A path with this system's separators; Windows projects use backslashes."""
    return written if os.name == "nt" else written.replace("\\", "/")
