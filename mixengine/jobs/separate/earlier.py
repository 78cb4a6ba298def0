"""What an earlier separation left in a folder: a further one replaces that, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from mixengine.system import own_files
from mixengine.system.errors import UserError

REPORT = "separation.json"


def files(folder: Path) -> set[str]:
    """Files that an earlier separation wrote here."""
    try:
        names = json.loads((folder / REPORT).read_text())["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return {name for name in names if isinstance(name, str) and Path(name).name == name and name.endswith(".wav")}


def check_targets(source: str, folder: Path, names: list[str]) -> None:
    """`UserError` where a stem would replace a file of the user."""
    earlier = files(folder)
    for name in names:
        target = folder / f"{name}.wav"
        if target.is_dir():
            raise UserError(f"{target}: is a folder; choose another place with -o")
        if target.exists() and target.samefile(source):
            raise UserError(f"{target}: is the input; choose another place with -o")
        if target.exists() and target.name not in earlier:
            raise UserError(f"{target}: stands there and is of no earlier separation; choose another place with -o")


def remove(folder: Path, names: Iterable[str], source: str) -> list[str]:
    """Remove stems of an earlier separation that this one does not make; returns which ones stay, and why."""
    notes = []
    for name in sorted(names):
        old = folder / name
        # a file of an earlier run may be the input of this one
        if not old.exists() or old.samefile(source):
            continue
        if own_files.is_own(old):
            old.unlink()
        else:
            notes.append(
                f"{old}: is of an earlier separation and was changed since, or that is not remembered: it stays"
            )
    return notes
