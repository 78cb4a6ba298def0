"""The buttons of matching: the file dialog, what the backend is asked for, and the A/B bypass."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from mixengine.hosts.rpp.project import Project
from mixengine.jobs import match
from mixengine.jobs.match.details import MatchDetails
from mixengine.model.plan import Compressor, Equalizer, Fader, MixPlan
from mixengine.model.session import MASTER, CompressorSettings, EqBand

pytest.importorskip("reapy", reason="python-reapy is not installed")

from tests.helpers.studio import CANCEL, YES, InProcess

LABEL = "mixengine style"
BANDS = (EqBand("high_shelf", 7000.0, 1.5, 1.9),)
SETTINGS = CompressorSettings(-20.0, 2.0, 30.0, 30.0, 6.0, lookahead_ms=46.44)


def decided(session, settings, progress):
    """A style plan that needs no listening."""
    first = session.tracks[0]
    return MixPlan(
        "match",
        session.name,
        session.path,
        {"reference": settings.reference},
        (
            Fader(first.id, first.fader_db, first.fader_db - 2.0, "why"),
            Equalizer(first.id, LABEL, None, BANDS, "why"),
            Compressor(first.id, LABEL, None, SETTINGS, "why"),
            Equalizer(MASTER, LABEL, None, BANDS, "why"),
        ),
        MatchDetails(reference=settings.reference),
    )


@pytest.fixture
def matching(studio, monkeypatch):
    monkeypatch.setattr(match, "JOB", replace(match.JOB, plan=f"{__name__}:decided"))
    return studio


def test_the_reference_is_asked_for_and_the_whole_project_is_matched(matching):
    before = matching.saved
    result = matching.press("match", YES, inputs=["/music/a söng.wav"])
    assert len(result) == 1, result
    summary = result[0]
    assert matching.settings == {"reference": "/music/a söng.wav"}
    assert re.match(r"4 changes\nvoice, master: why\n", summary)
    assert matching.steps == ["mixengine: match"]
    session = Project(matching.saved, matching.sim.current.path).session()
    assert [effect.label for effect in session.tracks[0].effects][-2:] == [LABEL, LABEL]
    assert [effect.label for effect in session.master_effects] == [LABEL]
    matching.sim.do_undo()
    assert matching.saved == before


def test_cancel_in_the_dialog_and_at_the_end_changes_nothing(matching):
    before = matching.saved
    matching.sim.input_answers.append(None)
    assert matching.press("match") == [] and InProcess.started == []
    assert len(matching.press("match", CANCEL, inputs=["/music/x.wav"])) == 1
    assert matching.saved == before


def enabled(matching):
    api = matching.sim.reaper_python
    pointers = [api.RPR_GetMasterTrack(0), api.RPR_GetTrack(0, 0)]
    return [
        bool(api.RPR_TrackFX_GetEnabled(pointer, index))
        for pointer in pointers
        for index in range(api.RPR_TrackFX_GetCount(pointer))
    ]


def test_bypass_switches_ours_off_and_on_again_and_nothing_else(matching):
    assert matching.press("bypass") == ["There is no equaliser or compressor of mixengine in this project."]
    api = matching.sim.reaper_python
    api.RPR_TrackFX_AddByName(api.RPR_GetTrack(0, 0), "ReaEQ", False, -1)
    matching.press("match", YES, inputs=["/music/x.wav"])
    users = enabled(matching)
    assert users == [True] * 4
    assert matching.press("bypass") == []
    assert sorted(enabled(matching)) == [False, False, False, True]
    assert matching.press("bypass") == []
    assert enabled(matching) == users
    assert matching.steps[-2:] == ["mixengine: plug-ins off", "mixengine: plug-ins on"]
