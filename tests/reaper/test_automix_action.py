"""The button *Automix microphones*: the envelopes that the command draws, as one undo step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixengine.app import workflow
from mixengine.hosts.rpp.project import Project
from mixengine.jobs.automix.settings import AutomixSettings
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.model.session import EnvelopePoint
from tests.helpers import conversation
from tests.helpers.sounds import write
from tests.helpers.studio import YES

pytest.importorskip("reapy", reason="python-reapy is not installed")


def drawn(project: bytes, path: Path) -> dict[str, tuple[EnvelopePoint, ...]]:
    session = Project(project, path).session()
    return {track.name: track.automation[0].points if track.automation else () for track in session.tracks}


def test_the_button_draws_what_the_command_draws_and_one_undo_takes_it_back(studio, tmp_path: Path) -> None:
    said = conversation.voices()
    for name in said:
        sound = conversation.room(said, name, -14.0)[:, None].astype(np.float32)
        write(tmp_path / "talk" / f"{name}.wav", sound, conversation.RATE)
    path = tmp_path / "talk.RPP"
    workflow.run_job("balance", tmp_path / "talk", BalanceSettings(strength=0.0, cache=False), out=str(path))
    workflow.run_job("automix", path, AutomixSettings(), out=str(tmp_path / "command.RPP"))
    wanted = drawn((tmp_path / "command.RPP").read_bytes(), path)
    studio.sim.open(path)
    before = studio.saved
    *_, summary = studio.press("automix", YES, YES)
    assert "Host" in summary and studio.steps == ["mixengine: automix"]
    after = drawn(studio.saved, path)
    assert after.keys() == wanted.keys() and all(wanted.values())
    for name, points in wanted.items():
        assert [(p.time_s, p.value, p.shape) for p in after[name]] == [
            (pytest.approx(p.time_s), pytest.approx(p.value), p.shape) for p in points
        ]
    studio.sim.do_undo()
    assert studio.saved == before
