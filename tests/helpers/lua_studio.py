"""The actions in Lua over a simulated REAPER: the very scripts, in a real Lua."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

from mixengine.hosts.reaper.lua_side import LuaApi, LuaSide
from mixengine.system import wire
from mixengine.system.talk import ScriptError
from reaper_sim import SimReaper
from reaper_sim.imgui import Click, ImGui
from reaper_sim.lua import LuaReaper
from tests.helpers.paths import ROOT
from tests.helpers.studio import InProcess, Studio

SCRIPTS = ROOT / "reaper_scripts" / "lua"
OPEN = b"return function(path) return assert(loadfile(path))() end"


class Direct:
    """Talks to the scripts without a folder between: question and answer as the bytes that would lie there."""

    def __init__(self, sim: SimReaper) -> None:
        reaper = LuaReaper(sim)
        self.functions = reaper.reaper
        self.front = reaper.lua.execute(OPEN)(os.fsencode(SCRIPTS / "front.lua"))

    def ask(self, do: str, **fields: Any) -> Any:
        answer, asked = self.front[b"answer"](wire.encode({"do": do, **fields}))
        assert asked[b"do"] == do.encode()
        reply = wire.decode(answer)
        if not reply["ok"]:
            raise ScriptError(reply["why"])
        return reply.get("value")


def direct(sim: SimReaper) -> tuple[LuaApi, LuaSide]:
    """REAPER's functions and the side of a Lua script, at once."""
    talk: Any = Direct(sim)
    return LuaApi(talk), LuaSide(talk)


class LuaStudio(Studio):
    """A REAPER whose buttons in Lua can be clicked; what they start works in a thread instead of a process."""

    def __init__(self, sim: SimReaper) -> None:
        super().__init__(sim)
        self.place = sim.resource_path / "Scripts" / "mixengine"
        self.place.mkdir(parents=True, exist_ok=True)
        (self.place / "mixengine_python.txt").write_text(f"{sys.executable}\n", encoding="utf-8")
        (self.place / "mixengine_install.json").write_text(json.dumps({"paths": [str(ROOT)]}), encoding="utf-8")
        self.scripts: list[LuaReaper] = []
        self.patience_s = 15.0
        self.clicks: deque[Click] | None = None
        self.imgui_without = ""
        self.panels: list[ImGui] = []

    def click(self, name: str) -> LuaReaper:
        """Start an action as REAPER does; its name is that of `mixengine.reaper.actions` or of a job."""
        script = LuaReaper(self.sim, start=_in_thread)
        [path] = [
            path for path in SCRIPTS.glob("mixengine_*.lua") if f'.run("{name}")' in path.read_text(encoding="utf-8")
        ]
        if self.clicks is not None:  # ReaImGui is installed
            self.panels.append(ImGui(script, self.clicks, self.imgui_without))
        self.scripts = [*(one for one in self.scripts if one.is_running), script]
        script.run_script(path)
        return script

    def _do(self, name: str) -> None:
        self.click(name)

    def until_started(self) -> None:
        while not InProcess.started:
            self.scripts[0].tick()
            time.sleep(0.001)

    def wait(self) -> None:
        for script in self.scripts:
            script.run_until_end(timeout_s=60, rate_hz=1000)
        self.sim.check_balanced()


def _in_thread(words: list[str]) -> threading.Thread:
    from mixengine.reaper import lua_front

    python, _, start, folder = words
    assert (python, Path(start).name) == (sys.executable, "mixengine_start.py")
    thread = threading.Thread(target=lua_front.run, args=(Path(folder),), daemon=True)
    thread.start()
    return thread
