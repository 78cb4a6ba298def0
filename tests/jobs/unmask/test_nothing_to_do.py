"""A voice that is clear enough: it is said, and nothing is written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import mixengine
from mixengine import hosts
from mixengine.app import workflow
from mixengine.jobs.unmask import job
from mixengine.jobs.unmask.settings import UnmaskSettings
from mixengine.jobs.unmask.view import VIEW
from tests.helpers.sounds import pink, tone, write

SECONDS = 3.0


def song(place: Path, voice: float) -> Path:
    write(place / "lead vocal.wav", tone(500.0, SECONDS, harmonics=4, level=voice))
    write(place / "pad.wav", pink(SECONDS, channels=2))
    return place


@pytest.fixture
def clear(tmp_path: Path) -> Path:
    return song(tmp_path / "clear", 0.3)


@pytest.mark.parametrize("more", [[], ["-o", "OUT"], ["--report"], ["--render"]])
def test_it_is_said_and_nothing_is_written(clear: Path, run, more: list[str]) -> None:
    words = [str(clear.parent / "out") if word == "OUT" else word for word in more]
    result = run("unmask", str(clear), *words)
    assert result.returncode == 0
    assert "lead vocal is as clear as in most songs: nothing to do" in " ".join(result.stdout.split())
    assert sorted(path.name for path in clear.parent.rglob("*")) == ["clear", "lead vocal.wav", "pad.wav"]


NO_VOICE = {
    "nothing sounds beside LeadVox": {"LeadVox": 0.1},
    "Guest and Host have the same rank: say with --priority who comes first": {"Guest": 0.1, "Host": 0.1},
    "LeadVox is silent": {"LeadVox": 0.0, "Guitar": 0.1},
    "nothing sounds beside Host; Guest is silent": {"Guest": 0.0, "Host": 0.1},
}


@pytest.mark.parametrize("words", NO_VOICE)
def test_where_there_is_no_voice_to_compare_it_is_said_why(tmp_path: Path, run, words: str) -> None:
    for name, level in NO_VOICE[words].items():
        write(tmp_path / "song" / f"{name}.wav", tone(500.0, 1.0, level=level))
    here = sorted(tmp_path.rglob("*"))
    result = run("unmask", str(tmp_path / "song"), "-o", str(tmp_path / "out"), "--json")
    assert (result.returncode, sorted(tmp_path.rglob("*"))) == (0, here)
    said = json.loads(result.stdout)
    assert (said["nothing_to_do"], said["outputs"]) == (words, {})


def test_where_no_track_may_change_it_is_said_why(clear: Path) -> None:
    session = hosts.open_session(clear)
    locked = replace(session, tracks=tuple(replace(track, locked=True) for track in session.tracks))
    result = job.plan(locked, UnmaskSettings(mode="three-band"), lambda *_: None)
    assert result.changes == ()
    assert VIEW.nothing(result) == "no equaliser changes: locked in REAPER: stays as it is (2 tracks)"


def test_json_says_it(clear: Path, run) -> None:
    said = json.loads(run("unmask", str(clear), "--json").stdout)
    assert said["nothing_to_do"].startswith("lead vocal is as clear as in most songs: nothing to do")
    assert said["outputs"] == {}
    assert mixengine.unmask(clear).to_dict()["nothing_to_do"] == said["nothing_to_do"]


def test_a_second_run_writes_nothing(tmp_path: Path, run) -> None:
    first = json.loads(run("unmask", str(song(tmp_path / "buried", 0.05)), "--no-report", "--json").stdout)
    assert "nothing_to_do" not in first
    project = Path(first["outputs"]["project"])
    text, around = project.read_bytes(), sorted(tmp_path.rglob("*"))
    for more in ([], ["--in-place"]):
        again = json.loads(run("unmask", str(project), *more, "--json").stdout)
        assert again["nothing_to_do"] == "the equalisers stand as they should already: nothing to do"
        assert project.read_bytes() == text and sorted(tmp_path.rglob("*")) == around


def test_a_batch_goes_on_with_the_project(clear: Path) -> None:
    outcome = workflow.run_job("unmask", clear, UnmaskSettings(), even_unchanged=True)
    assert outcome.nothing and Path(outcome.outputs["project"]).is_file()
