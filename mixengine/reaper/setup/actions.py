"""The shipped action scripts, and the other files that are copied into REAPER's folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mixengine.reaper.setup import headers, keymap
from mixengine.reaper.setup.fronts import LUA, REAPY
from mixengine.reaper.setup.places import ICONS, SCRIPTS
from mixengine.system.errors import UserError

_PACKAGED = Path(__file__).resolve().parents[2] / "reaper_scripts"
_IN_TREE = Path(__file__).resolve().parents[3] / "reaper_scripts"
PREFIX = "mixengine_"
LUA_FOLDER, LUA_SET_UP = "lua", "mixengine set up.lua"
"""Where the actions in Lua are, and the one that sets mixengine up, which has no counterpart in Python."""
ICON_PREFIX = "toolbar_mixengine_"

# words of a file's name, first match first
_ICONS = {
    "remove": ("remove",),
    "selftest": ("self-test", "selftest"),
    "groups": ("folder", "group"),
    "balance": ("balance",),
    "duck": ("duck",),
    "automix": ("automix", "microphone"),
    "level": ("level",),
    "align": ("align",),
    "unmask": ("unmask", "eq)", "carve"),
    "isolate": ("isolate", "dialogue", "enhance"),
    "separate": ("separate",),
    "match": ("match", "reference"),
    "deliver": ("deliver", "loudness"),
    "bypass": ("bypass", "a-b)"),
    "render": ("render",),
    "report": ("report",),
    "remember": ("remember", "corrections"),
    "options": ("option", "preset", "choose"),
}
ICON_NAMES = tuple(_ICONS)


@dataclass(frozen=True)
class Action:
    """A script that REAPER's action list shows.

    Parameters
    ----------
    name : str
        File name, which is what the user sees.
    path : str
        Path below ``reaper_scripts``, with ``/``.
    title, version : str
        From the header.
    """

    name: str
    path: str
    title: str
    version: str

    @property
    def command_id(self) -> str:
        """Depends on the file name only."""
        return keymap.command_id(self.name)

    @property
    def icon(self) -> str:
        """File name of the toolbar icon; empty when there is none."""
        words = self.name.removeprefix(PREFIX).lower()
        name = next((icon for icon, keywords in _ICONS.items() if any(mark in words for mark in keywords)), "")
        return f"{ICON_PREFIX}{name}.png" if name else ""

    @property
    def lua_name(self) -> str:
        """File name of the same action in Lua."""
        return f"{self.name.removesuffix('.py')}.lua"

    def in_scripts(self, front: str) -> str:
        """Path relative to REAPER's ``Scripts`` folder."""
        path = self.path if front == REAPY else f"{LUA_FOLDER}/{self.lua_name}"
        return f"{SCRIPTS.partition('/')[2]}/{path}"


def shipped_folder() -> Path:
    """The scripts of this version: inside the installed package, or beside it in a working copy."""
    for folder in (_PACKAGED, _IN_TREE):
        if folder.is_dir():
            return folder
    raise UserError(f"{_PACKAGED}: the action scripts are missing from this installation; install mixengine again")


def shipped_actions(folder: Path) -> list[Action]:
    """Read the headers of all actions, in the order of their names."""
    shipped = []
    for path in sorted(folder.rglob(f"{PREFIX}*.py")):
        header = headers.parse(path.read_text(encoding="utf-8", errors="replace"))
        if headers.is_package(header) and "__pycache__" not in path.parts:
            title, version = header.get("description") or path.stem, header["version"] or ""
            shipped.append(Action(path.name, path.relative_to(folder).as_posix(), title, version))
    _check_unique_names(shipped)
    return shipped


def _check_unique_names(actions: list[Action]) -> None:
    names = [action.name for action in actions]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(f"two action scripts are called '{twice[0]}'; a name makes the command id and must be unique")


def shipped_files(folder: Path, front: str = REAPY) -> dict[str, bytes]:
    """All files to copy for one of the two fronts.

    Returns
    -------
    dict[str, bytes]
        Path relative to REAPER's resource folder, with ``/``, to content.
    """
    scripts = {
        f"{SCRIPTS}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*.*"))
        # toolbar: icons, below; __init__: makes the folder a package of mixengine and is of no use in REAPER
        if path.suffix in (".py", ".lua")
        and not {"__pycache__", "toolbar"} & set(path.parts)
        and path.name not in ("__init__.py", LUA_SET_UP)
        and (LUA_FOLDER in path.relative_to(folder).parts) == (front == LUA)
    }
    toolbar = folder / "toolbar"
    icons = {
        f"{ICONS}/{path.relative_to(toolbar).as_posix()}": path.read_bytes()
        for path in sorted(toolbar.rglob(f"{ICON_PREFIX}*.png"))
    }
    return {**scripts, **icons}
