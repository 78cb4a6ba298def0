"""``mixengine reaper install``: copies scripts, icons and toolbar, registers actions, sets Python where none is set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mixengine.reaper.setup import actions, fronts, ini, keymap, libraries, reascript, record, toolbar
from mixengine.reaper.setup.changes import Changes
from mixengine.reaper.setup.places import ACTION_LIST, ICONS, SETTINGS, TOOLBAR, System
from mixengine.reaper.setup.reascript import ENABLED, FOLDER, LIBRARY, SECTION
from mixengine.reaper.setup.record import Record, Setting
from mixengine.reaper.setup.running import reaper_is_running

RUNNING = (
    "REAPER is running: it keeps its own view of its settings and may write it over ours when it quits; quit REAPER "
    "and run this again"
)


@dataclass
class Outcome:
    """Result of an installation, in words.

    Parameters
    ----------
    done, warnings : list[str]
        One line each.
    copies : list[Path]
        Dated backups of the edited files.
    """

    done: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    copies: list[Path] = field(default_factory=list)


def install(
    resource: Path,
    *,
    set_python: bool = False,
    front: str | None = None,
    by_reapack: bool = False,
    dry_run: bool = False,
    scripts: Path | None = None,
    system: System | None = None,
    build: libraries.Build | None = None,
) -> Outcome:
    """Install or update; a second run changes nothing.

    Parameters
    ----------
    resource : Path
        REAPER's resource folder.
    set_python : bool
        Set this Python in REAPER's settings even if another one is set.
    front : str, optional
        ``reapy`` or ``lua``; default: the one that is installed, else see `mixengine.reaper.setup.fronts.why_lua`.
    by_reapack : bool
        The actions in Lua come from ReaPack: only note which Python does the work.
    dry_run : bool
        Report what would be done, without doing it.
    scripts : Path, optional
        Where the actions are; default: those of this version.
    system, build : optional
        Default: this computer and this Python.

    Returns
    -------
    Outcome
        What was done.
    """
    system = system or System()
    scripts = scripts or actions.shipped_folder()
    changes, outcome = Changes(resource), Outcome()
    if reaper_is_running(system):
        outcome.warnings.append(RUNNING)
    build = build or libraries.Build()
    recorded = record.load(changes.read(resource / record.NAME), str(resource / record.NAME))
    before = recorded or Record()
    library = libraries.shared_library(build, system)
    wanted = fronts.LUA if by_reapack else front or (recorded.front if recorded else None)
    kept = b"" if set_python else ini.checked(changes.read(resource / SETTINGS) or b"", str(resource / SETTINGS))
    why = "" if wanted else fronts.why_lua(library, reascript.read(kept), resource, system)
    if why:
        outcome.warnings.append(f"the actions are those in Lua, which need no Python inside REAPER ({why})")
    front = wanted or (fronts.LUA if why else fronts.REAPY)
    shipped = [] if by_reapack else actions.shipped_actions(scripts)
    files = {} if by_reapack else _files(scripts, shipped, front)
    if front == fronts.LUA:
        files[fronts.PYTHON_NAME] = fronts.starter(Record().interpreter, system)
    created = list(before.made)
    if changes.read(resource / ACTION_LIST) is None and shipped and ACTION_LIST not in created:
        created.append(ACTION_LIST)
    _copy(changes, resource, files, before, outcome)
    _register_actions(changes, resource, shipped, front, outcome, system)
    settings = before.settings
    if front == fronts.REAPY or set_python:
        settings = _set_python(changes, resource, settings, set_python, outcome, system, library)
    now = Record(
        files={name: record.fingerprint(data) for name, data in files.items()},
        actions={action.name: action.command_id for action in shipped},
        settings=settings,
        made=created,
        folders=sorted({*before.folders, *_missing_folders(resource, [*files, record.NAME])}),
        front=front,
    )
    changes.write(resource / record.NAME, now.dump())
    outcome.warnings += _warnings(shipped, now) if not by_reapack else ()
    if front != before.front and recorded:
        outcome.done.append(f"front: {front}, before {before.front}")
    if not changes.paths:
        outcome.done.append("everything is in place already; nothing was changed")
    if not dry_run:
        outcome.copies = changes.commit()
    return outcome


def _files(scripts: Path, shipped: list[actions.Action], front: str) -> dict[str, bytes]:
    files = actions.shipped_files(scripts, front)
    icons = [name.rpartition("/")[2] for name in files if name.startswith(ICONS)]
    return {**files, TOOLBAR: toolbar.menu_file(shipped, icons)} if shipped else files


def _copy(changes: Changes, resource: Path, files: dict[str, bytes], before: Record, outcome: Outcome) -> None:
    written = 0
    for name, data in files.items():
        present = changes.read(resource / name)
        ours = present is None or record.fingerprint(present) == before.files.get(name)
        if changes.write(resource / name, data, keep=not ours):
            written += 1
            if not ours:
                outcome.warnings.append(f"{resource / name}: was changed by someone; a dated copy was kept")
    for name in before.files.keys() - files.keys():
        present = changes.read(resource / name)
        if present is not None and record.fingerprint(present) == before.files[name]:
            changes.remove(resource / name)
    if written:
        outcome.done.append(f"{written} files copied into {resource}")


def _register_actions(
    changes: Changes, resource: Path, shipped: list[actions.Action], front: str, outcome: Outcome, system: System
) -> None:
    path = resource / ACTION_LIST
    data = ini.checked(changes.read(path) or b"", str(path))
    paths = {action.name: action.in_scripts(front) for action in shipped}
    n_new = len({action.command_id for action in shipped} - keymap.registered(data).keys())
    new = keymap.register(data, paths, _ending(system))
    if new != data and changes.write(path, new, keep=True):
        outcome.done.append(
            f"{n_new} actions added to REAPER's action list" if n_new else "REAPER's action list updated"
        )


def _set_python(
    changes: Changes,
    resource: Path,
    earlier: list[Setting],
    forced: bool,
    outcome: Outcome,
    system: System,
    library: libraries.LibrarySearch,
) -> list[Setting]:
    path = resource / SETTINGS
    data = ini.checked(changes.read(path) or b"", str(path))
    present = {key: ini.value(data, SECTION, key) for key in (ENABLED, FOLDER, LIBRARY)}
    named = reascript.read(data)
    new_values: dict[str, str] = {}
    if not forced and named.is_named:
        problem = named.only_folder or reascript.trouble(named.library or Path())
        outcome.warnings += [f"{problem}; {reascript.SET_PYTHON}"] if problem else []
    else:
        if library.trouble:
            outcome.warnings.append(library.trouble)
        if library.path is not None:
            new_values = {FOLDER: str(library.path.parent), LIBRARY: library.path.name}
    if forced or not present[ENABLED]:
        new_values[ENABLED] = "1"
    elif present[ENABLED] == "0":
        outcome.warnings.append("Python is switched off in REAPER's preferences; --set-python switches it on")
    settings = {setting.key: setting for setting in earlier}
    for key, text in new_values.items():
        if present[key] == text:
            continue
        data, before = ini.put(data, SECTION, key, text, _ending(system))
        set_by_us = key in settings and settings[key].value == present[key]
        # set by an earlier installation too: uninstall restores the value before the first one
        settings[key] = Setting(key, text, *((settings[key].line, settings[key].section_added) if set_by_us else
                                             (before.line, before.section_added)))  # fmt: skip
        outcome.done.append(f"{SETTINGS}: {key}={text}")
    changes.write(path, data, keep=True)
    return list(settings.values())


def _warnings(shipped: list[actions.Action], now: Record) -> Iterable[str]:
    if not shipped:
        yield "this version of mixengine ships no actions yet"
    if now.front == fronts.REAPY and not any((Path(place) / "reapy").is_dir() for place in now.paths):
        yield "reapy is not installed beside mixengine; the actions need it: pip install python-reapy"


def _missing_folders(resource: Path, names: Iterable[str]) -> set[str]:
    folders = {str(parent) for name in names for parent in list(Path(name).parents)[:-1]}
    return {Path(folder).as_posix() for folder in folders if not (resource / folder).exists()}


def _ending(system: System) -> bytes:
    return b"\r\n" if system.platform == "win32" else b"\n"
