"""Which actions REAPER shows: those in Python, through reapy, or those in Lua, which need no Python inside REAPER."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from mixengine.reaper.setup import binaries, interpreters, reascript
from mixengine.reaper.setup.libraries import LibrarySearch
from mixengine.reaper.setup.places import SCRIPTS, System, programs
from mixengine.reaper.setup.reascript import PythonSettings

REAPY, LUA = FRONTS = ("reapy", "lua")
PYTHON_NAME = f"{SCRIPTS}/mixengine_python.txt"
"""Holds the path of the Python that does the work, for the actions in Lua."""


def why_lua(library: LibrarySearch, present: PythonSettings, resource: Path, system: System) -> str:
    """Why the actions in Lua are taken where no front was asked for or is installed; empty: those in Python.

    They are taken where the library that REAPER loads after the installation surely fits it.

    Parameters
    ----------
    library : LibrarySearch
        That of this Python.
    present : PythonSettings
        What REAPER's settings say, and keep: empty where this Python is to be set.
    resource : Path
    system : System
    """
    if present.enabled == "0":
        return "Python is switched off in REAPER's preferences; --set-python switches it on"
    if importlib.util.find_spec("reapy") is None:
        return "reapy is missing"
    loaded, reason = library.path, library.trouble.partition(";")[0]
    if present.is_named and present.library != library.path:
        loaded = present.library
        reason = present.only_folder or (_named(loaded) if loaded else "")
    if not reason and (loaded is None or not _same_processor(loaded, resource, system)):
        reason = "its Python is made for another processor"
    return reason


def _named(library: Path) -> str:
    """Why a library that the user chose does not surely serve."""
    is_known = bool(interpreters.library_version(library))
    unknown = "" if is_known else f"{library}: the version of Python is not known"
    return reascript.trouble(library) or unknown


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
