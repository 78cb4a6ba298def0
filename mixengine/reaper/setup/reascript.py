"""What REAPER's settings say about Python, and why the library they name does not serve."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mixengine.reaper.setup import binaries, ini, interpreters

SECTION = "reaper"
ENABLED, FOLDER, LIBRARY = "reascript", "pythonlibpath64", "pythonlibdll64"
SET_PYTHON = "quit REAPER and run 'mixengine reaper install --set-python'"
"""What to do where another Python should be loaded."""
MIN_PYTHON = (3, 10)
NEEDED = ".".join(map(str, MIN_PYTHON))
OFF = "switched off in REAPER's preferences (Plug-ins > ReaScript)"


@dataclass(frozen=True)
class PythonSettings:
    """The three settings, empty where one is not there: switch, folder, file."""

    enabled: str
    folder: str
    name: str

    @property
    def is_named(self) -> bool:
        """Whether a Python is chosen, by either part of its place."""
        return bool(self.folder or self.name)

    @property
    def library(self) -> Path | None:
        """The library that REAPER is told to load."""
        if not self.name:
            return None
        # some users enter the whole path into either field
        return Path(self.folder) / self.name if self.folder else Path(self.name)

    @property
    def only_folder(self) -> str:
        """What it means where a folder is named alone; empty where a library is."""
        text = f"only a folder is named ({self.folder}); REAPER takes whichever Python it finds there"
        return text if self.folder and not self.name else ""


def read(data: bytes) -> PythonSettings:
    """The settings in the text of ``reaper.ini``."""
    return PythonSettings(*(ini.value(data, SECTION, key) or "" for key in (ENABLED, FOLDER, LIBRARY)))


def trouble(library: Path) -> str:
    """Why REAPER cannot load a library, or mixengine not run in it; empty where nothing speaks against it."""
    if not library.is_file():
        return f"{library}: REAPER shall load it, but it is not there"
    binary = binaries.read(library)
    if binary is None or not binary.shared:
        return f"{library}: is no shared library, so that REAPER cannot load it"
    version = interpreters.library_version(library)
    if version and tuple(map(int, version.split("."))) < MIN_PYTHON:
        return f"{library}: Python {version} is too old: mixengine needs {NEEDED} or newer"
    return ""
