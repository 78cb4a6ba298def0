"""Record of an installation: ``mixengine_install.json`` beside the scripts.

The action scripts read ``interpreter`` (the backend to start) and ``paths`` (what to put on `sys.path` inside REAPER);
`uninstall` reads the rest.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

import mixengine
from mixengine.reaper.setup.fronts import REAPY
from mixengine.reaper.setup.ini import Before
from mixengine.reaper.setup.places import SCRIPTS
from mixengine.system.errors import UserError

NAME = f"{SCRIPTS}/mixengine_install.json"
_SCHEMA = 1


@dataclass(frozen=True)
class Setting:
    """A key of ``reaper.ini`` that we set.

    Parameters
    ----------
    key, value : str
        The key and the value that we wrote.
    line : str or None
        The line before, one character per byte; None when there was none.
    section_added : bool
        Whether we added the section's header.
    """

    key: str
    value: str
    line: str | None
    section_added: bool = False

    @property
    def before(self) -> Before:
        """For `ini.take_back`."""
        return Before(self.line, self.section_added)


@dataclass(frozen=True)
class Record:
    """One installation.

    Parameters
    ----------
    interpreter : str
        The Python that runs the backend.
    paths : list[str]
        Folders that make mixengine's light modules and reapy importable inside REAPER.
    version : str
        Version of mixengine.
    files : dict[str, str]
        Path relative to the resource folder to SHA-256 of the installed file.
    actions : dict[str, str]
        Script's file name to command id.
    settings : list[Setting]
        Changes in ``reaper.ini``, in order.
    made : list[str]
        Edited files of REAPER that were missing and had to be created.
    folders : list[str]
        Folders that were created.
    front : str
        ``reapy`` or ``lua``.
    """

    interpreter: str = field(default_factory=lambda: sys.executable)
    paths: list[str] = field(default_factory=lambda: import_paths())  # noqa: PLW0108 - defined below
    version: str = mixengine.__version__
    files: dict[str, str] = field(default_factory=dict)
    actions: dict[str, str] = field(default_factory=dict)
    settings: list[Setting] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    front: str = REAPY

    def dump(self) -> bytes:
        """Content of the file, plain ASCII."""
        return (json.dumps({"schema": _SCHEMA, **asdict(self)}, indent=1) + "\n").encode()


def load(data: bytes | None, name: str = NAME) -> Record | None:
    """Read a record; None when there is none."""
    if data is None:
        return None
    try:
        fields = json.loads(data)
        schema = fields.pop("schema")
        if any(Path(path).is_absolute() or ".." in Path(path).parts for path in [*fields["files"], *fields["folders"]]):
            raise ValueError("a path leads out of REAPER's folder")
        if schema == _SCHEMA:
            return Record(**{**fields, "settings": [Setting(**setting) for setting in fields["settings"]]})
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError(f"{name}: is damaged; delete it and run 'mixengine reaper install' again") from None
    raise UserError(f"{name}: was written by another version of mixengine; uninstall with that version first")


def fingerprint(data: bytes) -> str:
    """SHA-256, to recognise installed files."""
    return hashlib.sha256(data).hexdigest()


def import_paths() -> list[str]:
    """Where mixengine and reapy are imported from; `find_spec` does not run reapy, which would look for REAPER."""
    places = [Path(mixengine.__file__).resolve().parents[1]]
    reapy = importlib.util.find_spec("reapy")
    if reapy is not None and reapy.origin:
        places.append(Path(reapy.origin).resolve().parents[1])
    return list(dict.fromkeys(map(str, places)))
