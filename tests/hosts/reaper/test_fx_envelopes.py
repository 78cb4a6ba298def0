"""Gains that move, written into the running REAPER: the same as in a project file, one undo step, and taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mixengine.hosts.reaper import difference
from mixengine.hosts.reaper.operations import AddFx, DeleteFx, SetFxEnvelope, SetTrackState
from mixengine.hosts.rpp import fx_envelopes
from mixengine.hosts.rpp.project import Project
from mixengine.model.plan import Equalizer, MuteClip
from mixengine.model.session import EnvelopePoint, EqBand
from mixengine.model.units import amplitude
from reaper_sim import api_eq
from tests.helpers.reaper_bench import EQ, FLAT, Bench, lines, plan_of
from tests.helpers.rpp_builders import guid

DEEP = round(amplitude(-3.0), 6)
POINTS = (EnvelopePoint(1.0, 1.0, 2), EnvelopePoint(1.4, DEEP, 0), EnvelopePoint(2.0, DEEP, 2), EnvelopePoint(3.2, 1.0))
MOVING = (EqBand("band", 500.0, -2.0, 0.5), EqBand("band", 2100.0, -3.0, 1.0, points=POINTS))
OURS = "mixengine tone"
NEW = Equalizer(guid(1), OURS, None, MOVING)


def bands(bench: Bench, number: int = 1, label: str = OURS) -> tuple[EqBand, ...]:
    track = Project(bench.saved, bench.path).session().track(guid(number))
    return next((effect.bands for effect in track.effects if effect.label == label), ())


def test_a_new_equaliser_moves_and_one_undo_takes_it_back(bench: Bench) -> None:
    before = bench.saved
    assert bench.do(NEW) == []
    assert bands(bench) == MOVING
    assert bench.remove() == []
    assert lines(bench.saved) == lines(before)
    bench.sim.do_undo()
    bench.sim.do_undo()
    assert bench.saved == before


@pytest.mark.parametrize("after", [fx_envelopes.without_points(MOVING), MOVING[1:], (MOVING[0],), None])
def test_bands_begin_and_cease_to_move(bench: Bench, after) -> None:
    assert bench.do(NEW) == []
    assert bench.do(Equalizer(guid(1), OURS, MOVING, after)) == []
    assert bands(bench) == (after or ())
    if after is not None:
        assert bench.do(Equalizer(guid(1), OURS, after, MOVING)) == []
        assert bands(bench) == MOVING
    assert bench.remove() == [] and bands(bench) == ()


def test_other_points_are_set_in_place(crowded: Bench) -> None:
    crowded.do(NEW)
    other = (MOVING[0], replace(MOVING[1], points=POINTS[:2]))
    steps = difference.of_plan(crowded.take().parsed(), plan_of(Equalizer(guid(1), OURS, MOVING, other)), {}).steps
    assert [type(step) for step in steps] == [SetFxEnvelope]
    assert crowded.do(Equalizer(guid(1), OURS, MOVING, other)) == [] and bands(crowded) == other


def test_an_equaliser_that_begins_to_move_is_a_new_one(crowded: Bench) -> None:
    moving = (FLAT[0], replace(FLAT[1], points=POINTS, gain_db=-3.0))
    change = Equalizer(guid(4), EQ, FLAT, moving)
    steps = difference.of_plan(crowded.take().parsed(), plan_of(change), {}).steps
    assert [type(step) for step in steps] == [DeleteFx, AddFx, SetFxEnvelope]
    assert crowded.do(change) == [] and bands(crowded, 4, EQ) == moving


def test_points_are_refused_where_the_gain_is_counted_in_another_way(bench: Bench, monkeypatch) -> None:
    monkeypatch.setattr(api_eq, "_normal_gain", lambda gain: gain / 4.0)
    (refused,) = bench.do(NEW)
    assert "did not take the points" in refused and "drüms" in refused
    assert bands(bench) == fx_envelopes.without_points(MOVING)


def test_envelopes_that_stand_travel_with_a_whole_state(plain: Bench) -> None:
    plain.do(NEW)
    mute = MuteClip(guid(1), guid(11), False, True)
    (step,) = difference.of_plan(plain.take().parsed(), plan_of(mute), {}).steps
    assert isinstance(step, SetTrackState) and "<PARMENV" in step.state
    assert plain.do(mute) == [] and bands(plain) == MOVING
