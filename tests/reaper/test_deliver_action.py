"""The button *Deliver*: a target, master fader and ReaLimit as one undo step, and REAPER's own figures after it."""

from __future__ import annotations

import json

import pytest

from mixengine.hosts.reaper import dry_run, mix_check
from mixengine.hosts.reaper.dry_run import Measured
from mixengine.hosts.reaper.mix_check import verdict
from mixengine.hosts.rpp.project import Project
from mixengine.jobs.deliver.job import LABEL
from mixengine.model.session import EqBand
from tests.helpers.rpp_builders import chain, envelope, guid, reaeq, render
from tests.helpers.studio import CANCEL, OK, YES, InProcess, Studio

pytest.importorskip("reapy", reason="python-reapy is not installed")

SETTINGS = {"RENDER_BOUNDSFLAG": 2.0, "RENDER_SETTINGS": 3.0, "RENDER_NORMALIZE": 1.0, "RENDER_CHANNELS": 4.0}


def master(studio):
    session = Project(studio.saved, studio.sim.current.path).session()
    return session.master_db, [effect.limiter for effect in session.master_effects if effect.label == LABEL]


def test_a_quiet_target_takes_the_fader_and_reaper_agrees(studio):
    before = studio.saved
    *_, summary, checked = studio.press("deliver", YES, OK, inputs=["-40", ""])
    assert "master" in summary and studio.steps == ["mixengine: deliver"]
    assert studio.settings == {"target": "-40"}
    assert checked.startswith("REAPER measures −40.0 LUFS and ")
    assert checked.endswith("; planned were −40.0 LUFS below −1.0 dBTP.")
    fader_db, limiters = master(studio)
    assert fader_db < 0.0 and limiters == []
    studio.sim.do_undo()
    assert studio.saved == before


def open_with_master(studio, *parts, name="master.RPP"):
    """Another tab in front: the song with lines and blocks of its master."""
    line = b"  MASTER_VOLUME 1 0 -1 -1 1\r\n"
    song = studio.sim.projects[0]
    path = song.path.with_name(name)
    path.write_bytes(song.data().replace(line, render([line for part in parts for line in part], indent=b"  ")))
    return studio.sim.open(path)


def check_what_is_on_the_master_is_measured(studio):
    boost = (EqBand("band", 220.0, 12.0, 2.0),)
    offline = [line.replace("BYPASS 0 0 0", "BYPASS 0 1 0") for line in reaeq("", boost, guid(80))]
    switched = ["MASTERMUTESOLO 4", "MASTER_VOLUME 1 -0.5 -1 -1 1"]
    open_with_master(studio, switched, chain(offline, name="MASTERFXLIST"), envelope("MASTERVOLENV2", "0 0.25 0"))
    *_, checked = studio.press("deliver", YES, OK, inputs=["-40", ""])
    assert checked.startswith("REAPER measures −40.0 LUFS and ")
    assert checked.endswith("; planned were −40.0 LUFS below −1.0 dBTP.")
    return studio.saved


def test_what_is_on_the_master_is_measured(both):
    by_lua, by_python = map(check_what_is_on_the_master_is_measured, both)
    assert by_lua == by_python


RULED = ["MASTERAUTOMODE 1", "MASTER_VOLUME 1 0 -1 -1 1"]


def test_a_fader_that_an_envelope_rules_is_not_moved(studio):
    """The limiter does it, and REAPER agrees; the second click changes nothing; what it cannot do is said."""
    open_with_master(studio, RULED, envelope("MASTERVOLENV2", "0 0.5 0"))
    *_, checked = studio.press("deliver", YES, OK, inputs=["-17", ""])
    assert checked.startswith("REAPER measures −17.0 LUFS and ")
    assert checked.endswith("; planned were −17.0 LUFS below −1.0 dBTP.")
    fader_db, limiters = master(studio)
    assert fader_db == 0.0 and len(limiters) == 1
    before = studio.saved
    assert studio.press("deliver", OK, inputs=["-17", ""])[-1].startswith("Nothing to change.")
    refused = studio.press("deliver", inputs=["-40", ""])[-1]
    assert "the master's volume envelope rules its fader (automation mode), which stays" in refused
    assert studio.saved == before


def test_a_loud_target_takes_a_limiter_once(studio):
    *_, checked = studio.press("deliver", YES, OK, inputs=["-12", "-4"])
    assert checked.startswith("REAPER measures −12.0 LUFS and −4.")
    fader_db, limiters = master(studio)
    assert fader_db == 0.0 and len(limiters) == 1
    before = studio.saved
    assert studio.press("deliver", OK, inputs=["-12", "-4"])[-1].startswith("Nothing to change.")
    assert studio.saved == before and studio.sim.rendering.dry_runs == 1


def test_cancel_and_a_ceiling_that_is_no_number(studio):
    before = studio.saved
    studio.sim.input_answers.append(None)
    assert studio.press("deliver") == [] and InProcess.started == []
    assert "is no number" in studio.press("deliver", inputs=["podcast", "loud"])[0]
    assert len(studio.press("deliver", CANCEL, inputs=["-40", "-2"])) == 1
    assert studio.settings == {"target": "-40", "ceiling_dbtp": -2.0}
    assert studio.saved == before and studio.sim.rendering.dry_runs == 0


def test_the_target_is_kept(studio):
    studio.press("deliver", CANCEL, inputs=["-41", ""])
    assert json.dumps("-41") in json.dumps(studio.sim.reaper_python.RPR_GetExtState("mixengine", "deliver_target"))


