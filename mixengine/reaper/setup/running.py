"""Whether REAPER is running: it overwrites its settings when it quits."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Iterable
from pathlib import Path

from mixengine.reaper.setup.places import System

_TIMEOUT_S = 10


def reaper_is_running(system: System | None = None) -> bool | None:
    """Look through the list of processes.

    Returns
    -------
    bool or None
        None when the list cannot be read.
    """
    system = system or System()
    try:
        names = list(_names(system))
    except (OSError, subprocess.SubprocessError):
        return None
    return any(_is_reaper(name) for name in names)


def _is_reaper(name: str) -> bool:
    return name.strip().lower().removesuffix(".exe") == "reaper"


def _names(system: System) -> Iterable[str]:
    try:
        import psutil  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        return _LISTS.get(system.platform, _from_ps)()
    return [process.info["name"] or "" for process in psutil.process_iter(["name"])]


def _from_proc() -> list[str]:
    names = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                names.append((folder / "comm").read_text(errors="replace"))
            except OSError:
                continue  # it ended meanwhile
    return names


def _from_tasklist() -> list[str]:
    rows = csv.reader(_output("tasklist", "/FO", "CSV", "/NH").splitlines())
    return [row[0] for row in rows if row]


def _from_ps() -> list[str]:
    return [line.rsplit("/", 1)[-1] for line in _output("ps", "-axo", "comm=").splitlines()]


def _output(*command: str) -> str:
    process = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT_S, check=True)
    return process.stdout


_LISTS = {"linux": _from_proc, "win32": _from_tasklist, "darwin": _from_ps}
