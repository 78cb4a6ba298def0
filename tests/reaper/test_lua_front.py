"""The buttons in Lua, from the click to the undo step: the very scripts in a real Lua, over the simulated REAPER."""

from __future__ import annotations

import os
import re
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from mixengine.reaper import backend
from mixengine.system import talk as talking
from reaper_sim import SimReaper
from tests.helpers.plugin_sessions import RENDER_HEAD, at_start, fx, js
from tests.helpers.rpp_builders import project, track
from tests.helpers.signals import talk
from tests.helpers.sounds import pink, write
from tests.helpers.studio import CANCEL, EVENTS, NO, OK, RATE, YES, InProcess, happens_at_work

pytest.importorskip("reapy", reason="python-reapy is not installed")
pytest.importorskip("lupa", reason="lupa is not installed")

from tests.helpers.lua_studio import SCRIPTS, LuaStudio

OPTIONS = [
    *"pop instrument auto podcast  psd-adaptive 6 no speech-music no".split(" "),
    "as needed",
    "track",
    "24",
    "no",
    "wav",
]


@pytest.mark.parametrize("name", ["balance", "duck", "unmask"])
def test_an_action_ends_as_in_python_and_undo_gives_back_the_bytes(both, audio, name):
    results = []
    for studio in both:
        if name == "unmask":
            studio.sim.open(audio / "masked.RPP")
        before = studio.saved
        said = studio.press(name, YES, YES)
        applied = studio.saved
        assert applied != before
        said += studio.press("remove", OK)
        results.append((said, studio.steps, applied, studio.saved))
        studio.sim.do_undo()
        assert studio.saved == applied
        studio.sim.do_undo()
        assert studio.saved == before
        assert studio.sim.help == ""
    assert results[0] == results[1]


def test_stems_come_in_and_go_as_in_python(both, audio, tmp_path):
    """New tracks and items, and audio beside the project, which is taken away again when the answer is no."""
    results, folder = [], tmp_path / "song"
    shutil.copytree(audio, folder)
    for studio in both:
        studio.sim.open(folder / "song.RPP")
        before, beside = studio.saved, sorted(folder.rglob("*"))
        studio.press("render", YES, CANCEL)
        assert (studio.saved, sorted(folder.rglob("*"))) == (before, beside)
        said = studio.press("render", YES, YES)
        files = {path: path.read_bytes() for path in folder.rglob("*.wav")}
        assert len(files) > len([path for path in beside if path.suffix == ".wav"])
        results.append((said, studio.steps, files, studio.saved))
        studio.sim.do_undo()
        assert studio.saved == before
        shutil.rmtree(folder / "mixengine")
    assert results[0] == results[1]


def test_a_report_is_shown_before_it_is_applied_and_once_more(click, monkeypatch):
    pages: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda uri: pages.append(uri) or True)
    monkeypatch.setattr("mixengine.app.pages.page", lambda *_: "<html>")  # drawn elsewhere, which takes seconds
    before = click.saved
    _, asked, again = click.press("balance", YES, NO, CANCEL)
    assert asked == again
    assert click.press("last_report") == []
    assert pages[0] == pages[1] and len(pages) == 2
    assert click.saved == before


def test_the_actions_without_a_job_end_as_in_python(both):
    results = []
    for studio in both:
        said = [studio.press(name) for name in ("bypass", "remember", "remove", "last_report", "isolate", "separate")]
        said.append(studio.press("options", inputs=OPTIONS))
        said.append(studio.press("options", inputs=["pop", *OPTIONS[1:6], "deep", *OPTIONS[7:]]))
        studio.sim.input_answers.append(None)
        said.append(studio.press("match"))
        results.append((said, studio.sim.inputs, studio.sim.ext_state.get("mixengine", "options")))
    assert results[0] == results[1]


def test_every_button_of_python_has_one_in_lua_that_starts_the_same(click, tmp_path):
    """In a project without tracks each says its sentence, or does nothing."""
    from mixengine.jobs import registry
    from mixengine.reaper import actions

    started = [re.search(r'\.run\("(\w+)"\)', path.read_text(encoding="utf-8")) for path in buttons()]
    names = {match[1] for match in started if match}
    assert set(actions.ACTIONS) <= names <= {*actions.ACTIONS, *registry.names()}
    click.sim.open()
    jobs = [name for name in sorted(names) if registry.is_job(name) and name not in actions.ACTIONS]
    for name in jobs:
        assert click.press(name) == ["The project has no tracks."]


def buttons() -> list[Path]:
    return sorted(SCRIPTS.glob("mixengine_*.lua"))