def stands(studio: Studio) -> list[bytes]:
    return sorted(line for line in studio.saved.splitlines() if line.strip().startswith(b"RENDER_"))


def check_render_settings_and_versions(studio: Studio) -> list[str]:
    """With and without the action, and a cancelled dry run: what is said, and that all render settings stay."""
    said = []
    for name, value in SETTINGS.items():
        studio.sim.reaper_python.RPR_GetSetProjectInfo(0, name, value, True)
    before = stands(studio)
    cases = (("-40", True, ""), ("-41", True, "cancel dry run"), ("-42", False, ""), ("-43", True, "error"))
    for target, knows, fails in cases:
        studio.sim.rendering.knows_dry_run, studio.sim.rendering.fails = knows, fails
        said.append(studio.press("deliver", YES, OK, inputs=[target, ""])[-1])
        assert stands(studio) == before
    assert studio.steps == ["mixengine: deliver"] * 4 and studio.sim.rendering.dry_runs == 3
    return said


def test_without_figures_it_is_said_and_render_settings_are_put_back(both):
    by_lua, by_python = map(check_render_settings_and_versions, both)
    assert by_lua == by_python
    measured, stopped, missing, failed = by_lua
    assert measured.startswith("REAPER measures −40.0 LUFS")
    assert "not checked: REAPER's dry-run render was stopped" in stopped
    assert "not checked: this REAPER has no dry-run render" in missing
    assert failed == "Delivered, but not checked: REAPER's dry-run render failed (the render thread died)."


def check_the_render_window(studio: Studio) -> None:
    """It is closed by itself, whatever the user prefers, and the preference stays, also after an error."""
    preference, rendering = dict(studio.sim.config), studio.sim.rendering
    for target, fails in (("-40", ""), ("-41", "error")):
        rendering.fails = fails
        studio.press("deliver", YES, OK, inputs=[target, ""])
        assert (studio.sim.config, rendering.open_windows) == (preference, 0)
    rendering.fails = ""
    del studio.sim.reaper_python.RPR_set_config_var_string  # a version that lets no script set it
    assert studio.press("deliver", YES, OK, inputs=["-42", ""])[-1].startswith("REAPER measures −42.0 LUFS")
    assert (studio.sim.config, rendering.open_windows, rendering.dry_runs) == (preference, 1, 3)


def test_the_render_window_does_not_stay_open(both):
    for studio in both:
        check_the_render_window(studio)


def check_a_refused_limiter(studio: Studio) -> str:
    """REAPER refuses the limiter: the master fader behind it must not go up to 0 dB."""
    studio.sim.reaper_python.RPR_SetMediaTrackInfo_Value(studio.sim.reaper_python.RPR_GetMasterTrack(0), "D_VOL", 0.1)
    studio.sim.refuses_states = True
    _, refused = studio.press("deliver", YES, OK, inputs=["-12", "-4"])
    fader_db, limiters = master(studio)
    assert fader_db == pytest.approx(-20.0, abs=0.01) and limiters == []
    assert studio.sim.rendering.dry_runs == 0
    return refused


def test_without_its_limiter_the_fader_stays(both):
    by_lua, by_python = map(check_a_refused_limiter, both)
    assert by_lua == by_python
    assert by_lua.endswith(
        "REAPER refused the settings of 'mixengine deliver' on the master, whose fader stays where it is"
    )


def test_the_verdict_in_words():
    agreed = verdict(Measured(dry_run.DONE, -14.2, -1.0, 5.0), -14.0, -1.0, means=mix_check.LIMITER)
    assert agreed == "REAPER measures −14.2 LUFS and −1.0 dBTP; planned were −14.0 LUFS below −1.0 dBTP."
    loud = verdict(Measured(dry_run.DONE, -13.0, -0.4), -14.0, -1.0, means=mix_check.LIMITER)
    assert "1.0 LU louder than planned" in loud and "ReaLimit by +1.0 dB" in loud and "0.6 dB above" in loud
    quiet = verdict(Measured(dry_run.DONE, -15.0), -14.0, -1.0, means=mix_check.MASTER_FADER)
    assert "1.0 LU quieter" in quiet and "the master fader by +1.0 dB" in quiet and "dBTP;" not in quiet
    ruled = verdict(Measured(dry_run.DONE, -15.0), -14.0, -1.0, means=mix_check.MASTER_ENVELOPE)
    assert "move the master's volume envelope, which rules the fader, by +1.0 dB" in ruled
    assert "hears nothing" in verdict(Measured(dry_run.DONE, float("-inf")), -14.0, -1.0, means=mix_check.MASTER_FADER)
    closed = verdict(Measured(dry_run.CLOSED), -14.0, -1.0, means=mix_check.MASTER_FADER)
    assert "not open any more" in closed


@pytest.mark.parametrize(
    ("text", "measured"),
    [
        ("FILE:C:/a;b.wav;PEAK:-0.5;TRUEPEAK:-0.2;LRA:4.1;LUFSI:-14.3;", Measured(dry_run.DONE, -14.3, -0.2, 4.1)),
        ("FILE:/tmp/x;LUFSI:-inf", Measured(dry_run.DONE, float("-inf"))),
        ("FILE:/tmp/x;PEAK:-3.0;", Measured(dry_run.STOPPED)),
        ("", Measured(dry_run.STOPPED)),
    ],
)
def test_the_figures_as_reaper_words_them(text, measured):
    assert dry_run.figures(text) == measured
