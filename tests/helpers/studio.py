"""A REAPER whose buttons can be clicked."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest

from mixengine.reaper import backend, options
from reaper_sim import SimReaper

OK, CANCEL, YES, NO = 1, 2, 6, 7


RATE = 16000


def dialog(**entered: str) -> list[str]:
    """What stands in the fields of the options dialog: what was entered (key → text), in the others the defaults."""
    shown = {line.key: options.as_text(line.default) for line in options.fields()}
    assert set(entered) <= set(shown)
    return list((shown | entered).values())


class InProcess:
    """Stands for the backend's process: the same work, in this process, at the third look."""

    started: ClassVar[list[Path]] = []

    def __init__(self, command: list[str], **_: Any) -> None:
        self.job, self.code, self.looks, self.pid = Path(command[-1]), None, 0, 0
        assert command[1:4] == ["-m", "mixengine", "job"]
        self.started.append(self.job)

    def poll(self) -> int | None:
        self.looks += 1
        if self.code is None and self.looks > 2:
            if (self.job.parent / "cancel").exists():
                (self.job.parent / "result.json").write_text('{"ok": false, "cancelled": true, "error": "stopped"}')
                self.code = 1
            else:
                self.code = backend.run(self.job)
        return self.code


class Studio:
    """A REAPER with a voice, a piece of music and a bass in a folder; ``press`` is a click on a button."""

    def __init__(self, sim: SimReaper) -> None:
        self.sim = sim

    def press(self, name: str, *answers: int, inputs: list[str] | None = None, until_end: bool = True) -> list[str]:
        """Run an action with answers to its questions; returns the texts of the boxes it showed."""
        seen = len(self.sim.boxes)
        self.sim.box_answers.extend(answers)
        if inputs is not None:
            self.sim.input_answers.append(inputs)
        self._do(name)
        if until_end:
            self.wait()
            assert not self.sim.box_answers, self.sim.boxes[seen:]
        for title, text, _ in self.sim.boxes[seen:]:
            assert title == "mixengine"
            assert text.strip() == text
            assert 0 < len(text) < 1500, text
            assert not re.search(r"Traceback|\bNone\b|internal error", text), text
        return [text for _, text, _ in self.sim.boxes[seen:]]

    def _do(self, name: str) -> None:
        from mixengine.reaper import actions

        actions.run(name, sys.modules["__main__"], sys.executable)

    def wait(self) -> None:
        self.sim.run_until(lambda: not self.sim.deferred, timeout_s=30, rate_hz=1000)
        self.sim.check_balanced()

    def until_started(self) -> None:
        """Until the backend is at work: at once, where the button starts it itself."""

    @property
    def settings(self) -> dict[str, Any]:
        """What the last backend was asked for."""
        return json.loads(InProcess.started[-1].read_text(encoding="utf-8"))["settings"]

    @property
    def steps(self) -> list[str]:
        return [step.name for step in self.sim.current.undo.steps]

    @property
    def saved(self) -> bytes:
        return self.sim.saved()


EVENTS = ("track deleted", "project closed", "other tab")


def happens_at_work(studio: Studio, event: str) -> None:
    """One of `EVENTS` while a balance is worked out: other projects stay, and one sentence says what could not be."""
    sim, api, own = studio.sim, studio.sim.reaper_python, studio.sim.current
    other = sim.open()
    untouched = other.data()
    sim.current = own
    studio.press("balance", YES, YES, until_end=False)
    studio.until_started()
    if event == "track deleted":
        api.RPR_DeleteTrack(api.RPR_GetTrack(0, 2))
    elif event == "project closed":
        sim.close(own)
    else:
        sim.current = other
    studio.wait()
    assert other.data() == untouched
    last = sim.boxes[-1][1]
    if event == "project closed":
        assert last == "the project was closed meanwhile: nothing was changed"
    else:
        assert [step.name for step in own.undo.steps] == ["mixengine: balance"]
        assert last.startswith("Left as it is:\n'bass' is not in the project any more") == (event == "track deleted")


@contextmanager
def studio_with(monkeypatch: pytest.MonkeyPatch, place: Path, song: Path | None = None) -> Iterator[Studio]:
    """A studio whose backend works in this process; cache and REAPER's own folder are in ``place``."""
    from mixengine.reaper import runner

    monkeypatch.setenv("MIXENGINE_CACHE", str(place / "cache"))
    monkeypatch.setattr(runner.subprocess, "Popen", InProcess)
    monkeypatch.setattr(backend._Watch, "start", lambda self: None)
    monkeypatch.setattr(InProcess, "started", [])
    sim = SimReaper(song, resource_path=place) if song else SimReaper(resource_path=place)
    with sim.inside():
        yield Studio(sim)
        sim.check_balanced()