def test_what_plug_ins_make_is_heard_through_lua(both, tmp_path):
    """REAPER renders, the backend goes on with the files, and the balance is the one of the buttons in Python."""
    write(tmp_path / "voice.wav", talk(RATE, ((0.2, 1.6),), 2.0)[:, None], RATE)
    write(tmp_path / "pad.wav", pink(2.0, RATE, level=0.05), RATE)
    head = tuple(line.replace("48000", str(RATE)) for line in RENDER_HEAD)
    tracks = (
        track(1, at_start(11, "voice.wav", 2.0), name="voice", lines=("SEL 0",)),
        track(2, fx(js("sim gain +12dB")), at_start(12, "pad.wav", 2.0), name="pad", lines=("SEL 0",)),
    )
    (tmp_path / "plug-ins.RPP").write_bytes(project(*tracks, head=head))
    results = []
    for studio in both:
        studio.sim.open(tmp_path / "plug-ins.RPP")
        said = studio.press("balance", YES, YES)
        assert "note: heard through REAPER: pad (1 plug-in)" in said[-1]
        results.append((said, studio.steps, studio.saved))
    assert results[0] == results[1]


def test_the_self_test_passes_through_lua(click):
    before, own = click.saved, click.sim.current
    assert click.press("selftest") == []
    assert re.search(r"(\d+) of \1 passed", click.sim.console), click.sim.console
    assert "through Lua" in click.sim.console
    assert own.data() == before


def test_no_and_cancel_change_nothing(click):
    before = click.saved
    assert len(click.press("balance", NO)) == 1
    assert InProcess.started == []
    assert len(click.press("balance", YES, CANCEL)) == 2
    assert (click.saved, click.steps) == (before, [])


def test_a_second_action_offers_to_stop_the_first(click, monkeypatch):
    before, gate, real = click.saved, threading.Event(), InProcess.poll
    monkeypatch.setattr(InProcess, "poll", lambda self: real(self) if gate.is_set() else None)
    click.press("balance", YES, until_end=False)
    first = click.scripts[0]
    while not click.sim.ext_state.get("mixengine", "running"):
        first.tick()
    [said] = drive_last(click, "duck", YES)
    gate.set()
    assert said == "mixengine is still at work. Stop it?"
    click.wait()
    assert (click.saved, click.sim.help) == (before, "")


def drive_last(click: LuaStudio, name: str, *answers: int) -> list[str]:
    """Click a second button and let its script alone have turns."""
    seen = len(click.sim.boxes)
    click.sim.box_answers.extend(answers)
    click.click(name).run_until_end()
    return [text for _, text, _ in click.sim.boxes[seen:]]


@pytest.mark.parametrize("event", EVENTS)
def test_what_happens_while_it_works(click, event):
    happens_at_work(click, event)


def test_a_backend_that_dies_is_one_box(click, monkeypatch):
    def run(job: Path) -> int:
        code = real(job)
        (job.parent / "result.json").write_text("")
        return code

    real, before = backend.run, click.saved
    monkeypatch.setattr(backend, "run", run)
    *_, last = click.press("balance", YES)
    assert "ended without an answer" in last
    assert (click.saved, click.sim.help) == (before, "")


def silent(words: list[str]) -> threading.Thread:
    """A Python that dies at once, with a last word."""
    (Path(words[-1]) / "errors.txt").write_text("Traceback\nModuleNotFoundError: No module named 'numpy'\n")
    return threading.Thread()


def test_a_python_that_gives_no_sign_of_life_is_one_box(click, monkeypatch):
    monkeypatch.setattr("tests.helpers.lua_studio._in_thread", silent)
    before, real = click.saved, time.perf_counter
    script = click.click("balance")
    [folder] = (click.place / "talk").iterdir()
    script.reaper[b"time_precise"] = lambda: real() + 35.0
    script.run_until_end()
    [(_, said, _)] = click.sim.boxes
    assert said == "mixengine's Python ended without an answer: ModuleNotFoundError: No module named 'numpy'"
    assert (click.saved, click.sim.help) == (before, "")
    assert not (folder / "start").exists()
    shutil.rmtree(folder)
    script.started.clear()


def test_a_full_disk_is_one_box(click, monkeypatch):
    """Python cannot write from a question on: what it left ready is shown, and it ends."""
    before = click.saved
    real = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.name.startswith("ask-") and int(path.stem.removeprefix("ask-")) >= 3:
            raise OSError(28, "No space left on device", str(path))
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    said = click.press("balance", YES)
    assert said[-1].startswith("mixengine cannot write to this disk any more (it may be full)")
    assert (click.saved, click.sim.help) == (before, "")


def test_a_disk_that_is_full_for_the_script_is_one_box(click, monkeypatch):
    before = click.saved
    click.press("balance", until_end=False)
    [folder] = (click.place / "talk").iterdir()
    (folder / "answer-1").mkdir()  # cannot be opened for writing
    click.wait()
    [(_, said, _)] = click.sim.boxes
    assert said.startswith("mixengine cannot be answered: ")
    assert click.saved == before
    for thread in click.scripts[0].started:
        thread.join(5.0)
        assert not thread.is_alive()
    shutil.rmtree(folder, ignore_errors=True)


