"""A batch hears plug-ins of project files as its user allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixengine.app import workflow
from mixengine.batch import chain, steps
from mixengine.batch.run import Options, run
from mixengine.batch.steps import Task
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.system.errors import UserError
from tests.helpers.plugin_sessions import at_start, fx, midi
from tests.helpers.real_plugins import GAIN, SYNTH
from tests.helpers.rpp_builders import project, track
from tests.helpers.sounds import tone, write


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """Two tracks, one with a plug-in that is not installed."""
    for number in (1, 2):
        write(tmp_path / f"{number}.wav", tone(110.0 * number, 2.0, 22050, level=0.1), 22050)
    parts = [track(1, fx(GAIN.lines()), at_start(11, "1.wav", 2.0)), track(2, at_start(12, "2.wav", 2.0))]
    path = tmp_path / "song.RPP"
    path.write_bytes(project(*parts))
    return path


@pytest.mark.parametrize("mode", ["models", "host"])
def test_plug_ins_are_loaded_only_where_it_is_asked_for(song: Path, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    monkeypatch.setattr("mixengine.mixer.plugins.find.candidates", lambda class_id, file: looked.append(file) or ())
    chosen = steps.parse("balance,unmask", sets=["unmask.priority=T1"], plugins=mode)
    result = chain.run(Task("song", str(song), chosen.jobs, chosen.encoded(), plugins=chosen.plugins))
    assert bool(looked) == (mode == "host")
    assert any("Test Gain" in note and "is not on this machine" in note for note in result.notes) == (mode == "host")


def test_what_is_heard_of_plug_ins_is_part_of_what_was_done() -> None:
    plain, hosted = steps.parse("balance"), steps.parse("balance", plugins="host")
    assert plain.digest("1") != hosted.digest("1")
    with pytest.raises(UserError, match="--plugins"):
        steps.parse("balance", plugins="all")


def test_one_gain_for_an_album_is_not_measured_through_plug_ins(song: Path) -> None:
    chosen = steps.parse("deliver", sets=["deliver.target=-20"], plugins="host")
    with pytest.raises(UserError, match="not with --album"):
        run(song.parent, chosen, Options(album=True))


def test_a_project_of_instruments_that_are_not_there_names_them(tmp_path: Path) -> None:
    path = tmp_path / "notes.RPP"
    path.write_bytes(project(track(1, fx(SYNTH.lines()), at_start(11, midi((0, 960, 60)), 2.0))))
    with pytest.raises(UserError, match=r"1 midi item; plug-in VST3i: Test Synth .* is not on this machine: T1"):
        workflow.run_job("balance", str(path), BalanceSettings(), plugins="host")


def test_without_pedalboard_nothing_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mixengine.system.extras.importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match="--plugins host needs pedalboard"):
        steps.parse("balance", plugins="host")
