"""The button *Deliver*: asks for a target; master fader and ReaLimit as one undo step."""

from __future__ import annotations

import json

import pytest

from mixengine.hosts.rpp.project import Project
from mixengine.jobs.deliver.job import LABEL
from tests.helpers.studio import CANCEL, YES, InProcess

pytest.importorskip("reapy", reason="python-reapy is not installed")


def master(studio):
    session = Project(studio.saved, studio.sim.current.path).session()
    return session.master_db, [effect.limiter for effect in session.master_effects if effect.label == LABEL]


def test_a_quiet_target_takes_the_fader_and_a_loud_one_a_limiter(studio):
    before = studio.saved
    *_, summary = studio.press("deliver", YES, inputs=["-40", ""])
    assert "master" in summary and studio.steps == ["mixengine: deliver"]
    assert studio.settings == {"target": "-40"}
    fader_db, limiters = master(studio)
    assert fader_db < 0.0 and limiters == []
    studio.sim.do_undo()
    assert studio.saved == before


def test_cancel_and_a_ceiling_that_is_no_number(studio):
    before = studio.saved
    studio.sim.input_answers.append(None)
    assert studio.press("deliver") == [] and InProcess.started == []
    assert "is no number" in studio.press("deliver", inputs=["podcast", "loud"])[0]
    assert len(studio.press("deliver", CANCEL, inputs=["-40", "-2"])) == 1
    assert studio.settings == {"target": "-40", "ceiling_dbtp": -2.0}
    assert studio.saved == before


def test_the_target_is_kept(studio):
    studio.press("deliver", CANCEL, inputs=["-41", ""])
    assert json.dumps("-41") in json.dumps(studio.sim.reaper_python.RPR_GetExtState("mixengine", "deliver_target"))
