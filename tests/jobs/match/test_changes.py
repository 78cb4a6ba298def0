"""Strips as changes: which faders move, and what level a compressor's threshold counts from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mixengine.jobs.match.changes import of_group, of_master
from mixengine.jobs.match.groups import Group
from mixengine.jobs.match.reasons import Why
from mixengine.jobs.match.translate import Strip
from mixengine.model.plan import Compressor, Fader, MasterTrim
from mixengine.model.session import VOLUME, Automation, CompressorSettings, EnvelopePoint, Session, Track

WHY = Why("level", compressor="pressed")
STRIP = Strip(compressor=CompressorSettings(-20.0, 4.0, 10.0, 100.0, 6.0), gain_db=-3.0)
DRAWN = (Automation(VOLUME, (EnvelopePoint(0.0, 1.0),)),)
LEAD = Track("lead", "lead", fader_db=-5.0)


def decided(track: Track, *others: Track) -> tuple[list[float], float]:
    """Moves of the track's fader, and the threshold of its compressor."""
    session = Session("s", "s.RPP", 48000, (track, *others))
    changes = of_group(session, Group("g", (track,), track, "unknown"), STRIP, WHY)
    (compressor,) = (change.after for change in changes if isinstance(change, Compressor))
    return [change.after - change.before for change in changes if isinstance(change, Fader)], compressor.threshold_db


def test_a_fader_that_an_envelope_rules_stays_and_counts_for_nothing():
    track = Track("a", "a", fader_db=-10.0, automation=DRAWN)
    assert decided(track) == ([pytest.approx(-3.0)], -10.0)
    assert decided(replace(track, automation_mode=1)) == ([], -20.0)


def test_a_threshold_counts_from_what_the_envelope_makes_of_the_level():
    loud = (Automation(VOLUME, (EnvelopePoint(0.0, 2.0),)),)
    moves, threshold_db = decided(Track("a", "a", automation=loud, automation_mode=1))
    assert not moves and threshold_db == pytest.approx(-26.02, abs=0.01)


def test_a_follower_moves_and_its_lead_counts_behind_the_compressor():
    track = Track("a", "a", fader_db=-10.0, leads=(("lead", False),))
    assert decided(track, LEAD) == ([pytest.approx(-3.0)], -5.0)
    assert decided(replace(track, leads=(("lead", True),)), LEAD) == ([pytest.approx(-3.0)], -10.0)


def test_a_lead_stays():
    follower = Track("b", "b", leads=(("lead", False),))
    assert decided(LEAD, follower) == ([], -15.0)


@pytest.mark.parametrize("mode, moves", [(0, 1), (1, 0)])
def test_the_masters_fader_stays_where_an_envelope_rules_it(mode, moves):
    session = Session("s", "s.RPP", 48000, (), master_automation=DRAWN, master_automation_mode=mode)
    changes = of_master(session, Strip(gain_db=-3.0), WHY)
    assert [type(change) for change in changes] == [MasterTrim] * moves
