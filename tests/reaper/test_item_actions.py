"""The buttons that work on items: dialogue as a new take, parts on new tracks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mixengine.hosts.rpp.project import Project
from tests.helpers.reaper_bench import lines
from tests.helpers.rpp_builders import guid, project, track
from tests.helpers.separation_songs import clip_lines, song
from tests.helpers.studio import CANCEL, NO, OK, YES, InProcess, Studio, dialog, studio_with

pytest.importorskip("reapy", reason="python-reapy is not installed")
soundfile = pytest.importorskip("soundfile")

WRITTEN = {"isolate": "a new take", "separate": "new tracks"}


@pytest.fixture
def studio(tmp_path, monkeypatch) -> Iterator[Studio]:
    folder = tmp_path / "söng"
    folder.mkdir()
    soundfile.write(folder / "voice.wav", song(44100 * 2, 1), 44100, subtype="PCM_24")
    text = project(
        track(1, clip_lines(11, "voice.wav", selected=True, fade="FADEIN 3 0.2 0 1 0 0.5 0.5"), name="voice"),
        track(2, clip_lines(12, "voice.wav", selected=False), name="other"),
    )
    (folder / "song.RPP").write_bytes(text)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    with studio_with(monkeypatch, tmp_path, folder / "song.RPP") as made:
        yield made


def session(studio: Studio, folder: Path):
    return Project(studio.saved, folder / "song.RPP").session()


def test_parts_on_new_tracks_and_back(studio, tmp_path):
    before = studio.saved
    [summary] = studio.press("separate", YES)
    assert "speech of 'interview one.wav' by blend" in summary
    assert studio.steps == ["mixengine: separate"]
    result = session(studio, tmp_path / "söng")
    assert [track.name for track in result.tracks] == ["voice", "speech", "residual", "other"]
    children = [track for track in result.tracks if track.parent == guid(1)]
    assert [clip.source.kind for track in children for clip in track.clips] == ["audio", "audio"]
    assert {clip.fade_in.length_s for track in children for clip in track.clips} == {0.2}
    assert [clip.mute for clip in result.track(guid(1)).clips] == [True]
    assert len(list((tmp_path / "söng" / "mixengine").glob("*.wav"))) == 2
    studio.press("remove", OK)
    assert [line for line in lines(studio.saved) if "ROLES" not in line] == lines(before)
    studio.sim.do_undo()
    studio.sim.do_undo()
    assert studio.saved == before


def test_dialogue_as_a_new_take(studio, tmp_path):
    before = studio.saved
    [summary] = studio.press("isolate", YES)
    assert "speech of 'interview one.wav' by blend" in summary
    assert studio.steps == ["mixengine: separate"]
    [clip] = session(studio, tmp_path / "söng").track(guid(1)).clips
    assert clip.name == "interview one.wav (speech)"
    assert clip.behind is not None
    assert clip.behind.name == "interview one.wav"
    studio.sim.do_undo()
    assert studio.saved == before


@pytest.mark.parametrize("name", WRITTEN)
def test_without_a_selection_it_says_what_to_do(studio, name):
    studio.sim.open(_unselected(studio))
    assert studio.press(name) == ["No item is selected: select the items to work on."]
    assert InProcess.started == []


def _unselected(studio: Studio) -> Path:
    folder = Path(studio.sim.current.path).parent
    copy = folder / "none.RPP"
    copy.write_bytes((folder / "song.RPP").read_bytes().replace(b"SEL 1", b"SEL 0"))
    return copy


@pytest.mark.parametrize("name", WRITTEN)
def test_a_missing_file_is_one_sentence(studio, tmp_path, name):
    shutil.move(tmp_path / "söng" / "voice.wav", tmp_path / "elsewhere.wav")
    [said] = studio.press(name)
    assert "its file is missing" in said
    assert said.endswith("The project was not changed.")


def test_the_scenario_is_an_option(studio):
    studio.press("options", inputs=dialog(separate="music"))
    [summary] = studio.press("separate", 2)
    assert "harmonic of 'interview one.wav' by hpss" in summary
    assert studio.settings["scenario"] == "music"
    studio.press("options", inputs=dialog(separate="musik"))
    [said] = studio.press("separate")
    assert "scenario 'musik' is unknown (did you mean 'music'?)" in said


def test_what_is_mended_before_isolating_is_an_option(studio):
    studio.press("isolate", CANCEL)
    assert "repair" not in studio.settings
    studio.press("options", inputs=dialog(repair="hum, clicks"))
    [summary] = studio.press("isolate", CANCEL)
    assert studio.settings["repair"] == ["hum", "clicks"] and "voice" in summary
    studio.press("separate", CANCEL)
    assert studio.settings["repair"] == []  # parts are not repaired


def test_a_look_at_the_report_first(studio, monkeypatch):
    shown: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: shown.append(address) or True)
    assert len(studio.press("separate", NO, 2)) == 2
    assert shown


@pytest.mark.parametrize("name", WRITTEN)
def test_cancel_takes_back_the_files_that_were_made_for_it(studio, tmp_path, name):
    before = sorted((tmp_path / "söng").rglob("*"))
    studio.press(name, CANCEL)
    assert sorted((tmp_path / "söng").rglob("*")) == before


def test_cancel_keeps_the_files_that_the_project_plays(studio, tmp_path):
    studio.press("isolate", YES)
    standing = sorted((tmp_path / "söng" / "mixengine").iterdir())
    studio.press("separate", CANCEL)
    assert sorted((tmp_path / "söng" / "mixengine").iterdir()) == standing


def test_files_for_a_project_that_was_closed_meanwhile_are_taken_back(studio, tmp_path):
    before, own = sorted((tmp_path / "söng").rglob("*")), studio.sim.current
    studio.sim.open()
    studio.sim.current = own
    studio.press("separate", YES, until_end=False)
    studio.sim.close(own)
    studio.wait()
    assert studio.sim.boxes[-1][1] == "the project was closed meanwhile: nothing was changed"
    assert sorted((tmp_path / "söng").rglob("*")) == before


@pytest.mark.parametrize("name", WRITTEN)
def test_stretch_markers_are_named_for_each_item(studio, tmp_path, name):
    folder = tmp_path / "söng"
    clip = [*clip_lines(11, "voice.wav", selected=True)[:-1], "SM 0 0 + 0.5 0.7", ">"]
    (folder / "stretched.RPP").write_bytes(project(track(1, clip, name="voice")))
    studio.sim.open(folder / "stretched.RPP")
    [said] = studio.press(name, CANCEL)
    assert "note: 'interview one.wav' at 0.50 s: stretch markers (played as if there were none)" in said
