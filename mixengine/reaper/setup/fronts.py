"""Which actions REAPER shows: those in Python, through reapy, or those in Lua, which need no Python inside REAPER."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from mixengine.reaper.setup import binaries
from mixengine.reaper.setup.libraries import LibrarySearch
from mixengine.reaper.setup.places import SCRIPTS, System, programs

REAPY, LUA = FRONTS = ("reapy", "lua")
PYTHON_NAME = f"{SCRIPTS}/mixengine_python.txt"
"""Holds the path of the Python that does the work, for the actions in Lua."""


def choose(library: LibrarySearch, resource: Path, system: System) -> str:
    """The front where none was asked for or is installed: reapy's, where a shared library surely fits REAPER."""
    fits = library.path is not None and not library.trouble and _same_processor(library.path, resource, system)
    return REAPY if fits and importlib.util.find_spec("reapy") is not None else LUA


def _same_processor(library: Path, resource: Path, system: System) -> bool:
    """Whether REAPER can load the library; yes, where its program is not found."""
    program = next((path for path in programs(resource, system) if path.is_file()), None)
    reaper, binary = (binaries.read(path) if path else None for path in (program, library))
    return reaper is None or binary is None or bool(reaper.architectures & binary.architectures)


def starter(interpreter: str, system: System) -> bytes:
    """Content of `PYTHON_NAME`: on Windows the Python that opens no window, where there is one."""
    path = Path(interpreter)
    without_window = path.with_name("pythonw.exe")
    if system.platform == "win32" and without_window.is_file():
        path = without_window
    return f"{path}\n".encode()
