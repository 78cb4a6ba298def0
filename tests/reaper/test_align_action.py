"""The button *Align recordings*: what the command moves, as one undo step."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixengine.app import workflow
from mixengine.hosts.rpp.project import Project
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.jobs.sync.settings import SyncSettings
from tests.helpers.lint_sessions import RATE, delayed, playing
from tests.helpers.sounds import noise, write
from tests.helpers.studio import YES

pytest.importorskip("reapy", reason="python-reapy is not installed")


def places(project: bytes, path: Path) -> dict[str, list[tuple[float, float, float]]]:
    session = Project(project, path).session()
    return {track.name: [(c.position_s, c.length_s, c.rate) for c in track.clips] for track in session.tracks}


def test_the_button_moves_what_the_command_moves_and_one_undo_takes_it_back(studio, tmp_path: Path) -> None:
    host = playing(1, 16.0)
    write(tmp_path / "talk" / "Host.wav", host + noise(16.0, RATE, level=2e-4, seed=1), RATE)
    camera = 0.4 * delayed(host, 0.777) + noise(16.0, RATE, level=2e-4, seed=2)
    write(tmp_path / "talk" / "Camera.wav", camera[: 15 * RATE], RATE)
    path = tmp_path / "talk.RPP"
    workflow.run_job("balance", tmp_path / "talk", BalanceSettings(strength=0.0, cache=False), out=str(path))
    workflow.run_job("sync", path, SyncSettings(), out=str(tmp_path / "command.RPP"))
    wanted = places((tmp_path / "command.RPP").read_bytes(), path)
    assert wanted["Host"][0][0] == pytest.approx(0.777, abs=5e-5) and wanted["Camera"][0][0] == 0.0
    studio.sim.open(path)
    before = studio.saved
    *_, summary = studio.press("sync", YES, YES)
    assert "Host" in summary and studio.steps == ["mixengine: sync"]
    assert places(studio.saved, path) == wanted
    studio.sim.do_undo()
    assert studio.saved == before
