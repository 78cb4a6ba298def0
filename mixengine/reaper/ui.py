"""Shared by all buttons: REAPER's functions, message boxes, and one box for every error.

Native message boxes only, which screen readers read.
"""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mixengine.hosts.reaper import stem_renderer
from mixengine.hosts.reaper.sides import Inside, Side
from mixengine.hosts.reaper.snapshot import RECORDING
from mixengine.reaper import runner
from mixengine.system.errors import UserError

if TYPE_CHECKING:
    from mixengine.hosts.reaper.lua_side import LuaPanel

TITLE = "mixengine"
OK, OK_CANCEL, YES_NO_CANCEL, YES_NO = 0, 1, 3, 4
"""Kinds of message boxes, in REAPER's numbers."""
AGREED, YES, NO = 1, 6, 7
"""Answers, in REAPER's numbers."""
SECTION, BUSY, PAGE = "mixengine", "running", "last_report"
"""Where REAPER keeps which backend is at work, and the last report."""


@dataclass
class ReaperUI:
    """What an action works with: REAPER's functions, the script's ``__main__``, the recorded interpreter, and the side
    that reads, writes and renders; default: inside REAPER. A ``panel`` is known to the actions in Lua alone.
    """

    api: Any
    main: Any
    interpreter: str
    side: Side = None  # type: ignore[assignment]
    panel: LuaPanel | None = None

    def __post_init__(self) -> None:
        self.side = self.side or Inside(self.api)

    @property
    def has_panel(self) -> bool:
        """Whether this REAPER can show the panel."""
        return self.panel is not None and self.panel.is_here

    def say(self, text: str, kind: int = OK) -> int:
        """A message box; returns REAPER's number of the button."""
        return int(self.api.ShowMessageBox(text, TITLE, kind))

    def later(self, code: str) -> None:
        """Let REAPER run a piece of code at its next tick."""
        self.main.RPR_defer(code)


def recording(ui: ReaperUI) -> bool:
    """Whether REAPER records, which it is left alone with; says so."""
    is_recording = any(stem_renderer.open_projects(ui.api).values())
    if is_recording:
        ui.say(RECORDING)
    return is_recording


def busy(ui: ReaperUI) -> bool:
    """Whether REAPER records or another action is at work, which it offers to stop."""
    if recording(ui):
        return True
    folder = ui.api.GetExtState(SECTION, BUSY)
    if not folder or not runner.at_work(folder):
        return False
    if ui.say("mixengine is still at work. Stop it?", YES_NO) == YES:
        runner.ask_to_stop(folder)
    return True


def show_page(ui: ReaperUI, page: Path) -> None:
    """Open a page in the user's browser, and remember it as the last one."""
    ui.api.SetExtState(SECTION, PAGE, str(page), True)
    if not webbrowser.open(page.as_uri()):
        ui.say(f"No browser could be opened. The report is here:\n{page}")


def guarded(ui: ReaperUI, work: Callable[[], None]) -> None:
    """Do something; what goes wrong is one message box, and the project stays as it was."""
    try:
        work()
    except UserError as error:
        ui.say(str(error))
    except Exception as error:
        trace = sys.exc_info()[2]
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        line = trace.tb_lineno if trace else 0
        ui.say(f"internal error, please report it: {type(error).__name__}: {error} (line {line})")
