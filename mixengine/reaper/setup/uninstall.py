"""``mixengine reaper uninstall``: undoes `install`, except for files and settings that were changed since."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from mixengine.reaper.setup import ini, keymap, record
from mixengine.reaper.setup.changes import Changes
from mixengine.reaper.setup.install import RUNNING, Outcome
from mixengine.reaper.setup.places import ACTION_LIST, SCRIPTS, SETTINGS, System
from mixengine.reaper.setup.reascript import SECTION
from mixengine.reaper.setup.record import Record
from mixengine.reaper.setup.running import reaper_is_running


def uninstall(resource: Path, *, dry_run: bool = False, system: System | None = None) -> Outcome:
    """Remove our lines, files, icons and settings.

    Parameters
    ----------
    resource : Path
        REAPER's resource folder.
    dry_run : bool
        Report what would be done, without doing it.
    system : System, optional
        Default: this computer.

    Returns
    -------
    Outcome
        What was undone, and what was kept because it was changed since.
    """
    changes, outcome = Changes(resource), Outcome()
    if reaper_is_running(system):
        outcome.warnings.append(RUNNING)
    installed = record.load(changes.read(resource / record.NAME), str(resource / record.NAME)) or Record()
    _unregister(changes, resource, installed, outcome)
    _take_back_settings(changes, resource, installed, outcome)
    _remove_files(changes, resource, installed, outcome)
    changes.remove(resource / record.NAME)
    if not changes.paths:
        outcome.done.append(f"nothing of mixengine was found in {resource}")
    if not dry_run:
        outcome.copies = changes.commit()
        _remove_folders(resource, installed)
    return outcome


def _unregister(changes: Changes, resource: Path, installed: Record, outcome: Outcome) -> None:
    path = resource / ACTION_LIST
    data = changes.read(path)
    if data is None:
        return
    count = len(keymap.registered(data))
    new = keymap.register(data, {})
    if not new and ACTION_LIST in installed.made:
        changes.remove(path)
    else:
        changes.write(path, new, keep=True)
    if count:
        outcome.done.append(f"{count} actions taken out of REAPER's action list")


def _take_back_settings(changes: Changes, resource: Path, installed: Record, outcome: Outcome) -> None:
    path = resource / SETTINGS
    data = changes.read(path)
    if data is None:
        return
    for setting in reversed(installed.settings):
        now = ini.value(data, SECTION, setting.key)
        if now == setting.value:
            data = ini.take_back(data, SECTION, setting.key, setting.before)
            outcome.done.append(f"{SETTINGS}: {setting.key} is as it was before")
        elif now is not None:
            outcome.warnings.append(f"{SETTINGS}: {setting.key} was changed since and is kept")
    changes.write(path, data, keep=True)


def _remove_files(changes: Changes, resource: Path, installed: Record, outcome: Outcome) -> None:
    removed = 0
    for name, mark in installed.files.items():
        present = changes.read(resource / name)
        if present is None:
            continue
        if record.fingerprint(present) == mark:
            removed += changes.remove(resource / name)
        else:
            outcome.warnings.append(f"{resource / name}: was changed since and is kept")
    if removed:
        outcome.done.append(f"{removed} files removed from {resource}")


def _remove_folders(resource: Path, installed: Record) -> None:
    for cache in list((resource / SCRIPTS).rglob("__pycache__")):
        shutil.rmtree(cache, ignore_errors=True)  # written by REAPER's Python
    shutil.rmtree(resource / SCRIPTS / "talk", ignore_errors=True)  # what an action in Lua left that was terminated
    for name in sorted(installed.folders, key=len, reverse=True):
        with contextlib.suppress(OSError):
            (resource / name).rmdir()  # fails for a folder that is not empty
