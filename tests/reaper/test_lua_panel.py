"""The panel of the buttons in Lua, by a hand that clicks in a simulated ReaImGui."""

from __future__ import annotations

import itertools
from collections import deque
from pathlib import Path

import pytest

from mixengine.hosts.reaper.lua_side import LuaPanel
from mixengine.hosts.rpp import history
from mixengine.hosts.rpp.project import Project
from mixengine.reaper import options
from mixengine.system.talk import ScriptError
from reaper_sim.imgui import BUTTON, CLOSE, HIDE, TICK, Click
from tests.helpers.lua_studio import SCRIPTS, LuaStudio
from tests.helpers.studio import CANCEL, YES

pytest.importorskip("reapy", reason="python-reapy is not installed")
pytest.importorskip("lupa", reason="lupa is not installed")

APPLY, REPORT, GIVE_UP = "Apply what is ticked", "Look at a report first", "Cancel"
NAMES = ["voice", "bass"]
"""The tracks of the song that a balance moves."""


@pytest.fixture
def panel(click) -> LuaStudio:
    """ReaImGui is there, and the user wants the panel."""
    click.clicks = deque()
    options.keep(Kept(click), panel=True)
    return click


class Kept:
    """REAPER's memory, as the dialog writes it."""

    def __init__(self, studio: LuaStudio) -> None:
        self.GetExtState = studio.sim.ext_state.get
        self._state = studio.sim.ext_state

    def SetExtState(self, section: str, key: str, value: str, _keep: bool) -> None:  # noqa: N802 - REAPER's name
        self._state.set(section, key, value, persist=False)


def work(studio: LuaStudio, name: str, *clicks: Click) -> list[str]:
    """Press a button, say that all tracks are meant, and click in the panel; the boxes after the first one."""
    studio.clicks = deque(clicks)
    said = studio.press(name, YES)
    assert not studio.clicks
    assert studio.panels[-1].problems == []
    return said[1:]


def faders(data: bytes) -> dict[str, float]:
    return {track.name: track.fader_db for track in Project(data, Path("song.RPP")).session().tracks}


def test_what_is_not_ticked_stays(panel):
    before, own = panel.saved, faders(panel.saved)
    work(panel, "balance", (TICK, "2"), (BUTTON, APPLY))
    after = faders(panel.saved)
    moved = [name for name in own if after[name] != own[name]]
    assert moved == ["voice"]
    assert panel.steps == ["mixengine: balance without bass"]
    plan = history.stored_plan(Project(panel.saved, Path("song.RPP")).root)
    assert {change.track for change in plan.changes} == {track_id(panel, name) for name in moved}
    panel.sim.do_undo()
    assert panel.saved == before


def track_id(studio: LuaStudio, name: str) -> str:
    [track] = [track for track in Project(studio.saved, Path("x")).session().tracks if track.name == name]
    return track.id


def test_all_that_is_ticked_is_what_the_box_applies(panel):
    assert work(panel, "balance", (TICK, "1"), (HIDE, ""), (TICK, "1"), (BUTTON, APPLY)) == []
    by_panel = panel.saved
    panel.sim.do_undo()
    panel.clicks = None
    panel.press("balance", YES, YES)
    assert panel.saved == by_panel


def test_the_table_says_what_would_change_and_why(panel):
    work(panel, "balance", (BUTTON, GIVE_UP))
    texts = panel.panels[-1].texts
    assert texts[0] == "mixengine: balance"
    assert texts[1].startswith("2 changes")
    assert texts[4:12] == ["", "track", "role", "LUFS", "target", "fader dB", "proposed", "why"]
    assert [texts[12 + 8 * row + 1] for row in range(2)] == NAMES
    assert texts[12:28:8] == ["[x]"] * 2
    assert all("measured" in texts[12 + 8 * row + 7] for row in range(2))


def test_a_job_without_cells_of_its_own_shows_its_reasons(panel):
    assert work(panel, "duck", (BUTTON, APPLY)) == []
    assert "why" in panel.panels[-1].texts
    assert panel.steps == ["mixengine: duck"]


@pytest.mark.parametrize("last", [(BUTTON, GIVE_UP), (CLOSE, "")])
def test_cancel_and_closing_the_window_change_nothing(panel, last):
    before = panel.saved
    assert work(panel, "balance", (TICK, "1"), last) == []
    assert (panel.saved, panel.steps, panel.sim.help) == (before, [], "")


