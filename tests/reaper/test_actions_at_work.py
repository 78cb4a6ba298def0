"""While a backend works, and what becomes of its answer."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path

import pytest

from mixengine.reaper import backend, runner
from tests.helpers.paths import ROOT
from tests.helpers.rpp_builders import chain, item, plugin, project, track
from tests.helpers.studio import CANCEL, EVENTS, NO, OK, YES, InProcess, happens_at_work

pytest.importorskip("reapy", reason="python-reapy is not installed")


def test_a_second_action_offers_to_stop_the_first(studio):
    before = studio.saved
    studio.press("balance", YES, until_end=False)
    assert studio.press("duck", NO, until_end=False) == ["mixengine is still at work. Stop it?"]
    assert studio.press("unmask", YES, until_end=False) == ["mixengine is still at work. Stop it?"]
    assert len(InProcess.started) == 1
    studio.wait()
    assert (studio.saved, studio.sim.help) == (before, "")
    assert len(studio.press("balance", YES, CANCEL)) == 2  # and the next one may start


class Stuck(InProcess):
    """A backend in a library that does not come back: it ends when it is killed."""

    def poll(self) -> int | None:
        return self.code


def test_one_that_has_to_be_killed_is_stopped_without_another_word(both, monkeypatch):
    stuck: list[Stuck] = []

    def start(command: list[str], **options: object) -> Stuck:
        stuck.append(Stuck(command, **options))
        return stuck[-1]

    monkeypatch.setattr(runner.subprocess, "Popen", start)
    monkeypatch.setattr(runner, "end", lambda pid: setattr(stuck[-1], "code", -9))
    monkeypatch.setattr(runner, "_KILL_AFTER_S", 0.05)
    for studio in both:
        monkeypatch.setattr(InProcess, "started", [])
        before = studio.saved
        studio.press("balance", YES, until_end=False)
        studio.until_started()
        stuck[-1].pid = 2**22 + 1
        runner.ask_to_stop(str(stuck[-1].job.parent))  # as the answer to a second click does
        studio.wait()
        assert len(studio.sim.boxes) == 1, studio.sim.boxes[1:]
        assert (studio.saved, studio.steps, studio.sim.help) == (before, [], "")


def test_an_answer_no_keeps_the_first_at_work(studio):
    studio.press("balance", YES, YES, until_end=False)
    studio.sim.box_answers.appendleft(NO)
    studio.press("duck", until_end=False)
    studio.wait()
    assert studio.steps == ["mixengine: balance"]


def test_a_backend_that_is_silent_for_long_is_still_at_work(studio):
    studio.press("balance", YES, until_end=False)
    folder = InProcess.started[0].parent
    long_ago = time.time() - 90.0
    for path in folder.iterdir():
        os.utime(path, (long_ago, long_ago))
    assert studio.press("duck", NO, until_end=False) == ["mixengine is still at work. Stop it?"]


def test_a_report_is_shown_before_it_is_applied(studio, monkeypatch):

    pages = []
    monkeypatch.setattr("webbrowser.open", lambda uri: pages.append(uri) or True)
    before = studio.saved
    _, asked, again = studio.press("balance", YES, NO, CANCEL)
    assert asked == again
    assert studio.saved == before
    [page] = pages
    assert "<html" in Path(page.removeprefix("file://")).read_text(encoding="utf-8")
    assert studio.press("last_report") == []
    assert pages == [page, page]


def test_the_last_report_outlives_the_jobs_after_it(studio, monkeypatch):
    pages = []
    monkeypatch.setattr("webbrowser.open", lambda uri: pages.append(uri) or True)
    studio.press("balance", YES, NO, CANCEL)
    for _ in range(8):
        studio.press("balance", YES, CANCEL)
    assert studio.press("last_report") == []
    assert len(pages) == 2 and pages[0] == pages[1]


def test_remove_with_nothing_to_remove(studio):
    before = studio.saved
    [said] = studio.press("remove")
    assert "changed nothing" in said
    assert studio.saved == before


def test_remove_cancelled(studio):
    studio.press("balance", YES, YES)
    before = studio.saved
    studio.press("remove", CANCEL)
    assert studio.saved == before


def test_what_the_user_moved_since_stays_and_is_named(studio):
    studio.press("balance", YES, YES)
    api = studio.sim.reaper_python
    tracks = [api.RPR_GetTrack(0, index) for index in range(3)]
    moved = next(entry for entry in tracks if abs(api.RPR_GetMediaTrackInfo_Value(entry, "D_VOL") - 1.0) > 0.01)
    balanced = api.RPR_GetMediaTrackInfo_Value(moved, "D_VOL")
    api.RPR_SetMediaTrackInfo_Value(moved, "D_VOL", 0.8 * balanced)
    *_, said = studio.press("remove", OK)
    assert said.startswith("Kept:\n") and "was moved by −1.9 dB since: it goes back to 0.00 dB" in said
    assert api.RPR_GetMediaTrackInfo_Value(moved, "D_VOL") == pytest.approx(0.8, abs=1e-6)
    assert "changed nothing" in studio.press("remove")[0]


def test_a_fader_that_was_pulled_down_stays_and_is_named(studio):
    studio.press("balance", YES, YES)
    api = studio.sim.reaper_python
    tracks = [api.RPR_GetTrack(0, index) for index in range(3)]
    moved = next(entry for entry in tracks if abs(api.RPR_GetMediaTrackInfo_Value(entry, "D_VOL") - 1.0) > 0.01)
    api.RPR_SetMediaTrackInfo_Value(moved, "D_VOL", 0.0)
    *_, said = studio.press("remove", OK)
    assert said.startswith("Left as it is:\n")
    assert api.RPR_GetMediaTrackInfo_Value(moved, "D_VOL") == 0.0


@pytest.mark.parametrize("event", EVENTS)
def test_what_happens_while_the_backend_works(studio, event):
    happens_at_work(studio, event)


@pytest.mark.parametrize(
    "damage, said",
    [
        (lambda folder: (folder / "plan.json").write_text("{"), "not a mixengine plan"),
        (lambda folder: (folder / "result.json").write_text(""), "ended without an answer"),
        (shutil.rmtree, "ended without an answer"),
    ],
    ids=["plan cut off", "answer empty", "folder gone"],
)
def test_a_damaged_answer_is_one_box(studio, monkeypatch, damage, said):
    def run(job: Path) -> int:
        code = real(job)
        damage(job.parent)
        return code

    real, before = backend.run, studio.saved
    monkeypatch.setattr(backend, "run", run)
    *_, last = studio.press("balance", YES)
    assert said in last
    assert (studio.saved, studio.sim.help) == (before, "")


def test_the_self_test_passes_in_a_tab_of_its_own(studio):
    before, own = studio.saved, studio.sim.current
    assert studio.press("selftest") == []
    report = studio.sim.console
    assert "FAIL" not in report
    assert re.search(r"(\d+) of \1 passed", report)
    assert len(studio.sim.projects) == 2
    assert own.data() == before


@pytest.mark.parametrize("knows_empty_tabs", [True, False])
def test_the_self_test_passes_with_a_project_template(both, tmp_path, knows_empty_tabs):
    """New tabs begin with tracks, plug-ins, markers and selected items of the user's."""
    template = tmp_path / "template.RPP"
    parts = [["MARKER 1 1 verse 0"], chain(plugin(), name="MASTERFXLIST")]
    parts += [track(1, chain(plugin()), item(11, lines=("SEL 1",)), name="bus"), track(2, name="click")]
    template.write_bytes(project(*parts))
    for studio in both:
        studio.sim.template = template
        if not knows_empty_tabs:
            studio.sim.commands[41929] = lambda sim, proj: None
        before, own = studio.saved, studio.sim.current
        assert studio.press("selftest") == []
        assert "FAIL" not in studio.sim.console and re.search(r"(\d+) of \1 passed", studio.sim.console)
        assert len(studio.sim.projects) == 2
        assert len(studio.sim.current.tracks) == (1 if knows_empty_tabs else 3)
        assert own.data() == before


def test_without_a_new_tab_the_self_test_tries_nothing(both):
    for studio in both:
        studio.sim.commands |= dict.fromkeys((41929, 40859), lambda sim, proj: None)
        before = studio.saved
        assert studio.press("selftest") == ["REAPER opened no new project tab: nothing was tried"]
        assert (studio.saved, studio.steps, studio.sim.console) == (before, [], "")


def test_the_self_test_tries_every_function_we_depend_on(studio):
    folder = ROOT / "mixengine" / "hosts" / "reaper"
    modules = [path for path in folder.glob("*.py") if path.name != "selftest.py"]
    used = {name for path in modules for name in re.findall(r"\bapi\.([A-Z]\w+)\(", path.read_text(encoding="utf-8"))}
    assert len(used) > 30
    studio.sim.calls.clear()
    studio.press("selftest")
    assert used - set(studio.sim.calls.counts) - {"ShowMessageBox", "GetUserInputs", "GetUserFileNameForRead"} == set()
