"""The button *Level voices*: the envelope that the command draws, as one undo step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixengine.app import workflow
from mixengine.hosts.rpp.project import Project
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.jobs.level.settings import LevelSettings
from mixengine.model.session import VOLUME_PRE_FX
from tests.helpers import signals
from tests.helpers.sounds import write
from tests.helpers.studio import YES

pytest.importorskip("reapy", reason="python-reapy is not installed")

RATE, LENGTH_S = 16000, 20.0


def drawn(project: bytes, path: Path) -> list[tuple]:
    (track,) = Project(project, path).session().tracks
    (envelope,) = track.automation
    assert envelope.kind == VOLUME_PRE_FX
    return [(point.time_s, point.value, point.shape, point.tension) for point in envelope.points]


def test_the_button_draws_what_the_command_draws_and_one_undo_takes_it_back(studio, tmp_path: Path) -> None:
    soft, loud = (signals.talk(RATE, turns, LENGTH_S).reshape(-1) for turns in (((1.0, 8.0),), ((11.0, 19.0),)))
    write(tmp_path / "talk" / "Host.wav", (0.1 * soft + 0.4 * loud)[:, None].astype(np.float32), RATE)
    path = tmp_path / "talk.RPP"
    workflow.run_job("balance", tmp_path / "talk", BalanceSettings(strength=0.0, cache=False), out=str(path))
    workflow.run_job("level", path, LevelSettings(), out=str(tmp_path / "command.RPP"))
    wanted = drawn((tmp_path / "command.RPP").read_bytes(), path)
    studio.sim.open(path)
    before = studio.saved
    *_, summary = studio.press("level", YES, YES)
    assert "Host" in summary and studio.steps == ["mixengine: level"]
    assert drawn(studio.saved, path) == [pytest.approx(row) for row in wanted]
    studio.sim.do_undo()
    assert studio.saved == before
