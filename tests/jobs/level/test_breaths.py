"""Breaths are lowered by points on top of the ride, only where they are wanted and sure."""

from __future__ import annotations

import numpy as np
import pytest

from mixengine import hosts
from mixengine.audio.curves import automation_values
from mixengine.jobs.level import breaths, job
from mixengine.jobs.level.settings import LevelSettings
from mixengine.model.plan import Envelope, MixPlan
from mixengine.model.session import VOLUME_PRE_FX, Automation, EnvelopePoint, Session
from mixengine.system.progress import no_progress
from tests.helpers.breaths import BREATHS_S, LEFT, RATE, added, breathing
from tests.helpers.sounds import write


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    root = tmp_path_factory.mktemp("breaths")
    write(root / "Host.wav", breathing(), RATE)
    write(root / "Guest.wav", added(LEFT["laughter"]), RATE)
    return hosts.open_session(root)


def decided(session: Session, breaths_db: float) -> MixPlan:
    return job.plan(session, LevelSettings(cache=False, breaths_db=breaths_db), no_progress)


@pytest.fixture(scope="module")
def plan(session: Session) -> MixPlan:
    return decided(session, -8.0)


def envelopes(session: Session, plan: MixPlan) -> dict[str, Envelope]:
    return {session.track(change.track).name: change for change in plan.changes if isinstance(change, Envelope)}


def gain_db(envelope: Envelope, at_s: float) -> float:
    [value] = automation_values(np.array([at_s]), Automation(VOLUME_PRE_FX, envelope.after))
    return 20.0 * float(np.log10(value))


def test_sure_breaths_go_down_on_top_of_the_ride(session: Session, plan: MixPlan) -> None:
    without, lowered = envelopes(session, decided(session, 0.0)), envelopes(session, plan)
    host = lowered["Host"]
    for start_s, end_s in BREATHS_S:
        middle_s = 0.5 * (start_s + end_s)
        before_db = gain_db(without["Host"], middle_s) if "Host" in without else 0.0
        assert gain_db(host, middle_s) == pytest.approx(before_db - 8.0, abs=0.1)
    for at_s in (1.0, 3.4, 6.0):
        before_db = gain_db(without["Host"], at_s) if "Host" in without else 0.0
        assert gain_db(host, at_s) == pytest.approx(before_db, abs=0.05), "in the phrases nothing changes"
    assert "2 breaths lowered" in host.reason
    assert lowered.get("Guest") == without.get("Guest"), "laughter is left"


def test_what_is_doubtful_is_said(plan: MixPlan) -> None:
    assert any(note.startswith("Guest: ") and "possible breath" in note for note in plan.notes)


def test_points_lie_on_the_ride() -> None:
    ride = (EnvelopePoint(0.0, 1.0), EnvelopePoint(1.0, 2.0), EnvelopePoint(2.0, 0.5))
    breath = breaths.Breath(0.8, 1.2, -25.0, 20.0, 0.95)
    points = breaths.lowered(ride, [(breath, 6.0206)])
    times = [point.time_s for point in points]
    assert times == pytest.approx([0.0, 0.75, 0.8, 1.0, 1.2, 1.25, 2.0])
    at_s = np.linspace(0.0, 2.0, 401)
    before, after = (automation_values(at_s, Automation(VOLUME_PRE_FX, each)) for each in (ride, points))
    outside = (at_s < 0.75) | (at_s > 1.25)
    inside = (at_s >= 0.8) & (at_s <= 1.2)
    np.testing.assert_allclose(after[outside], before[outside], atol=1e-9)
    np.testing.assert_allclose(after[inside], 0.5 * before[inside], atol=1e-4)


@pytest.mark.parametrize("first_s", [0.0, 0.02, 0.3])
def test_every_breath_that_counts_is_lowered(first_s: float) -> None:
    """At the start of all, and where the next one is so near that ramps would cross."""
    spans_s = [(first_s, 0.5), (0.53, 0.7), (0.75, 0.9), (1.5, 1.9)]
    cuts = [(breaths.Breath(start_s, end_s, -25.0, 20.0, 0.95), 10.0) for start_s, end_s in spans_s]
    points = breaths.lowered((), cuts)
    times = [point.time_s for point in points]
    assert times == sorted(set(times)) and times[0] == 0.0
    for start_s, end_s in spans_s:
        inside = automation_values(np.linspace(start_s, end_s, 50), Automation(VOLUME_PRE_FX, points))
        np.testing.assert_allclose(20.0 * np.log10(inside), -10.0, atol=1e-6)
    for at_s in (0.515, 0.725, 1.2, 3.0):
        [between] = automation_values(np.array([at_s]), Automation(VOLUME_PRE_FX, points))
        assert between == pytest.approx(1.0)
