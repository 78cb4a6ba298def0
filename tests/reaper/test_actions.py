"""The action buttons over the simulated REAPER, from the click to the undo step."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from audio.signals import talk
from conftest import ROOT, noise, tone, write
from hosts.builders import item, project, source, track
from reaper_sim import SimReaper
from tone.test_job import pink

from mixengine.hosts.rpp.project import Project
from mixengine.reaper import backend
from reaper.test_host import lines

pytest.importorskip("reapy", reason="python-reapy is not installed")

OK, CANCEL, YES, NO = 1, 2, 6, 7
JOBS = ("balance", "balance_groups", "duck", "unmask", "render")
RATE = 16000
ALL_TRACKS = r"No track is selected. Work on all 3 tracks\?"


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
        from mixengine.reaper import actions

        seen = len(self.sim.boxes)
        self.sim.box_answers.extend(answers)
        if inputs is not None:
            self.sim.input_answers.append(inputs)
        actions.run(name, sys.modules["__main__"], sys.executable)
        if until_end:
            self.wait()
            assert not self.sim.box_answers
        for title, text, _ in self.sim.boxes[seen:]:
            assert title == "mixengine"
            assert text.strip() == text
            assert 0 < len(text) < 1500
            assert not re.search(r"Traceback|\bNone\b|internal error", text), text
        return [text for _, text, _ in self.sim.boxes[seen:]]

    def wait(self) -> None:
        self.sim.run_until(lambda: not self.sim.deferred, timeout_s=30, rate_hz=1000)
        self.sim.check_balanced()

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


@pytest.fixture(scope="module")
def audio(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("söng")
    write(folder / "voice.wav", talk(RATE, ((0.5, 2.0), (3.0, 4.5)), 5.0)[:, None], RATE)
    write(folder / "music.wav", tone(220.0, 5.0, RATE, level=0.3) + noise(5.0, RATE, level=0.3), RATE)
    write(folder / "bass.wav", tone(80.0, 5.0, RATE, level=0.2), RATE)
    write(folder / "lead vocal.wav", tone(500.0, 3.0, RATE, harmonics=4, level=0.05), RATE)
    write(folder / "pad.wav", pink(3.0, RATE), RATE)
    clips = {name: item(n, media=source(f"{name}.wav")) for n, name in ((11, "voice"), (12, "music"), (13, "bass"))}
    placed = {name: [line.replace("SOFFS 0.75", "SOFFS 0") for line in clip] for name, clip in clips.items()}
    song = project(
        track(1, placed["voice"], name="voice"),
        track(2, placed["music"], name="music", bus="1 1"),
        track(3, placed["bass"], name="bass", bus="2 -1"),
    )
    (folder / "song.RPP").write_bytes(song)
    names = ("lead vocal", "pad", "bass")
    parts = [
        track(n, item(10 + n, media=source(f"{name}.wav")), name=f'"{name}"') for n, name in enumerate(names, start=1)
    ]
    (folder / "masked.RPP").write_bytes(project(*parts).replace(b"SOFFS 0.75", b"SOFFS 0"))
    return folder


@pytest.fixture
def studio(audio, tmp_path, monkeypatch) -> Iterator[Studio]:
    from mixengine.reaper import runner

    monkeypatch.setenv("MIXENGINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(runner.subprocess, "Popen", InProcess)
    monkeypatch.setattr(backend._Watch, "start", lambda self: None)
    monkeypatch.setattr(InProcess, "started", [])
    sim = SimReaper(audio / "song.RPP", resource_path=tmp_path)
    with sim.inside():
        yield Studio(sim)
        sim.check_balanced()


@pytest.mark.parametrize("name", JOBS)
def test_apply_is_one_step_and_remove_takes_it_back(studio, audio, name):
    if name == "unmask":
        studio.sim.open(audio / "masked.RPP")
    before = studio.saved
    asked, summary = studio.press(name, YES, YES)
    assert re.fullmatch(ALL_TRACKS, asked)
    assert re.match(r"\d+ changes\n", summary)
    assert summary.endswith("\n\nYes: apply.  No: look at a report first.")
    assert not studio.settings["selected_only"]
    job = {"balance_groups": "balance", "unmask": "tone"}.get(name, name)
    assert studio.steps == [f"mixengine: {job}"]
    assert lines(studio.saved) != lines(before)
    [question] = studio.press("remove", OK)
    assert re.match(r"Take back \d+ changes? of mixengine\?", question)
    roles = ("<EXTSTATE", "<MIXENGINE", "ROLES_", ">")
    left = [line for line in lines(studio.saved) if not line.startswith(roles)]
    assert left == [line for line in lines(before) if not line.startswith(roles)]
    studio.sim.do_undo()
    studio.sim.do_undo()
    assert studio.saved == before


@pytest.mark.parametrize("name", JOBS)
def test_no_and_cancel_change_nothing(studio, name):
    before = studio.saved
    assert len(studio.press(name, NO)) == 1
    assert InProcess.started == []
    assert len(studio.press(name, YES, CANCEL)) == 2
    assert (studio.saved, studio.steps) == (before, [])
    assert studio.sim.help == ""


@pytest.mark.parametrize("name", JOBS)
def test_a_project_without_tracks_is_one_sentence(studio, name):
    studio.sim.open()
    assert studio.press(name) == ["The project has no tracks."]


def test_the_selection_is_what_is_worked_on(studio):
    api = studio.sim.reaper_python
    api.RPR_SetTrackSelected(api.RPR_GetTrack(0, 1), True)
    [summary] = studio.press("balance", YES)
    assert studio.settings["selected_only"]
    session = Project(studio.saved, studio.sim.current.path).session()
    moved = [track.name for track in session.tracks if abs(track.fader_db) > 0.01]
    assert set(moved) <= {"music"}
    assert "bass" not in summary
    assert [track.selected for track in session.tracks] == [False, True, False]


def test_one_track_alone_is_asked_for_in_good_english(studio, audio):
    (audio / "one.RPP").write_bytes(project(track(1, item(11, media=source("voice.wav")))))
    studio.sim.open(audio / "one.RPP")
    assert studio.press("balance", NO) == ["No track is selected. Work on the only track?"]


@pytest.mark.parametrize(
    "action, names", [("balance", ("voice", "music")), ("duck", ("voice", "music")), ("unmask", ("lead vocal", "pad"))]
)
def test_tracks_that_cannot_be_heard_are_named(studio, audio, action, names):
    midi = ["<SOURCE MIDI", "HASDATA 1 960 QN", "E 1920 b0 7b 00", ">"]
    sounding = [
        track(n, item(10 + n, media=source(f"{name}.wav")), name=f'"{name}"') for n, name in enumerate(names, 1)
    ]
    lost = [track(3, item(13, media=source("gone.wav")), name="choir"), track(4, item(14, media=midi), name="keys")]
    (audio / "lost.RPP").write_bytes(project(*sounding, *lost).replace(b"SOFFS 0.75", b"SOFFS 0"))
    studio.sim.open(audio / "lost.RPP")
    *_, said = studio.press(action, YES, CANCEL)
    assert "note: choir: media missing: gone.wav" in said
    assert "note: keys: nothing to measure: 1 midi item" in said


def test_progress_is_shown_while_it_works_and_gone_after(studio):
    studio.press("balance", YES, CANCEL, until_end=False)
    studio.sim.tick()
    assert re.fullmatch(r"mixengine: \d+ % .+", studio.sim.help)
    studio.wait()
    assert studio.sim.help == ""


def test_always_apply_asks_nothing_at_the_end(studio):
    fields = ["pop", "instrument", "podcast", "", "psd-adaptive", "6", "yes", "speech-music", "no"]
    studio.press("options", inputs=fields)
    api = studio.sim.reaper_python
    api.RPR_SetTrackSelected(api.RPR_GetTrack(0, 0), True)
    assert studio.press("unmask") == [] or "Nothing to change" in studio.sim.boxes[-1][1]
    assert studio.press("balance_groups") in ([], [studio.sim.boxes[-1][1]])
    assert all("Yes: apply." not in text for _, text, _ in studio.sim.boxes)


def test_options_are_kept_and_used(studio):
    studio.press(
        "options", inputs=["podcast", "active", "film", "12", "psd-adaptive", "3.5", "no", "speech-music", "no"]
    )
    studio.press("balance", YES, CANCEL)
    assert (studio.settings["preset"], studio.settings["method"]) == ("podcast", "active")
    studio.press(
        "options", inputs=["pop", "instrument", "podcast", "12", "psd-adaptive", "3.5", "no", "speech-music", "no"]
    )
    assert studio.sim.inputs[-1][2][:2] == ["podcast", "active"]  # the dialog shows what was chosen before
    studio.press("duck", YES, CANCEL)
    assert studio.settings["target_lu"] == 12.0
    studio.press("unmask", YES, CANCEL)
    assert studio.settings["max_cut_db"] == 3.5


@pytest.mark.parametrize(
    "field, text, said",
    [
        (3, "loud", "Duck: LU"),
        (3, "nan", "Duck: LU"),
        (5, "-6", "Unmask"),
        (5, "", "Unmask"),
        (6, "maybe", "yes or no"),
    ],
)
def test_nonsense_in_the_dialog_is_one_sentence_and_changes_nothing(studio, field, text, said):
    fields = ["pop", "instrument", "podcast", "", "psd-adaptive", "6", "no", "speech-music", "no"]
    fields[field] = text
    [answer] = studio.press("options", inputs=fields)
    assert said in answer and answer.endswith("nothing was changed")
    assert not studio.sim.ext_state.get("mixengine", "options")


@pytest.mark.parametrize("action", ["balance", "balance_groups", "unmask"])
def test_the_time_selection_alone_is_heard_when_the_options_say_so(studio, audio, action):
    if action == "unmask":
        studio.sim.open(audio / "masked.RPP")
    fields = ["pop", "instrument", "podcast", "", "psd-adaptive", "6", "no", "speech-music", "yes"]
    studio.sim.reaper_python.RPR_GetSet_LoopTimeRange2(0, True, False, 2.25, 3.75, False)
    *_, whole = studio.press(action, YES, CANCEL)
    studio.press("options", inputs=fields)
    *_, passage = studio.press(action, YES, CANCEL)
    note = "note: heard from 2.25 to 3.75 s only, the time selection"
    assert (note in whole, note in passage) == (False, True)
    assert whole.splitlines()[1] != passage.splitlines()[1]
    studio.sim.reaper_python.RPR_GetSet_LoopTimeRange2(0, True, False, 0.0, 0.0, False)
    assert studio.press(action, YES, CANCEL)[-1] == whole


def test_cancel_in_the_dialog_changes_nothing(studio):
    studio.sim.input_answers.append(None)
    assert studio.press("options") == []
    assert not studio.sim.ext_state.get("mixengine", "options")


def test_an_unknown_preset_is_named_by_the_job(studio):
    studio.press(
        "options", inputs=["pöp", "instrument", "podcast", "", "psd-adaptive", "6", "no", "speech-music", "no"]
    )
    *_, said = studio.press("balance", YES)
    assert "pöp" in said and said.endswith("The project was not changed.")


def test_a_separator_in_a_field_is_refused(studio):
    fields = ["p|op", "instrument", "podcast", "", "psd-adaptive", "6", "no", "speech-music", "no"]
    assert len(studio.press("options", inputs=fields)) == 1


@pytest.mark.parametrize("kept", ["[1]", "7", "null", '{"max_cut_db": "deep"}'])
def test_damaged_options_do_not_stop_the_dialog(studio, kept):
    studio.sim.ext_state.set("mixengine", "options", kept, persist=True)
    assert (
        studio.press(
            "options", inputs=["pop", "instrument", "podcast", "", "psd-adaptive", "6", "no", "speech-music", "no"]
        )
        == []
    )


def test_a_second_action_offers_to_stop_the_first(studio):
    before = studio.saved
    studio.press("balance", YES, until_end=False)
    assert studio.press("duck", NO, until_end=False) == ["mixengine is still at work. Stop it?"]
    assert studio.press("unmask", YES, until_end=False) == ["mixengine is still at work. Stop it?"]
    assert len(InProcess.started) == 1
    studio.wait()
    assert (studio.saved, studio.sim.help) == (before, "")
    assert len(studio.press("balance", YES, CANCEL)) == 2  # and the next one may start


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
    api.RPR_SetMediaTrackInfo_Value(moved, "D_VOL", 0.123)
    *_, said = studio.press("remove", OK)
    assert said.startswith("Left as it is:\n")
    assert api.RPR_GetMediaTrackInfo_Value(moved, "D_VOL") == 0.123


@pytest.mark.parametrize("event", ["track deleted", "project closed", "other tab"])
def test_what_happens_while_the_backend_works(studio, event):
    sim, api, own = studio.sim, studio.sim.reaper_python, studio.sim.current
    other = sim.open()
    untouched = other.data()
    sim.current = own
    studio.press("balance", YES, YES, until_end=False)
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


def test_the_self_test_tries_every_function_we_depend_on(studio):
    folder = ROOT / "mixengine" / "hosts" / "reaper"
    modules = [path for path in folder.glob("*.py") if path.name != "selftest.py"]
    used = {name for path in modules for name in re.findall(r"\bapi\.([A-Z]\w+)\(", path.read_text(encoding="utf-8"))}
    assert len(used) > 30
    studio.sim.calls.clear()
    studio.press("selftest")
    assert used - set(studio.sim.calls.counts) - {"ShowMessageBox", "GetUserInputs", "GetUserFileNameForRead"} == set()


SCRIPTS = sorted((ROOT / "reaper_scripts").glob("mixengine_[A-Z]*.py"))


def test_the_thin_scripts_find_the_installation(studio, tmp_path):
    from mixengine.jobs import registry
    from mixengine.reaper import actions

    place = tmp_path / "Scripts" / "mixengine"
    place.mkdir(parents=True)
    for script in [*SCRIPTS, ROOT / "reaper_scripts" / "mixengine_boot.py"]:
        shutil.copy(script, place)
    installed = {"interpreter": sys.executable, "paths": [str(ROOT)]}
    (place / "mixengine_install.json").write_text(json.dumps(installed), encoding="utf-8")
    called = {re.search(r'run\("(\w+)"', script.read_text(encoding="utf-8")).group(1) for script in SCRIPTS}
    assert set(actions.ACTIONS) <= called <= {*actions.ACTIONS, *registry.names()}
    said = {}
    try:
        for script in SCRIPTS:
            studio.sim.open()
            studio.sim.input_answers.append(None)
            studio.sim.run_script(place / script.name)
            said[script.stem.removeprefix("mixengine_")] = studio.sim.boxes[-1][1] if studio.sim.boxes else ""
            studio.sim.boxes.clear()
    finally:
        sys.modules.pop("mixengine_boot", None)
    empty = [name for name, text in said.items() if text == "The project has no tracks."]
    assert len(empty) == 5
    for name in ("Isolate dialogue in selected items", "Separate selected items into stems"):
        assert said[name] == "No item is selected: select the items to work on."
    assert "no report yet" in said["Show last report"]
    assert "changed nothing" in said["Remove everything mixengine did"]
    assert "balanced nothing" in said["Remember my corrections"]
    assert "passed" in studio.sim.console


@pytest.mark.parametrize("content", [None, "{", "{}", '{"interpreter": "x", "paths": 7}', "[]"])
def test_a_missing_or_damaged_installation_is_one_box(studio, tmp_path, content):
    place = tmp_path / "Scripts" / "mixengine"
    place.mkdir(parents=True)
    for name in (SCRIPTS[0].name, "mixengine_boot.py"):
        shutil.copy(ROOT / "reaper_scripts" / name, place)
    if content is not None:
        (place / "mixengine_install.json").write_text(content, encoding="utf-8")
    try:
        studio.sim.run_script(place / SCRIPTS[0].name)
    finally:
        sys.modules.pop("mixengine_boot", None)
    [(_, said, _)] = studio.sim.boxes
    assert said.startswith("mixengine is not set up for this REAPER")


def test_a_hundred_tracks_are_balanced_and_given_back(studio, audio):
    names = ("voice", "music", "bass", "pad", "lead vocal")
    parts = []
    for number in range(1, 101):
        clip = item(1000 + number, media=source(f"{names[number % 5]}.wav"))
        parts.append(track(number, [line.replace("LENGTH 3.25", "LENGTH 1") for line in clip], lines=("SEL 0",)))
    (audio / "hundred.RPP").write_bytes(project(*parts))
    studio.sim.open(audio / "hundred.RPP")
    before = studio.saved
    *_, summary = studio.press("balance", YES, YES)
    assert re.match(r"\d\d+ changes\n", summary)
    studio.sim.calls.clear()
    studio.press("remove", OK)
    assert studio.saved == before
    assert len(studio.sim.calls) < 600