def test_nothing_ticked_is_one_sentence(panel):
    before = panel.saved
    [said] = work(panel, "balance", (BUTTON, "None"), (BUTTON, APPLY))
    assert said == "Nothing was ticked: the project was not changed."
    assert work(panel, "balance", (BUTTON, "None"), (BUTTON, "All"), (CLOSE, "")) == []
    assert (panel.saved, panel.steps) == (before, [])


def test_a_report_comes_between_and_the_ticks_stay(panel, monkeypatch):
    pages: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda uri: pages.append(uri) or True)
    monkeypatch.setattr("mixengine.app.pages.page", lambda *_: "<html>")
    own = faders(panel.saved)
    work(panel, "balance", (TICK, "2"), (BUTTON, REPORT), (BUTTON, APPLY))
    assert len(pages) == 1
    assert faders(panel.saved)["bass"] == own["bass"]
    assert panel.steps == ["mixengine: balance without bass"]


def test_what_the_user_moved_meanwhile_is_named(panel):
    panel.clicks = deque([(TICK, "1")])
    panel.press("balance", YES, until_end=False)
    script = panel.scripts[0]
    while panel.clicks or not panel.panels[0].frames:
        script.tick()
    api = panel.sim.reaper_python
    api.RPR_SetMediaTrackInfo_Value(api.RPR_GetTrack(0, 2), "D_VOL", 0.123)
    panel.clicks.append((BUTTON, APPLY))
    panel.wait()
    assert panel.sim.boxes[-1][1].startswith("Left as it is:\n")
    assert "bass" in panel.sim.boxes[-1][1]


def test_without_the_extension_the_boxes_ask(panel):
    panel.clicks = None
    before = panel.saved
    assert len(panel.press("balance", YES, CANCEL)) == 2
    assert panel.saved == before


@pytest.mark.parametrize("missing", ["BeginTable", "ConfigFlags_NavEnableKeyboard"])
def test_an_extension_that_lacks_something_leaves_it_to_the_boxes(panel, missing):
    panel.imgui_without = missing
    before = panel.saved
    said = panel.press("balance", YES, CANCEL)
    assert len(said) == 2 and "Yes: apply." in said[1]
    assert panel.saved == before


def test_nobody_asks_where_the_user_never_wants_to_be_asked(panel):
    options.keep(Kept(panel), always_apply=True)
    assert work(panel, "balance") == []
    assert panel.panels[-1].frames == 0
    assert panel.steps == ["mixengine: balance"]


def test_the_window_goes_when_python_is_gone(panel):
    panel.press("balance", YES, until_end=False)
    script = panel.scripts[0]
    while not panel.panels[0].frames:
        script.tick()
    for path in (panel.place / "talk").iterdir():
        (path / "start").unlink()  # Python takes that for the end of the script
    for thread in script.started:
        thread.join(5.0)
    clock = itertools.count(script.reaper[b"time_precise"](), 5.0)
    script.reaper[b"time_precise"] = lambda: next(clock)
    script.run_until_end(timeout_s=10)
    assert "ended without an answer" in panel.sim.boxes[-1][1]
    assert not script.is_running


def test_the_dialog_asks_for_it_only_where_it_can_be_shown(click):
    pages: list[list[str]] = []

    def answer(names: list[str], values: list[str]) -> list[str]:
        pages.append(names)
        return values

    click.sim.input_answers.append(answer)
    click.press("options")
    click.clicks = deque[Click]()
    click.sim.input_answers.extend([answer, answer])  # more lines than a dialog of REAPER's has: two pages
    click.press("options")
    without, *with_panel = pages
    assert [caption for page in with_panel for caption in page] == [*without, options.PANEL.caption]


def test_cancel_in_the_second_page_keeps_nothing(click):
    click.clicks = deque[Click]()
    first: list[str] = []

    def answer(names: list[str], values: list[str]) -> list[str]:
        first.extend(names)
        return ["podcast", *values[1:]]

    click.sim.input_answers.extend([answer, None])
    click.press("options")
    assert first and not click.sim.ext_state.get("mixengine", "options")


def test_scripts_of_an_earlier_version_leave_it_to_the_boxes():
    class Earlier:
        def ask(self, do: str, **_: object) -> None:
            raise ScriptError("attempt to call a nil value")

    assert not LuaPanel(Earlier()).is_here  # type: ignore[arg-type]


def test_the_script_is_short():
    assert len((SCRIPTS / "panel.lua").read_text(encoding="utf-8").splitlines()) <= 200
