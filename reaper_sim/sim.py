"""`SimReaper`: one running, simulated REAPER."""

from __future__ import annotations

import sys
import tempfile
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from reaper_sim import binding, functions
from reaper_sim.extstate import ExtState
from reaper_sim.inside import inside
from reaper_sim.pointers import Pointers
from reaper_sim.project import SimProject
from reaper_sim.rendering import PREFERENCES, RenderSwitches
from reaper_sim.tree import Node, Run
from reaper_sim.undo import restored


class CallLog(list[tuple[str, tuple[Any, ...]]]):
    """Every API call as (name without ``RPR_``, arguments)."""

    @property
    def counts(self) -> Counter[str]:
        return Counter(name for name, _ in self)


class SimReaper:
    """A REAPER to talk to.

    Parameters
    ----------
    paths : str or Path
        Projects to open, one tab each; without any, an empty unsaved project. The last one is current.
    resource_path : Path, optional
        REAPER's settings folder; a temporary one by default.
    strict : bool
        Raise ``AssertionError`` where REAPER would go on silently with nonsense: dead or NULL pointers, unknown
        parameter names, numbers that are not finite, unsorted points, unexpected dialogs.
    """

    def __init__(self, *paths: str | Path, resource_path: str | Path | None = None, strict: bool = True) -> None:
        self._temporary = tempfile.TemporaryDirectory() if resource_path is None else None
        self.resource_path = Path(resource_path or self._temporary.name)  # type: ignore[union-attr]
        self.strict = strict
        self.version, self.os = "7.78/linux-x86_64", "Other"
        self.projects = [SimProject.load(path) for path in paths] or [SimProject()]
        self.current = self.projects[-1]
        self.pointers = Pointers(self)
        self.ext_state = ExtState(self.resource_path)
        self.calls = CallLog()
        self.updates: Counter[str] = Counter()
        self.ui_refresh = 0
        self.loose_sources: list[Node] = []
        self.fader_scaling = True
        """Whether volume envelopes made by an action get ``VOLTYPE 1`` (a preference of the user)."""
        self.range_includes_end = False
        """Whether ``DeleteEnvelopePointRange`` takes a point exactly at its end (not known for REAPER)."""
        self.says_master = False
        """Whether states of the master's envelopes are called ``MASTER…`` as in files (not known for REAPER)."""
        self.default_fade_s = 0.01
        """Fades of items that `AddMediaItemToTrack` makes (a preference of the user)."""
        self.refuses_states = False
        """Whether no track takes a new state."""
        self.rendering = RenderSwitches()
        self.config = dict(PREFERENCES)
        self.console = ""
        self.boxes: list[tuple[str, str, int]] = []
        self.box_answers: deque[int | Callable[[str, str, int], int]] = deque()
        self.inputs: list[tuple[str, list[str], list[str]]] = []
        self.input_answers: deque[list[str] | Callable[[list[str], list[str]], list[str] | None] | None] = deque()
        self.save_as: deque[Path] = deque()
        self.commands: dict[int, Callable[[SimReaper, SimProject], Any]] = dict(functions.COMMANDS)
        self.named_commands: dict[str, int] = {}
        self.deferred: list[str] = []
        self.at_exit: list[str] = []
        self._guids = 0
        self.reaper_python: ModuleType = binding.make_module(self)

    def guid(self) -> str:
        """A new GUID; the same ones in every run."""
        self._guids += 1
        return "{" + str(uuid.uuid5(uuid.NAMESPACE_OID, f"sim {self._guids}")).upper() + "}"

    def open(self, path: str | Path | None = None) -> SimProject:
        """Open another tab and make it current."""
        self.current = SimProject.load(path) if path else SimProject()
        self.projects.append(self.current)
        return self.current

    def close(self, project: SimProject) -> None:
        """Close a tab: every pointer into it dies."""
        self.projects.remove(project)
        if not self.projects:
            self.projects.append(SimProject())
        if self.current is project:
            self.current = self.projects[-1]

    def saved(self, project: SimProject | None = None) -> bytes:
        """The current project as it would be saved."""
        self.check_sorted(project or self.current)
        return (project or self.current).data()

    def do_undo(self, project: SimProject | None = None) -> str | None:
        """What Ctrl+Z does; returns the name of what was undone."""
        project = project or self.current
        step = project.undo.can_undo
        if step is None:
            return None
        project.replace(restored(project.data(), step.before, step.flags), self.pointers)
        project.undo.position -= 1
        return step.name

    def do_redo(self, project: SimProject | None = None) -> str | None:
        """What Ctrl+Shift+Z does."""
        project = project or self.current
        step = project.undo.can_redo
        if step is None:
            return None
        project.replace(restored(project.data(), step.after, step.flags), self.pointers)
        project.undo.position += 1
        return step.name

    def problem(self, message: str) -> None:
        """Something REAPER would let pass silently."""
        if self.strict:
            raise AssertionError(message)

    def check_sorted(self, project: SimProject) -> None:
        """Points were added with ``noSort``: ``Envelope_SortPoints`` must follow."""
        for node in project.root.walk():
            if any(isinstance(entry, Run) and entry.unsorted for entry in node.entries):
                self.problem(f"Envelope_SortPoints is missing after InsertEnvelopePoint into {node.name}")

    def check_balanced(self) -> None:
        """No undo block may stay open and the screen may not stay frozen when a script hands control back."""
        for project in self.projects:
            self.check_sorted(project)
            if project.undo.depth or project.undo.unbalanced:
                self.problem(f"{project.undo.depth} undo blocks open, {project.undo.unbalanced} closed too often")
        if self.ui_refresh:
            self.problem(f"PreventUIRefresh stands at {self.ui_refresh}")

    def deferred_later(self, code: str) -> None:
        """``RPR_defer``: code as text, run at the next tick."""
        if type(code) is not str:
            raise TypeError("RPR_defer takes code as a str")
        self.deferred.append(code)

    def at_exit_later(self, code: str) -> None:
        """``RPR_atexit``."""
        if type(code) is not str:
            raise TypeError("RPR_atexit takes code as a str")
        self.at_exit.append(code)

    def tick(self, count: int = 1) -> None:
        """Run what ``RPR_defer`` stored, as REAPER's timer does about 30 times a second."""
        scope = sys.modules["__main__"].__dict__
        for _ in range(count):
            codes, self.deferred = self.deferred, []
            for code in codes:
                exec(code, scope)
                self.check_balanced()

    def run_until(self, done: Callable[[], Any], *, timeout_s: float = 10.0, rate_hz: float = 30.0) -> None:
        """Tick in real time until ``done()`` is true; ``TimeoutError`` after ``timeout_s``."""
        end = time.monotonic() + timeout_s
        while not done():
            if time.monotonic() > end:
                raise TimeoutError(f"not done after {timeout_s} s")
            self.tick()
            time.sleep(1.0 / rate_hz)

    @contextmanager
    def running(self, rate_hz: float = 30.0) -> Iterator[None]:
        """Tick in a thread. All API calls must then come from deferred code."""
        stop, failures = threading.Event(), []

        def loop() -> None:
            while not stop.wait(1.0 / rate_hz):
                try:
                    self.tick()
                except BaseException as error:  # handed to the caller below
                    failures.append(error)
                    return

        thread = threading.Thread(target=loop, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
        if failures:
            raise failures[0]

    def run_script(self, path: str | Path) -> None:
        """Run an action as REAPER does: in ``__main__``, its folder first on ``sys.path``, without ``__file__``.

        Call it inside ``with sim.inside()``, which takes away afterwards what the script left in ``__main__``.
        """
        scope = sys.modules["__main__"].__dict__
        assert "RPR_defer" in scope, "run_script works inside `with sim.inside()` only"
        sys.path.insert(0, str(Path(path).absolute().parent))
        file = scope.pop("__file__", None)
        try:
            exec(compile(Path(path).read_text(encoding="utf-8"), str(path), "exec"), scope)
        finally:
            if file is not None:
                scope["__file__"] = file
        self.check_balanced()

    def end_script(self) -> None:
        """The script is over (its last ``defer`` ran out, or the user terminated it): run its exit code."""
        self.deferred.clear()
        codes, self.at_exit = self.at_exit, []
        for code in codes:
            exec(code, sys.modules["__main__"].__dict__)
        self.check_balanced()

    def inside(self, *fresh: str) -> AbstractContextManager[ModuleType]:
        """Make this process look like REAPER's own Python; see `reaper_sim.inside.inside`."""
        return inside(self, *fresh)
