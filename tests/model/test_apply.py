"""A plan applied in memory and taken back: nothing of it stays."""

from __future__ import annotations

import pytest
from hypothesis import given

from mixengine.model import plan as mixplan
from mixengine.model.apply import applied, reverted
from mixengine.model.plan import revert
from mixengine.model.session import Automation, Clip, EnvelopePoint, Marker, Session, Source, Track
from tests.helpers.any_plans import (
    QUICK,
    bare,
    planned,
)


@QUICK
@given(planned())
def test_the_reverse_plan_brings_the_session_back(drawn):
    session, plan = drawn
    assert bare(applied(applied(session, plan.changes), revert(plan).changes)) == bare(session)
    assert bare(reverted(applied(session, plan.changes), plan.changes)) == bare(session)


@QUICK
@given(planned())
def test_the_session_given_stays_as_it_is(drawn):
    session, plan = drawn
    before = repr(session)
    applied(session, plan.changes)
    assert repr(session) == before


@QUICK
@given(planned(most=1))
def test_points_outside_the_stretch_survive(drawn):
    session, plan = drawn
    for edit in plan.changes:
        if not isinstance(edit, mixplan.Envelope):
            continue
        new = next(e for e in applied(session, [edit]).track(edit.track).automation if e.kind == edit.envelope)
        old = next((e for e in session.track(edit.track).automation if e.kind == edit.envelope), Automation("none"))
        outside = [p for p in old.points if not edit.start_s <= p.time_s <= edit.end_s]
        assert [p for p in new.points if not edit.start_s <= p.time_s <= edit.end_s] == outside
        assert [p.time_s for p in new.points] == sorted(p.time_s for p in new.points)


@pytest.mark.parametrize(
    "lost",
    [
        mixplan.Fader("gone", 0.0, -3.0),
        mixplan.Envelope("gone", "volume", 0.0, 1.0, (), (EnvelopePoint(0.0, 0.5),), created=True),
        mixplan.Equalizer("gone", "mixengine", None, ()),
        mixplan.MuteClip("t", "gone", False, True),
        mixplan.Marker("gone", 1.0, remove=True),
        mixplan.NewTrack("gone", "new", remove=True),
    ],
)
def test_what_is_not_there_is_left_alone(lost):
    session = Session("s", "s.RPP", 48000, (Track("t", "T", clips=(Clip("c", Source("a.wav"), 0.0, 1.0),)),))
    assert applied(session, [lost]) == session


def test_a_folder_that_a_new_track_made_goes_with_it():
    session = Session("s", "s.RPP", 48000, (Track("t", "T"),))
    new = mixplan.NewTrack("n", "new", parent="t")
    assert applied(session, [new]).track("t").is_folder
    assert not reverted(applied(session, [new]), [new]).track("t").is_folder


def test_two_markers_alike_lose_one():
    mark = Marker("mine", 1.0)
    session = Session("s", "s.RPP", 48000, markers=(mark, mark))
    assert len(applied(session, [mixplan.Marker("mine", 1.0, remove=True)]).markers) == 1


def test_the_mute_of_an_item_outlives_a_take_of_it():
    track = Track("t", "t", clips=(Clip("c", Source("a.wav"), 0.0, 1.0),))
    session = Session("s", "s.RPP", 48000, (track,))
    take = mixplan.NewTake("t", "c", "new", "b.wav")
    muted = applied(session, [take, mixplan.MuteClip("t", "c", False, True)])
    (clip,) = applied(muted, [take.reverted()]).tracks[0].clips
    assert clip.mute and clip.source == Source("a.wav") and clip.behind is None
