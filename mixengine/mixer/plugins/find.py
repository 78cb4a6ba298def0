"""Where a VST3 plug-in is on this machine: by the identifier in the project, never by its name alone.

Candidates are the files that REAPER's own list names for the identifier, those that say it of themselves
(``moduleinfo.json``), and those with the file name in the project, in the standard folders of VST3 and those that
REAPER searches. Which of them holds the plug-in is only known when it is loaded: the identifier is compared then
(`mixengine.mixer.plugins.worker`).
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path, PurePosixPath

from mixengine.system.user_dirs import config_folder

FOLDERS = "MIXENGINE_VST3"
"""Environment variable: folders that are searched before all others."""
_LIST = "reaper-vstplugins*.ini"
_ENDING = ".vst3"
_NOT_IN_KEYS = re.compile(r"[^A-Za-z0-9.]")
"""REAPER's list has underscores for these in the names of files."""
_MAX_FILES = 20_000


def candidates(class_id: str, file: str) -> tuple[str, ...]:
    """Files that may hold a plug-in, the likeliest first.

    Parameters
    ----------
    class_id : str
        32 hexadecimal digits.
    file : str
        File name as the project has it, also with a folder of another system.
    """
    written = PurePosixPath(file.replace("\\", "/")).name
    listed = {key for key, names in _reapers_list().items() if class_id.upper() in names}
    by_list = [path for path in _files() if _key(path.name) in listed]
    by_name = [path for path in _files() if path.name.lower() == written.lower()]
    itself = [] if by_list or by_name else [path for path in _files() if _names_itself(path, class_id)]
    return tuple(dict.fromkeys(str(path) for path in (*by_list, *by_name, *itself)))


def _key(name: str) -> str:
    return _NOT_IN_KEYS.sub("_", name).lower()


@cache
def _reapers_list() -> dict[str, frozenset[str]]:
    """Of REAPER's list of plug-ins: file → identifiers in it."""
    listed: dict[str, set[str]] = {}
    for path in sorted(reaper_folder().glob(_LIST)):
        for line in _text(path).splitlines():
            name, equals, rest = line.partition("=")
            ids = re.findall(r"\{([0-9A-Fa-f]{32})", rest)
            if equals and ids:
                listed.setdefault(_key(name.partition("<")[0]), set()).update(each.upper() for each in ids)
    return {name: frozenset(ids) for name, ids in listed.items()}


def reaper_folder() -> Path:
    """Where REAPER keeps its settings unless it is a portable one."""
    return config_folder().parent / "REAPER"


@cache
def _files() -> tuple[Path, ...]:
    """All VST3 files and bundles, in the order in which folders are searched."""
    files: dict[Path, None] = {}
    for folder in _folders():
        for path in _plugins_in(folder):
            files.setdefault(path)
            if len(files) >= _MAX_FILES:
                return tuple(files)
    return tuple(files)


def _plugins_in(folder: Path) -> Iterator[Path]:
    for where, names, files in os.walk(folder):
        bundles = [name for name in names if name.lower().endswith(_ENDING)]
        names[:] = sorted(set(names) - set(bundles))
        yield from (Path(where) / name for name in sorted(bundles))
        yield from (Path(where) / name for name in sorted(files) if name.lower().endswith(_ENDING))


def _folders() -> Iterable[Path]:
    named = [Path(word) for word in os.environ.get(FOLDERS, "").split(os.pathsep) if word]
    return dict.fromkeys([*named, *_standard_folders(), *_reapers_folders()])


def _standard_folders() -> list[Path]:
    """Those of Steinberg's specification."""
    home = Path.home()
    if os.name == "nt":
        bases = [
            (os.environ.get("LOCALAPPDATA"), "Programs/Common/VST3"),
            (os.environ.get("COMMONPROGRAMFILES"), "VST3"),
        ]
        return [Path(base) / rest for base, rest in bases if base]
    if sys.platform == "darwin":
        return [home / "Library/Audio/Plug-Ins/VST3", Path("/Library/Audio/Plug-Ins/VST3")]
    return [home / ".vst3", Path("/usr/lib/vst3"), Path("/usr/local/lib/vst3")]


def _reapers_folders() -> list[Path]:
    """The folders that REAPER searches, from its settings."""
    lines = re.findall(r"^vstpath\w*=(.*)$", _text(reaper_folder() / "reaper.ini"), re.MULTILINE)
    words = [word.strip() for line in lines for word in line.split(";")]
    return [Path(word) for word in words if word and Path(word).is_absolute()]


def _names_itself(path: Path, class_id: str) -> bool:
    """Whether a bundle's ``moduleinfo.json`` names the identifier."""
    places = (path / "Contents" / "Resources" / "moduleinfo.json", path / "Contents" / "moduleinfo.json")
    return any(class_id.upper() in _text(place).upper().replace("-", "") for place in places)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
