"""Keep a project's relative media paths valid when it is saved in another folder."""

from __future__ import annotations

import os
import re
from pathlib import Path, PureWindowsPath

from mixengine.hosts.rpp.project import Project
from mixengine.hosts.rpp.words import encode, quote


def rebase(project: Project, folder: Path) -> bytes:
    """The project's text with those ``FILE`` paths rewritten that would not be valid in ``folder``.

    Those are relative paths, and paths of files that were only found by their base name.
    """
    old, new = project.path.absolute().parent.resolve(), folder.resolve()
    if old == new:
        return project.document.data
    for block in project.root.walk():
        line = block.line("FILE") if block.name == "SOURCE" else None
        if line is None or len(line.tokens) < 2 or not line.text(1):
            continue
        written = line.text(1)
        path, exists = project.media.resolve(written)
        if _is_absolute(written) and (not exists or os.path.isfile(written)):
            continue
        try:
            moved = os.path.relpath(os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)), new)
        except ValueError:  # another drive on Windows
            moved = path
        token = line.tokens[1]
        project.document.edit(token.start, token.end, encode(quote(moved.replace(os.sep, "/"), always=True)))
    text = project.document.render()
    project.document.forget_edits()
    return text


def _is_absolute(path: str) -> bool:
    return os.path.isabs(path) or PureWindowsPath(path).is_absolute() or bool(re.match(r"[A-Za-z]:", path))