def test_what_was_left_days_ago_is_removed(click):
    old, new = (click.place / "talk" / name for name in ("old", "new"))
    for folder in (old, new):
        folder.mkdir(parents=True)
    os.utime(old, (0, 0))
    click.press("bypass")
    assert (old.exists(), new.exists()) == (False, True)
    new.rmdir()


def test_a_script_that_is_terminated_ends_python_too(click):
    before = click.saved
    click.press("balance", YES, until_end=False)
    script = click.scripts[0]
    while not InProcess.started:
        script.tick()
    script.end()
    for thread in script.started:
        thread.join(5.0)
        assert not thread.is_alive()
    assert (click.saved, click.sim.help) == (before, "")


@pytest.mark.parametrize(
    "content, said",
    [(None, "mixengine is not set up for this REAPER"), ("/nowhere/python\n", "/nowhere/python: Python is not there")],
)
def test_a_set_up_that_is_missing_or_gone_is_one_box(click, content, said):
    path = click.place / "mixengine_python.txt"
    path.unlink()
    if content:
        path.write_text(content)
    [text] = click.press("balance")
    assert text.startswith(said)
    assert click.scripts[0].started == []


def test_the_real_process_does_it_too(tmp_path):
    """Once as REAPER does it, with nothing put in the place of anything, in a project without tracks."""
    from reaper_sim.lua import LuaReaper

    studio = LuaStudio(SimReaper(resource_path=tmp_path))
    script = LuaReaper(studio.sim)
    script.run_script(SCRIPTS / "mixengine_Duck music under speech.lua")
    assert studio.sim.help == "mixengine: starting"
    script.run_until_end(timeout_s=60)
    assert [text for _, text, _ in studio.sim.boxes] == ["The project has no tracks."]
    assert script.started[0].wait(10) == 0


def test_what_the_scripts_hold():
    """Few lines; nothing that arrives is ever run as code; no word about mixing."""
    texts = {path: path.read_text(encoding="utf-8") for path in SCRIPTS.glob("*.lua")}
    count = 0
    for path, text in texts.items():
        code = [line for line in text.splitlines() if line.strip() and not line.strip().startswith("--")]
        count += len(code) if path.name != "panel.lua" else 0  # apart: it is there only with another extension
        assert text.startswith("-- @"), path.name
        assert max(map(len, text.splitlines())) <= 120, path.name
        assert not re.search(r"\bload\b|loadstring|fader|loudness|preset", "\n".join(code)), path.name
    assert count <= 500


def test_every_script_is_lua():
    """Of REAPER 7 (5.4) and of the versions before (5.3)."""
    from lupa import lua53, lua54

    for runtime in (lua53, lua54):
        loadfile: Any = runtime.LuaRuntime(encoding=None).globals()[b"loadfile"]
        for path in SCRIPTS.glob("*.lua"):
            assert callable(loadfile(os.fsencode(path))), path.name


def test_the_buttons_are_those_that_the_tool_makes():
    from tests.reaper.setup.test_reapack import tool

    assert tool("make_lua_actions").stale() == []


def test_a_parent_that_is_gone_ends_python(tmp_path, monkeypatch):
    from mixengine.system import wire

    (tmp_path / "start").write_bytes(wire.encode({"action": "balance"}))
    talk = talking.Talk(tmp_path)
    talk.check()
    (tmp_path / "answer-1").write_bytes(wire.encode({"ok": True, "value": [1]}))
    assert talk.ask("call", name="x", arguments=[]) == [1]
    monkeypatch.setattr(talking, "lives", lambda _: False)
    with pytest.raises(talking.ScriptEnded):
        talk.ask("call", name="x", arguments=[])
    talk._ended.set()


def test_progress_does_not_hold_reaper_up(click, monkeypatch):
    """A turn in which the help line is set ends at once; one with another question waits a little for the next."""
    from mixengine.system import wire

    monkeypatch.setattr("tests.helpers.lua_studio._in_thread", silent)  # the questions are the test's own
    script = click.click("balance")
    script.started.clear()
    [folder] = (click.place / "talk").iterdir()
    spent_s = []
    for number, alone in ((1, True), (2, False)):
        question = {"do": "call", "name": "Help_Set", "arguments": ["x", False], "alone": alone}
        (folder / f"ask-{number}").write_bytes(wire.encode(question))
        start = time.perf_counter()
        script.tick()
        spent_s.append(time.perf_counter() - start)
    assert spent_s[1] >= 0.02
    assert spent_s[0] < spent_s[1]
    (folder / "ask-3").write_bytes(wire.encode({"do": "end"}))
    script.tick()
    assert not script.is_running
    shutil.rmtree(folder)
