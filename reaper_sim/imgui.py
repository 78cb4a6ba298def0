"""The extension ReaImGui for scripts in Lua, as far as a table with check boxes needs it, with a hand that clicks.

Functions, their arguments and what they return are those of its public API (0.9 and later), read from its sources and
from scripts that use it, and not compared with the extension itself. Strict: whatever is begun must be ended in the
same frame, only what is visible may be ended, and a context lives until the frame after its last one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from reaper_sim.lua import LuaReaper, Pointer

_FLAGS = (
    "Cond_FirstUseEver ConfigFlags_NavEnableKeyboard TableFlags_Borders TableFlags_Resizable TableFlags_RowBg "
    "TableFlags_ScrollX TableFlags_ScrollY"
).split()
BUTTON, TICK, CLOSE, HIDE = "button", "tick", "close", "hide"
Click = tuple[str, str]


class ImGuiError(Exception):
    """What ReaImGui says of a script that uses it wrongly."""


class ImGui:
    """The extension in one Lua state, and the clicks of a user, one a frame.

    Parameters
    ----------
    script : LuaReaper
        Gets the functions.
    clicks : deque of (kind, what)
        ``("button", label)``, ``("tick", number of the row)``, ``("close", "")`` for the window's own button and
        ``("hide", "")`` for a frame in which the window is folded up. A user who has clicked everything waits.
    without : str
        A function that this version lacks.
    """

    def __init__(self, script: LuaReaper, clicks: deque[Click], without: str = "") -> None:
        self.clicks, self.frames, self.texts = clicks, 0, list[str]()
        self._click: Click | None = None
        self._open: list[str] = []
        self._columns = self._column = 0
        self._contexts: dict[str, Pointer] = {}
        self.problems: list[str] = []
        functions: dict[str, Callable[..., Any]] = {
            name.removeprefix("_do_"): self._noting(getattr(self, name))
            for name in dir(self)
            if name.startswith("_do_")
        }
        functions |= {name: lambda bit=1 << index: bit for index, name in enumerate(_FLAGS)}
        functions.pop(without, None)
        for name, function in functions.items():
            script.reaper[f"ImGui_{name}".encode()] = function

    def _noting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """What a script does wrongly is kept, as it may catch the error."""

        def call(*arguments: Any) -> Any:
            try:
                return function(*arguments)
            except Exception as error:
                self.problems.append(f"{function.__name__}: {error}")
                raise

        return call

    def _do_CreateContext(self, label: bytes, flags: int = 0) -> Pointer:  # noqa: N802 - names are ReaImGui's
        pointer = Pointer(f"(ImGui_Context*)0x{len(self._contexts) + 1:016X}")
        self._contexts[pointer.text] = pointer
        return pointer

    def _do_SetNextWindowSize(self, ctx: Pointer, width: float, height: float, when: int) -> None:  # noqa: N802
        self._check(ctx, inside=False)

    def _do_Begin(self, ctx: Pointer, name: bytes, has_close_button: bool) -> tuple[bool, bool]:  # noqa: N802
        self._check(ctx, inside=False)
        self.frames += 1
        self.texts = [name.decode().partition("##")[0]]
        self._click = self.clicks.popleft() if self.clicks else None
        if self._took(HIDE, ""):
            return False, True
        self._open = ["window"]
        return True, not self._took(CLOSE, "")

    def _do_End(self, ctx: Pointer) -> None:  # noqa: N802
        self._check(ctx)
        self._close("window")
        if self._click is not None:
            raise AssertionError(f"there is nothing to click on: {self._click}; the window shows {self.texts}")

    def _do_TextWrapped(self, ctx: Pointer, text: bytes) -> None:  # noqa: N802
        self._check(ctx)
        self.texts.append(text.decode())

    _do_Text = _do_TextWrapped  # noqa: N815

    def _do_Button(self, ctx: Pointer, label: bytes) -> bool:  # noqa: N802
        self._do_TextWrapped(ctx, label)
        return self._took(BUTTON, label.decode())

    def _do_SameLine(self, ctx: Pointer) -> None:  # noqa: N802
        self._check(ctx)

    def _do_GetFrameHeightWithSpacing(self, ctx: Pointer) -> float:  # noqa: N802
        self._check(ctx)
        return 23.0

    def _do_PushID(self, ctx: Pointer, name: bytes) -> None:  # noqa: N802
        self._check(ctx)
        self._open.append(name.decode())

    def _do_PopID(self, ctx: Pointer) -> None:  # noqa: N802
        self._check(ctx)
        self._open.pop()

    def _do_Checkbox(self, ctx: Pointer, label: bytes, is_ticked: bool) -> tuple[bool, bool]:  # noqa: N802
        self._check(ctx)
        if not isinstance(is_ticked, bool):
            raise ImGuiError(f"Checkbox: a boolean is required, not {is_ticked!r}")
        self.texts.append("[x]" if is_ticked else "[ ]")
        is_clicked = self._took(TICK, self._open[-1])
        return is_clicked, is_ticked != is_clicked

    def _do_BeginTable(self, ctx: Pointer, name: bytes, columns: int, flags: int, width: float, height: float) -> bool:  # noqa: N802
        self._check(ctx)
        self._open.append("table")
        self._columns, self._column = columns, -1
        return True

    def _do_EndTable(self, ctx: Pointer) -> None:  # noqa: N802
        self._check(ctx)
        self._close("table")

    def _do_TableSetupScrollFreeze(self, ctx: Pointer, columns: int, rows: int) -> None:  # noqa: N802
        self._check(ctx, within="table")

    def _do_TableSetupColumn(self, ctx: Pointer, label: bytes) -> None:  # noqa: N802
        self._check(ctx, within="table")
        self._column += 1
        if self._column >= self._columns:
            raise ImGuiError("more columns than the table was begun with")
        self.texts.append(label.decode())

    def _do_TableHeadersRow(self, ctx: Pointer) -> None:  # noqa: N802
        self._check(ctx, within="table")

    def _do_TableNextRow(self, ctx: Pointer) -> None:  # noqa: N802
        self._check(ctx, within="table")
        self._column = -1

    def _do_TableNextColumn(self, ctx: Pointer) -> bool:  # noqa: N802
        self._check(ctx, within="table")
        self._column += 1
        return True

    def _took(self, kind: str, what: str) -> bool:
        """Whether the click of this frame is on that; it is used up then."""
        if self._click != (kind, what):
            return False
        self._click = None
        return True

    def _check(self, ctx: Any, *, inside: bool = True, within: str = "") -> None:
        if not isinstance(ctx, Pointer) or ctx.text not in self._contexts:
            raise ImGuiError("expected a valid ImGui_Context*")
        if inside != bool(self._open) or (within and self._open[-1] != within):
            raise ImGuiError(f"called at the wrong place: within {self._open}")

    def _close(self, what: str) -> None:
        if self._open.pop() != what:
            raise ImGuiError(f"{what} ended within something else")
