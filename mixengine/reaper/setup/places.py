"""Where REAPER keeps its settings, on each system."""

from __future__ import annotations

import os
import platform as computer
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mixengine.system.errors import UserError

SETTINGS = "reaper.ini"
ACTION_LIST = "reaper-kb.ini"
SCRIPTS = "Scripts/mixengine"
ICONS = "Data/toolbar_icons"
TOOLBAR = "MenuSets/mixengine.ReaperMenu"

_ASK_REAPER = "REAPER's menu Options > Show REAPER resource path opens the right one; pass it with --resource-path"


@dataclass(frozen=True)
class System:
    """The present computer; tests pass other ones.

    Parameters
    ----------
    platform : str
        As `sys.platform` names it: ``win32``, ``darwin``, ``linux``.
    environment : Mapping[str, str]
        Environment variables.
    home : Path
        The user's home folder.
    machine : str
        Processor, as `platform.machine` names it.
    """

    platform: str = sys.platform
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    home: Path = field(default_factory=Path.home)
    machine: str = field(default_factory=computer.machine)


def resource_folder(given: Path | None = None, system: System | None = None) -> Path:
    """Find REAPER's resource folder.

    Parameters
    ----------
    given : Path, optional
        Path from the user: the folder of a portable install, or the program or settings file in it.
    system : System, optional
        Default: this computer.

    Returns
    -------
    Path
        A folder that holds ``reaper.ini``.
    """
    if given is not None:
        return _named(given)
    candidates = _standard_folders(system or System())
    for folder in candidates:
        if (folder / SETTINGS).is_file():
            return folder
    for folder in candidates:
        if folder.is_dir():
            raise UserError(f"{folder}: has no {SETTINGS}; start REAPER once, quit it, and try again")
    raise UserError(f"{candidates[0]}: REAPER's resource folder is not there; start REAPER once, or: {_ASK_REAPER}")


def _named(given: Path) -> Path:
    folder = given.expanduser()
    folder = folder.parent if folder.is_file() or folder.suffix == ".app" else folder
    if not folder.is_dir():
        raise UserError(f"{given}: is not a folder; {_ASK_REAPER}")
    if not (folder / SETTINGS).is_file():
        raise UserError(f"{folder}: has no {SETTINGS}, so it is no REAPER resource folder; {_ASK_REAPER}")
    return folder.resolve()


def _standard_folders(system: System) -> list[Path]:
    return [base / "REAPER" for base in _BASES.get(system.platform, _unix)(system)]


def _windows(system: System) -> list[Path]:
    roaming = system.home / "AppData" / "Roaming"
    named = system.environment.get("APPDATA")
    return [Path(named), roaming] if named else [roaming]


def _mac(system: System) -> list[Path]:
    return [system.home / "Library" / "Application Support"]


def _unix(system: System) -> list[Path]:
    named = system.environment.get("XDG_CONFIG_HOME")
    return [system.home / ".config", *([Path(named)] if named else [])]


_BASES = {"win32": _windows, "darwin": _mac, "linux": _unix}


def programs(resource: Path, system: System) -> list[Path]:
    """Possible paths of REAPER's program; that of a portable install is in the resource folder."""
    return [
        resource / _PROGRAM_NAMES.get(system.platform, "reaper"),
        *_PROGRAMS.get(system.platform, _unix_programs)(system),
    ]


def _windows_programs(system: System) -> list[Path]:
    roots = [
        Path(system.environment.get(name, ""))
        for name in ("ProgramFiles", "ProgramW6432")
        if name in system.environment
    ]
    return [root / folder / "reaper.exe" for root in roots for folder in ("REAPER (x64)", "REAPER (arm64ec)", "REAPER")]


def _mac_programs(system: System) -> list[Path]:
    roots = (Path("/Applications"), system.home / "Applications")
    return [root / _PROGRAM_NAMES["darwin"] for root in roots]


def _unix_programs(system: System) -> list[Path]:
    return [
        root / "REAPER" / "reaper"
        for root in (Path("/opt"), system.home / "opt", Path("/usr/local/lib"), Path("/usr/lib"))
    ]


_PROGRAM_NAMES = {"win32": "reaper.exe", "darwin": "REAPER.app/Contents/MacOS/REAPER", "linux": "reaper"}
_PROGRAMS = {"win32": _windows_programs, "darwin": _mac_programs, "linux": _unix_programs}
