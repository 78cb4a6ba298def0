"""A new run does not hear the envelopes of its earlier ones, whatever name the job is called by."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mixengine.app import decision
from mixengine.jobs import duck
from mixengine.jobs.duck.settings import DuckSettings
from mixengine.model.plan import Envelope, MixPlan
from mixengine.model.session import Automation, EnvelopePoint, Session, Track
from mixengine.system.progress import no_progress

POINTS = (EnvelopePoint(0.0, 0.5, 0), EnvelopePoint(2.0, 0.5, 0))
DRAWN = Envelope("t", "volume", 0.0, 2.0, (), POINTS, created=True, drawn_by="duck")


def decided(session, settings, progress):
    """A plan that says what the job was given."""
    points = [point for track in session.tracks for entry in track.automation for point in entry.points]
    return MixPlan("duck", session.name, session.path, {}, notes=(f"{len(points)} points",))


@pytest.mark.parametrize("name", ["duck", "an older word"])
def test_a_job_replaces_its_own_envelopes_by_any_of_its_names(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(duck, "JOB", replace(duck.JOB, plan=f"{__name__}:decided", aliases=("an older word",)))
    session = Session("song", "song.RPP", 44100, (Track("t", "music", automation=(Automation("volume", POINTS),)),))
    before = MixPlan("duck", "song", "song.RPP", {}, (DRAWN,))
    plan = decision.decide(name, session, before, DuckSettings(), no_progress)
    assert plan.notes[0] == "0 points"
