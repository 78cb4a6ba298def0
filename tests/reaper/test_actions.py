"""The action buttons over the simulated REAPER, from the click to the undo step."""

from __future__ import annotations

import re

import pytest

from mixengine.hosts.rpp.project import Project
from tests.helpers.reaper_bench import lines
from tests.helpers.rpp_builders import item, project, source, track
from tests.helpers.studio import CANCEL, NO, OK, YES, InProcess, dialog

pytest.importorskip("reapy", reason="python-reapy is not installed")


JOBS = ("balance", "balance_groups", "duck", "unmask", "render")


ALL_TRACKS = r"No track is selected. Work on all 3 tracks\?"


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
    job = "balance" if name == "balance_groups" else name
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


def test_a_voice_that_is_clear_is_said_to_be(studio, audio):
    tracks = [
        track(1, item(11, media=source("voice.wav")), name="voice"),
        track(2, item(12, media=source("music.wav")), name="music", volpan="0.001 0 -1 -1 1"),
    ]
    (audio / "clear.RPP").write_bytes(project(*tracks))
    studio.sim.open(audio / "clear.RPP")
    before = studio.saved
    *_, said = studio.press("unmask", YES)
    assert said.startswith("voice is as clear as in broadcasts: nothing to do")
    assert studio.saved == before


def test_always_apply_asks_nothing_at_the_end(studio):
    fields = dialog(always_apply="yes")
    studio.press("options", inputs=fields)
    api = studio.sim.reaper_python
    api.RPR_SetTrackSelected(api.RPR_GetTrack(0, 0), True)
    assert len(studio.press("unmask")) <= 1
    assert len(studio.press("balance_groups")) <= 1
    assert all("Yes: apply." not in text for _, text, _ in studio.sim.boxes)
