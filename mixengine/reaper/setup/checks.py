"""The checks of `doctor`: one function each, which returns a state, a description and advice."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import mixengine
from mixengine.reaper.setup import actions, binaries, fronts, interpreters, keymap, libraries, reascript
from mixengine.reaper.setup.places import ACTION_LIST, ICONS, SETTINGS, programs
from mixengine.reaper.setup.reascript import MIN_PYTHON, NEEDED
from mixengine.reaper.setup.reascript import SET_PYTHON as _SET_PYTHON
from mixengine.reaper.setup.running import reaper_is_running
from mixengine.reaper.setup.situation import LIGHT, Situation
from mixengine.system import extras

Result = tuple[str, ...]
"""State (``ok``, ``warn``, ``fail``), description, and optionally advice."""

_INSTALL = "run 'mixengine reaper install'"
_PORTS = (2306, 2307)


@dataclass(frozen=True)
class Finding:
    """Result of one check.

    Parameters
    ----------
    name : str
        Name of the check.
    state : str
        ``ok``, ``warn`` or ``fail``.
    text : str
        Description.
    advice : str
        What the user can do; may be empty.
    """

    name: str
    state: str
    text: str
    advice: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


CHECKS: dict[str, Callable[[Situation], Result]] = {}


_NOT_NEEDED: Result = ("ok", "not needed: the actions are in Lua")


def _check(
    name: str, *, front: str | None = None
) -> Callable[[Callable[[Situation], Result]], Callable[[Situation], Result]]:
    """Register a check, or one that only the actions of a ``front`` need."""

    def register(function: Callable[[Situation], Result]) -> Callable[[Situation], Result]:
        def check(situation: Situation) -> Result:
            is_needed = situation.record is None or situation.front == front
            return function(situation) if is_needed else _NOT_NEEDED

        CHECKS[name] = check if front else function
        return function

    return register


@_check("REAPER running")
def _running(situation: Situation) -> Result:
    running = reaper_is_running(situation.system)
    if running is None:
        return (
            "warn",
            "the list of running programs cannot be read",
            "make sure that REAPER is closed before installing",
        )
    if running:
        return "ok", "yes; changes of its settings count after a restart, quit it before 'mixengine reaper install'"
    return "ok", "no; its settings can be edited safely"


@_check("ReaScript with Python", front=fronts.REAPY)
def _enabled(situation: Situation) -> Result:
    state = situation.python.enabled
    if state == "1":
        return "ok", "switched on"
    if state:
        return "fail", reascript.OFF, _SET_PYTHON
    return "warn", f"{SETTINGS} does not say whether Python is switched on", _INSTALL


@_check("Python library", front=fronts.REAPY)
def _library(situation: Situation) -> Result:
    library = situation.library
    if situation.python.only_folder:
        return "warn", situation.python.only_folder, _SET_PYTHON
    if library is None:
        search = libraries.shared_library(situation.build, situation.system)
        advice = search.trouble if search.path is None else _INSTALL
        return "fail", "REAPER is not told which Python to load", advice
    if trouble := reascript.trouble(library):
        return "fail", trouble, _SET_PYTHON
    return "ok", str(library)


@_check("processor", front=fronts.REAPY)
def _processor(situation: Situation) -> Result:
    library = situation.library
    binary = binaries.read(library) if library else None
    if binary is None:
        return "warn", "not known without a Python library"
    program = next((path for path in programs(situation.resource, situation.system) if path.is_file()), None)
    reaper = binaries.read(program) if program else None
    architectures = reaper.architectures if reaper else frozenset({binaries.architecture(situation.system.machine)})
    owner = f"REAPER ({program})" if reaper else "this computer"
    names = "/".join(sorted(binary.architectures)), "/".join(sorted(architectures))
    if binary.architectures & architectures:
        return "ok", f"Python is for {names[0]}, {owner} for {names[1]}"
    text = f"Python is for {names[0]}, but {owner} is for {names[1]}"
    return (
        ("fail" if reaper else "warn"),
        text,
        f"install a Python for {names[1]} and mixengine with it, then --set-python",
    )


@_check("backend")
def _backend(situation: Situation) -> Result:
    if situation.record is None:
        return "fail", "mixengine is not installed in REAPER", _INSTALL
    python = Path(situation.record.interpreter)
    if not python.is_file():
        return "fail", f"{python}: the Python that runs mixengine is gone", _INSTALL + " with the one you use now"
    answer = interpreters.ask(python, ["mixengine.jobs.registry"])
    if not answer.version:
        return "fail", f"{python}: does not start: {answer.trouble}", _INSTALL + " with a Python that works"
    if answer.failures:
        why = next(iter(answer.failures.values()))
        return (
            "fail",
            f"{python}: cannot load mixengine: {why}",
            f"install mixengine there: {python} -m pip install mixengine",
        )
    return "ok", f"{python} (Python {answer.version})"


@_check("front")
def _front(situation: Situation) -> Result:
    if situation.record is None or situation.front == fronts.REAPY:
        return "ok", "the actions are in Python, through reapy" if situation.record else "none is installed"
    content = _content(situation.resource / fronts.PYTHON_NAME) or b""
    if content != fronts.starter(situation.record.interpreter, situation.system):
        return "fail", "the actions are in Lua, but it is not noted for them which Python does the work", _INSTALL
    return "ok", "the actions are in Lua"


@_check("mixengine inside REAPER", front=fronts.REAPY)
def _light(situation: Situation) -> Result:
    return _importable(situation, LIGHT)


@_check("reapy inside REAPER", front=fronts.REAPY)
def _reapy(situation: Situation) -> Result:
    return _importable(situation, ("reapy",))


def _importable(situation: Situation, names: tuple[str, ...]) -> Result:
    answer = situation.inside
    if answer is None:
        return (
            "warn",
            "not known: the interpreter of REAPER's Python library was not found",
            "run the action 'Self-test'",
        )
    if not answer.version:
        return "fail", f"REAPER's Python does not start: {answer.trouble}", _SET_PYTHON
    if tuple(map(int, answer.version.split(".")[:2])) < MIN_PYTHON:
        return "fail", f"REAPER's Python {answer.version} is too old: mixengine needs {NEEDED} or newer", _SET_PYTHON
    failed = [name for name in names if name in answer.failures]
    if failed:
        advice = "python -m pip install python-reapy, then " + _INSTALL if "reapy" in failed else _INSTALL
        return "fail", f"Python {answer.version} cannot import {failed[0]}: {answer.failures[failed[0]]}", advice
    return "ok", f"{', '.join(names)} can be imported by Python {answer.version}"


@_check("actions registered")
def _registered(situation: Situation) -> Result:
    if situation.record is not None and situation.front == fronts.LUA and not situation.record.actions:
        return "ok", "they come from ReaPack"
    path = situation.resource / ACTION_LIST
    present = keymap.registered(path.read_bytes()) if path.is_file() else {}
    shipped = actions.shipped_actions(situation.shipped)
    missing = [
        action.name for action in shipped if present.get(action.command_id) != action.in_scripts(situation.front)
    ]
    if missing:
        return (
            "fail",
            f"{len(missing)} of {len(shipped)} actions are not in REAPER's action list, e.g. {missing[0]}",
            _INSTALL,
        )
    return "ok", f"{len(shipped)} actions"


@_check("scripts up to date")
def _up_to_date(situation: Situation) -> Result:
    if situation.record is None:
        return "fail", "mixengine is not installed in REAPER", _INSTALL
    if situation.record.version != mixengine.__version__:
        text = f"the scripts in REAPER are of version {situation.record.version}, mixengine is {mixengine.__version__}"
        return "fail", text, _INSTALL
    if not situation.record.actions:
        return "ok", "they come from ReaPack"
    shipped = actions.shipped_files(situation.shipped, situation.front)
    scripts = {name: data for name, data in shipped.items() if not name.startswith(ICONS)}
    other = [name for name, data in scripts.items() if _content(situation.resource / name) != data]
    if other:
        return "fail", f"{len(other)} scripts are missing or changed, e.g. {other[0]}", _INSTALL
    return "ok", f"version {mixengine.__version__}"


@_check("toolbar icons")
def _icons(situation: Situation) -> Result:
    if situation.record is not None and not situation.record.actions:
        return "ok", "they come from ReaPack"
    icons = [name for name in actions.shipped_files(situation.shipped) if name.startswith(ICONS)]
    missing = [name for name in icons if not (situation.resource / name).is_file()]
    if missing:
        return "warn", f"{len(missing)} of {len(icons)} icons are missing; buttons show words instead", _INSTALL
    return "ok", f"{len(icons)} pictures"


@_check("network")
def _network(situation: Situation) -> Result:
    interfaces = [situation.setting(f"csurf_{index}") for index in range(32)]
    ports = {word for text in interfaces if text.startswith("HTTP") for word in text.split()[2:3]}
    if ports & {str(port) for port in _PORTS}:
        advice = "block the ports 2306 and 2307 in your firewall, or remove the web interface when you do not use it"
        return (
            "warn",
            "reapy's network access is set up: its server accepts commands from every computer in reach",
            advice,
        )
    return "ok", "reapy's network access is not set up; the actions do not need it"


@_check("optional parts")
def _extras(situation: Situation) -> Result:
    del situation  # they belong to this Python
    here = [name for name, extra in extras.EXTRAS.items() if not extra.missing]
    others = [f"{name} ({extra.adds})" for name, extra in extras.EXTRAS.items() if extra.missing]
    advice = [f"{extras.install_line('NAME')} adds {'; '.join(others)}"] if others else []
    return "ok", f"installed: {', '.join(here) or 'none'}", *advice


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() and os.access(path, os.R_OK) else None
