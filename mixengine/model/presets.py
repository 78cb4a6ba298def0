"""Presets: how loud each role is relative to the others, how deep to duck. TOML files, shipped or the user's own."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mixengine.model import balance_rule, codec, settings
from mixengine.model.balance_rule import BalanceRule
from mixengine.model.duck_style import DuckStyle
from mixengine.model.roles import ROLE_WORDS
from mixengine.system.errors import UserError, nearest, unknown
from mixengine.system.user_dirs import config_folder

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_PACKAGED = Path(__file__).resolve().parents[1] / "presets"
_IN_TREE = Path(__file__).resolve().parents[2] / "presets"
_LIMIT_LU = 24.0


@dataclass(frozen=True, slots=True)
class Preset:
    """Targets of a kind of production.

    Attributes
    ----------
    name, title : str
    group : str
        How tracks in folders are balanced, see `mixengine.jobs.balance.groups`.
    rule : BalanceRule
        What a track's sound asks for, and how much of the present levels is kept.
    offsets_lu : dict of str to float
        Role → loudness relative to the common level, in LU; other roles and unknown tracks get 0.
    duck : DuckStyle
        How to duck under speech.
    learned : dict of str to dict
        What corrections of faders have added to ``offsets_lu`` already: balanced project → role → LU
        (`mixengine.app.learn`).
    """

    name: str
    title: str = ""
    group: str = "folder"
    rule: BalanceRule = field(default_factory=BalanceRule)
    offsets_lu: dict[str, float] = field(default_factory=dict)
    duck: DuckStyle = field(default_factory=DuckStyle)
    learned: dict[str, dict[str, float]] = field(default_factory=dict)

    def offset_lu(self, role: str | None) -> float:
        """Offset of a role, 0 for an unknown one."""
        return self.offsets_lu.get(role or "", 0.0)


def folder() -> Path:
    """Where the shipped presets are: in the installed package, or in the source tree."""
    return _PACKAGED if _PACKAGED.is_dir() else _IN_TREE


def user_folder() -> Path:
    """Where a user's own presets are looked for."""
    return config_folder() / "presets"


def available() -> dict[str, Path]:
    """Preset name → file; a user's preset hides a shipped one of the same name."""
    presets: dict[str, Path] = {}
    for place in (folder(), user_folder()):
        if place.is_dir():
            presets.update({path.stem: path for path in sorted(place.glob("*.toml"))})
    return presets


def load(name: str) -> Preset:
    """A preset by name or by path of a ``.toml`` file."""
    if name.endswith(".toml"):
        path = Path(name)
    else:
        presets = available()
        if name not in presets:
            raise unknown("preset", name, presets)
        path = presets[name]
    return _checked(path, read_toml(path, "preset"))


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """The values of a TOML file; ``what`` is how an error calls it.

    Raises
    ------
    UserError
        It cannot be read, or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: {what} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise UserError(f"{path}: {what} is not valid TOML: {error}") from None


_KEYS = ("title", "group", "rule", "tilt", "offsets_lu", "duck", "learned")
GROUPS = ("folder", "all")


def _checked(path: Path, data: dict[str, Any]) -> Preset:
    if stray := sorted(set(data) - set(_KEYS)):
        raise UserError(f"{path}: unknown key '{stray[0]}'{nearest(stray[0], _KEYS)}")
    group, learned = data.get("group", "folder"), data.get("learned", {})
    if group not in GROUPS:
        raise UserError(f"{path}: group = {group!r} must be one of: {', '.join(GROUPS)}")
    if not isinstance(learned, dict):
        raise UserError(f"{path}: learned must be a table of tables of role = LU")
    return Preset(
        path.stem,
        str(data.get("title", "")),
        group,
        _rule(path, data),
        _levels(path, "offsets_lu", data.get("offsets_lu", {}), _LIMIT_LU),
        _duck(path, data.get("duck", {})),
        {key: _levels(path, f"learned.{key}", table, 2.0 * _LIMIT_LU) for key, table in learned.items()},
    )


def _levels(path: Path, name: str, table: Any, limit_lu: float) -> dict[str, float]:
    """A table of role = LU."""
    if not isinstance(table, dict):
        raise UserError(f"{path}: {name} must be a table of role = LU")
    for role, value in table.items():
        if role not in ROLE_WORDS:
            raise UserError(f"{path}: unknown role '{role}'{nearest(role, ROLE_WORDS)}")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= limit_lu:
            raise UserError(f"{path}: {role} = {value!r} is not a number of LU in [-{limit_lu:g}, {limit_lu:g}]")
    return {role: float(value) for role, value in table.items()}


def _rule(path: Path, data: dict[str, Any]) -> BalanceRule:
    """The rule that a preset names; presets of earlier versions say ``tilt = true`` or ``false`` instead."""
    tilt = data.get("tilt", True)
    if not isinstance(tilt, bool):
        raise UserError(f"{path}: tilt = {tilt!r} must be true or false")
    name = data.get("rule", balance_rule.SONGS if tilt else balance_rule.LEVELS)
    rules = {file.stem: file for file in sorted((folder() / "balance").glob("*.toml"))}
    if name not in rules:
        raise UserError(f"{path}: unknown rule '{name}'{nearest(str(name), rules)}")
    return balance_rule.parse(rules[name], read_toml(rules[name], "rule"))


def _duck(path: Path, table: Any) -> DuckStyle:
    if not isinstance(table, dict):
        raise UserError(f"{path}: duck must be a table of settings")
    names = settings.names(DuckStyle)
    if stray := sorted(set(table) - set(names)):
        raise UserError(f"{path}: unknown key 'duck.{stray[0]}'{nearest(stray[0], names)}")
    try:
        return codec.decode(DuckStyle, table)
    except (ValueError, UserError) as error:
        raise UserError(f"{path}: duck: {error}") from None
