"""What a second run makes of a first one, and of what the user did between the two."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mixengine.app import saved_plans, workflow
from mixengine.hosts.rpp.project import Project
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.jobs.level.settings import LevelSettings
from mixengine.model.units import amplitude
from tests.helpers import conversation


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """People in one room whose voices are 10 dB apart."""
    return conversation.write_room(tmp_path_factory.mktemp("talk"))


@pytest.fixture(scope="module")
def levelled(talk: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("levelled") / "level.RPP"
    workflow.run_job("level", talk, LevelSettings(target_lufs=-20.0), out=str(path))
    return path


def faders(project: Path) -> dict[str, float]:
    return {track.name: track.fader_db for track in Project.load(project).session().tracks}


def move(project: Path, name: str, by_db: float) -> None:
    """As a user moves a fader."""
    loaded = Project.load(project)
    (block,) = (b for b in loaded.tracks.values() if b.line("NAME").text(1) == name)
    line = block.line("VOLPAN")
    loaded.document.set_word(line, 1, f"{line.number(1) * amplitude(by_db):.12f}")
    project.write_bytes(loaded.document.render())


def balance(project: Path) -> workflow.Outcome:
    return workflow.run_job("balance", project, BalanceSettings(preset="podcast"), in_place=True)


def test_a_correction_by_hand_outlives_every_further_balance_and_the_revert(talk: Path, tmp_path: Path) -> None:
    project = tmp_path / "song.RPP"
    workflow.run_job("balance", talk, BalanceSettings(preset="podcast"), out=str(project))
    move(project, "Guest 1", -8.0)
    kept = balance(project).outputs["plan"]
    corrected = faders(project)
    assert balance(project).plan.changes == () and faders(project) == corrected
    saved_plans.apply_plan(Path(kept), project, in_place=True, undo=True)
    assert faders(project) == pytest.approx({"Host": 0.0, "Guest 1": -8.0, "Guest 2": 0.0}, abs=0.01)


def test_a_fader_moved_by_hand_keeps_its_move_when_a_balance_is_taken_back(talk: Path, tmp_path: Path) -> None:
    project = tmp_path / "song.RPP"
    plan = Path(workflow.run_job("balance", talk, BalanceSettings(preset="podcast"), out=str(project)).outputs["plan"])
    before = {"Host": 0.0, "Guest 1": 0.0, "Guest 2": 0.0}
    move(project, "Guest 1", 2.0)
    back = saved_plans.apply_plan(plan, project, out=str(tmp_path / "back.RPP"), undo=True)
    assert faders(tmp_path / "back.RPP") == pytest.approx(before | {"Guest 1": 2.0}, abs=1e-4)
    assert [note for note in back.notes if "'Guest 1' was moved by +2.0 dB since" in note]


def test_a_balance_hears_what_a_ride_makes_of_the_level(levelled: Path, tmp_path: Path) -> None:
    project = tmp_path / "level.RPP"
    shutil.copy(levelled, project)
    balance(project)
    result = faders(project)
    assert max(result.values()) - min(result.values()) < 0.5
