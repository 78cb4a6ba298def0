"""``mixengine reaper uninstall``: takes back what `install` did, and nothing that anyone has changed since."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from mixengine.reaper.setup import ini, keymap, record
from mixengine.reaper.setup.changes import Changes
from mixengine.reaper.setup.install import RUNNING, SECTION, Outcome
from mixengine.reaper.setup.places import ACTION_LIST, SCRIPTS, SETTINGS, System
from mixengine.reaper.setup.record import Record
from mixengine.reaper.setup.running import reaper_is_running


def uninstall(resource: Path, *, dry_run: bool = False, system: System | None = None) -> Outcome:
    """Remove our lines, files, icons and settings.

    Parameters
    ----------
    resource : Path
        REAPER's resource folder.
    dry_run : bool
        Say what would be done.
    system : System, optional
        Default: this computer.

    Returns
    -------
    Outcome
        What was done, and what was left because it is no longer as we made it.
    """
    changes, outcome = Changes(resource), Outcome()
    if reaper_is_running(system):
        outcome.warnings.append(RUNNING)
    done = record.load(changes.read(resource / record.NAME), str(resource / record.NAME)) or Record()
    _unregister(changes, resource, done, outcome)
    _take_back_settings(changes, resource, done, outcome)
    _remove_files(changes, resource, done, outcome)
    changes.remove(resource / record.NAME)
    if not changes.paths:
        outcome.done.append(f"nothing of mixengine was found in {resource}")
    if not dry_run:
        outcome.copies = changes.commit()
        _remove_folders(resource, done)
    return outcome


def _unregister(changes: Changes, resource: Path, done: Record, outcome: Outcome) -> None:
    path = resource / ACTION_LIST
    data = changes.read(path)
    if data is None:
        return
    count = len(keymap.registered(data))
    new = keymap.register(data, {})
    if not new and ACTION_LIST in done.made:
        changes.remove(path)
    else:
        changes.write(path, new, keep=True)
    if count:
        outcome.done.append(f"{count} actions taken out of REAPER's action list")


def _take_back_settings(changes: Changes, resource: Path, done: Record, outcome: Outcome) -> None:
    path = resource / SETTINGS
    data = changes.read(path)
    if data is None:
        return
    for setting in reversed(done.settings):
        now = ini.value(data, SECTION, setting.key)
        if now == setting.value:
            data = ini.take_back(data, SECTION, setting.key, setting.before)
            outcome.done.append(f"{SETTINGS}: {setting.key} is as it was before")
        elif now is not None:
            outcome.warnings.append(f"{SETTINGS}: {setting.key} was changed since and is kept")
    changes.write(path, data, keep=True)


def _remove_files(changes: Changes, resource: Path, done: Record, outcome: Outcome) -> None:
    removed = 0
    for name, mark in done.files.items():
        there = changes.read(resource / name)
        if there is None:
            continue
        if record.fingerprint(there) == mark:
            removed += changes.remove(resource / name)
        else:
            outcome.warnings.append(f"{resource / name}: was changed since and is kept")
    if removed:
        outcome.done.append(f"{removed} files removed from {resource}")


def _remove_folders(resource: Path, done: Record) -> None:
    for cache in list((resource / SCRIPTS).rglob("__pycache__")):
        shutil.rmtree(cache, ignore_errors=True)  # made by REAPER's Python out of our scripts
    for name in sorted(done.folders, key=len, reverse=True):
        with contextlib.suppress(OSError):
            (resource / name).rmdir()  # stays when something is in it
