"""A voice that is clear enough: it is said, and nothing is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import mixengine
from mixengine.app import workflow
from mixengine.jobs.unmask.settings import UnmaskSettings
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
