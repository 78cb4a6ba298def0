"""The buttons in Lua: what a button does, done in a process of its own that asks the script in REAPER.

The same actions, dialogs and words as inside REAPER's Python (`mixengine.reaper.actions`); only REAPER's functions are
elsewhere. ``mixengine_start.py`` beside the scripts calls `run`.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from mixengine.system.talk import ScriptEnded, Talk

_TICK_S = 1 / 15
_MAX_AGE_S = 86400.0


def run(folder: Path) -> int:
    """Do the action that a script asks for in its folder; returns the exit code."""
    talk = Talk(folder)
    _sweep(folder.parent)
    try:
        _do(talk)
    except ScriptEnded:
        return 1
    finally:
        talk.end()
    return 0


def _sweep(talks: Path) -> None:
    """Remove what was left where REAPER or this side was ended from outside."""
    for folder in talks.iterdir():
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > _MAX_AGE_S:
                shutil.rmtree(folder)


def _do(talk: Talk) -> None:
    talk.ask("call", name="Help_Set", arguments=["mixengine: 0 % starting", False])  # loading all of it takes longest
    from mixengine.hosts.reaper.lua_side import LuaApi, LuaPanel, LuaSide
    from mixengine.reaper import actions
    from mixengine.reaper.ui import ReaperUI

    pending: list[str] = []
    main: Any = ModuleType("mixengine_script")
    main.RPR_defer = pending.append
    actions.do(talk.start["action"], ReaperUI(LuaApi(talk), main, sys.executable, LuaSide(talk), LuaPanel(talk)))
    while pending:
        time.sleep(_TICK_S)
        talk.check()
        exec(pending.pop(0), main.__dict__)  # our own code, as REAPER's Python gets it for its next tick
