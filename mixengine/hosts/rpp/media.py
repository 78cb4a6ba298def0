"""Keep a project's relative media paths true when it is saved in another folder."""

from __future__ import annotations

import os
import re
from pathlib import Path, PureWindowsPath

from mixengine.hosts.rpp.project import Project
from mixengine.hosts.rpp.syntax import encode, quote


def rebase(project: Project, folder: Path) -> bytes:
    """The project's text with relative ``FILE`` paths rewritten for ``folder``; absolute ones stay as they are."""
    old, new = project.path.parent.resolve(), folder.resolve()
    if old == new:
        return project.document.data
    for block in project.root.walk():
        line = block.line("FILE") if block.name == "SOURCE" else None
        if line is None or len(line.tokens) < 2 or not line.text(1) or _is_absolute(line.text(1)):
            continue
        written = line.text(1).replace("\\", "/")
        try:
            moved = os.path.relpath(old / written, new).replace(os.sep, "/")
        except ValueError:  # another drive on Windows
            moved = str(old / written)
        token = line.tokens[1]
        project.document.edit(token.start, token.end, encode(quote(moved, always=True)))
    return project.document.render()


def _is_absolute(path: str) -> bool:
    return os.path.isabs(path) or PureWindowsPath(path).is_absolute() or bool(re.match(r"[A-Za-z]:", path))
