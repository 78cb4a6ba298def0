"""Descriptions of the fields of a job's settings, and how values are checked. Standard library only.

From these descriptions come the options of the command line, ``--set`` of a batch, the options dialog in REAPER and the
tables in docs. A message names the setting; the command line puts its own option in the name's place.
"""

from __future__ import annotations

import functools
import os
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from mixengine.model.codec import OLD_NAMES
from mixengine.system.errors import UserError, nearest

_ABOUT = "about"


@dataclass(frozen=True, slots=True)
class Dialog:
    """A field of REAPER's options dialog: its caption, the key under which REAPER keeps what was entered, its place
    among the lines, what stands there at first when that is not the setting's default, and the button that it is for
    when that is not the job's.
    """

    caption: str
    key: str
    place: int = 65
    default: Any = None
    button: str = ""


@dataclass(frozen=True, slots=True)
class About:
    """Description of a setting, see `setting`."""

    help: str
    unit: str = ""
    min: float | None = None
    max: float | None = None
    choices: tuple[str, ...] = ()
    option: str = ""
    old_options: tuple[str, ...] = ()
    metavar: str = ""
    dialog: Dialog | None = None
    comma: bool = False
    required: bool = False
    file: bool = False
    hidden: bool = False


def setting(default: Any, *, old_names: tuple[str, ...] = (), about: About | None = None, **described: Any) -> Any:
    """A field of a settings class with its description.

    Parameters
    ----------
    default : object
        The value where the user says nothing; ``None`` and empty tuples stand for "not given".
    old_names : tuple of str
        Names that this field had in earlier versions: plans, presets and scripts that use them are still read.
    about : About, optional
        The description of another field; otherwise the following.
    help : str
        One line for the user.
    unit : str
        ``dB``, ``LU``, ``seconds``, ``percent``.
    min, max : float, optional
        The range, its ends included.
    choices : tuple of str
        The words that the setting takes.
    option : str
        The command line's option; default: from the field's name. ``--no-x`` turns a flag around.
    old_options : tuple of str
        Options of earlier versions, still understood and not shown.
    metavar : str
        What the help shows for the value.
    dialog : Dialog, optional
        The field in REAPER's dialog, if it has one.
    comma : bool
        The option takes several words with commas between, in place of being repeated.
    required : bool
        The command line requires it.
    file : bool
        It names a file or a folder.
    hidden : bool
        There is no option for it.
    """
    about = about or About(**described)
    return field(default=default, metadata={_ABOUT: about, OLD_NAMES: old_names})


class SettingName(str):
    """The name of a setting inside a message."""

    __slots__ = ()


class SettingError(UserError):
    """A message in which settings are named; `in_options` gives the message with the command line's options."""

    def __init__(self, *parts: str) -> None:
        super().__init__("".join(parts))
        self.parts = parts

    def in_options(self, kind: type) -> str:
        """The message with the command line's options of the settings ``kind``."""
        names = {option.name: option.flag for option in options(kind)}
        return "".join(names.get(part, part) if isinstance(part, SettingName) else part for part in self.parts)


def parts(error: UserError) -> tuple[str, ...]:
    """The parts of a message, to be put into another `SettingError`."""
    return error.parts if isinstance(error, SettingError) else (str(error),)


@dataclass(frozen=True, slots=True)
class Option:
    """A setting as the user meets it.

    Attributes
    ----------
    name : str
        The field's name.
    flag : str
        The command line's option.
    kind : type
        ``str``, ``int``, ``float`` or ``bool``.
    many : bool
        Whether it takes several words.
    optional : bool
        Whether it may be ``None``.
    default : object
    about : About
    """

    name: str
    flag: str
    kind: type
    many: bool
    optional: bool
    default: Any
    about: About


def options(kind: type) -> list[Option]:
    """The settings of a class in order; fields without a description are left out."""
    return list(_options(kind))


@functools.cache
def _options(kind: type) -> tuple[Option, ...]:
    """`options`, read once: the words of a class's annotations become types by being evaluated."""
    hints = typing.get_type_hints(kind)
    described = []
    for entry in fields(kind):
        about = entry.metadata.get(_ABOUT)
        if about is not None:
            plain, many, optional = _kind(hints[entry.name])
            flag = about.option or _flag(entry.name, many)
            described.append(Option(entry.name, flag, plain, many, optional, entry.default, about))
    return tuple(described)


def _kind(hint: Any) -> tuple[type, bool, bool]:
    """Plain type, whether several, whether ``None`` is possible."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return next(entry for entry in inside if entry is not type(None)), False, True
    return (inside[0], True, False) if origin is tuple else (hint, False, False)


def _flag(name: str, many: bool) -> str:
    """``--attack`` for ``attack_s``, ``--role`` for ``roles``."""
    word = name.removesuffix("_s") if not many else name.removesuffix("s")
    return "--" + word.replace("_", "-")


def names(kind: type) -> dict[str, str]:
    """Every name under which a setting may be given, those of earlier versions included → the field's name."""
    every = {entry.name: entry.name for entry in fields(kind)}
    return every | {old: entry.name for entry in fields(kind) for old in entry.metadata.get(OLD_NAMES, ())}


def values(kind: type, values_by_name: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with the names that the fields have now."""
    now = names(kind)
    return {now.get(name, name): value for name, value in values_by_name.items()}


def check(settings: Any) -> None:
    """Refuse values outside their range or choices; for ``__post_init__`` of a settings class.

    Raises
    ------
    SettingError
        Says which setting, its value, and what is possible.
    """
    for option in options(type(settings)):
        value = getattr(settings, option.name)
        for one in value if option.many else () if value is None else (value,):
            _check_choice(option, one)
            _check_range(option, one)


def check_files(settings: Any) -> None:
    """Refuse files that are not there, and settings without which there is no result.

    Raises
    ------
    SettingError
        Says which setting.
    """
    for option in options(type(settings)):
        value = getattr(settings, option.name)
        if option.about.required and not value:
            raise SettingError(SettingName(option.name), " is missing: ", option.about.help)
        if option.about.file and value and not os.path.exists(value):
            raise SettingError(SettingName(option.name), f" {value}: not found")


def _check_choice(option: Option, value: Any) -> None:
    if option.about.choices and value not in option.about.choices:
        raise unknown_word(option.name, value, option.about.choices)


def _check_range(option: Option, value: Any) -> None:
    low, high, unit = option.about.min, option.about.max, option.about.unit
    if (low is None or value >= low) and (high is None or value <= high):
        return
    if high is None:
        raise SettingError(SettingName(option.name), f" {value:g} is below {low:g}")
    raise SettingError(SettingName(option.name), f" {value:g} is outside [{low:g}, {high:g}] {unit}".rstrip())


def unknown_word(name: str, word: str, choices: Iterable[str]) -> SettingError:
    """The error for a word that a setting does not take: says which it takes, and the nearest one."""
    words = list(choices)
    return SettingError(
        SettingName(name), f" '{word}' is unknown{nearest(word, words)}; choose from: {', '.join(words)}"
    )


def no_selection(session_path: str) -> SettingError:
    """The error for ``selected_only`` where nothing is selected."""
    name = SettingName("selected_only")
    return SettingError(f"{session_path}: ", name, ": no track is selected in this session (folders have no selection)")


PRESET = "Name of a preset, or a .toml file."
ROLES = "TRACK=ROLE, remembered in the project."
SELECTED = "Change only tracks selected in the project."
NO_CACHE = "Measure everything anew; keep nothing."
"""Help that several jobs share."""
