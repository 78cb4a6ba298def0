"""What the checks of `doctor` look at: one installation, read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mixengine.reaper.setup import actions, fronts, ini, interpreters, libraries, reascript, record
from mixengine.reaper.setup.places import SETTINGS, System

LIGHT = ("mixengine.model.plan", "mixengine.reaper.actions")
"""What the action scripts import inside REAPER."""


@dataclass(frozen=True)
class Situation:
    """The installation under test; read once."""

    resource: Path
    system: System
    build: libraries.Build
    scripts: Path | None = None

    @cached_property
    def settings(self) -> bytes:
        """``reaper.ini``."""
        return (self.resource / SETTINGS).read_bytes()

    @cached_property
    def record(self) -> record.Record | None:
        """The installation record."""
        path = self.resource / record.NAME
        return record.load(path.read_bytes() if path.is_file() else None, str(path))

    @cached_property
    def shipped(self) -> Path:
        """The scripts of this version."""
        return self.scripts or actions.shipped_folder()

    @property
    def front(self) -> str:
        """Which actions REAPER shows."""
        return self.record.front if self.record else fronts.REAPY

    def setting(self, key: str) -> str:
        """A value of ``reaper.ini``, empty when it is not there."""
        return ini.value(self.settings, reascript.SECTION, key) or ""

    @cached_property
    def python(self) -> reascript.PythonSettings:
        """What REAPER's settings say about Python."""
        return reascript.read(self.settings)

    @property
    def library(self) -> Path | None:
        """The Python library in REAPER's settings."""
        return self.python.library

    @cached_property
    def inside(self) -> interpreters.Answer | None:
        """Imports inside REAPER's Python; None when its interpreter cannot be found."""
        library = self.library
        python = interpreters.belonging_to(library, self.system) if library and library.is_file() else None
        paths = self.record.paths if self.record else record.import_paths()
        return interpreters.ask(python, [*LIGHT, "reapy"], paths) if python else None
