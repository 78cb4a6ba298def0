"""Switches that decide what sounds, rendered and measured: VCA groups, automation modes, takes and lanes."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from mixengine.jobs.balance import job as balance
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.mixer import mix
from mixengine.model import selection
from mixengine.model.session import Session
from tests.helpers import rpp_builders as b
from tests.helpers.levels import item, media, peak, read, sounding


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return media(tmp_path_factory.mktemp("levels"))


# --------------------------------------------------------------------------------------------------------- VCA groups


def flags(*fields: int, name: str = "GROUP_FLAGS", group: int = 1) -> str:
    """A line in which these fields (21 leads as a VCA, 22 follows, 23 follows before the effects) hold a group."""
    return f"{name} " + " ".join(str((1 << (group - 1)) * (field in fields)) for field in range(1, 26))


@pytest.mark.parametrize("follow", [22, 23])
@pytest.mark.parametrize("name, group", [("GROUP_FLAGS", 1), ("GROUP_FLAGS", 32), ("GROUP_FLAGS_HIGH", 3)])
def test_a_follower_is_turned_down_by_its_lead(place, follow, name, group):
    lead = b.track(1, volpan="0.5 0 -1 -1 1", lines=(flags(21, name=name, group=group),))
    follower = b.track(2, item("quarter"), volpan="0.5 0 -1 -1 1", lines=(flags(follow, name=name, group=group),))
    assert peak(read(place, lead, follower)) == pytest.approx(0.25 * 0.5 * 0.5)
    assert peak(read(place, lead, b.track(2, item("quarter"), volpan="0.5 0 -1 -1 1"))) == pytest.approx(0.125)
    other = flags(follow, name="GROUP_FLAGS", group=2)
    assert peak(read(place, lead, b.track(2, item("quarter"), lines=(other,)))) == pytest.approx(0.25)


def test_leads_of_leads_count_once_each(place):
    above = b.track(1, volpan="0.5 0 -1 -1 1", lines=(flags(21, group=1),))
    both = flags(21, group=2).split()
    both[22] = "1"
    lead = b.track(2, volpan="0.5 0 -1 -1 1", lines=(" ".join(both),))
    follower = b.track(3, item("quarter"), lines=(flags(22, group=2),))
    assert peak(read(place, above, lead, follower)) == pytest.approx(0.0625)
    twice = b.track(3, item("quarter"), lines=(" ".join(["GROUP_FLAGS", *["0"] * 21, "3"]),))
    assert peak(read(place, above, lead, twice)) == pytest.approx(0.0625)
    circle = b.track(1, item("quarter"), lines=(f"{flags(21, 22)}",))
    assert peak(read(place, circle)) == pytest.approx(0.25)


def test_the_leads_envelopes_and_folders_count(place):
    drawn = b.envelope("VOLENV2", "0 0.5 0")
    lead = b.track(1, drawn, volpan="0.5 0 -1 -1 1", lines=(flags(21),))
    assert peak(read(place, lead, b.track(2, item("quarter"), lines=(flags(22),)))) == pytest.approx(0.0625)
    folder = b.track(2, bus="1 1", lines=(flags(22),))
    inside = b.track(3, item("quarter"), bus="2 -1")
    session = read(place, lead, folder, inside)
    assert peak(session) == pytest.approx(0.0625)
    summed = np.concatenate(list(mix.sum_blocks(session, [session.tracks[2]])))
    assert np.abs(summed).max() == pytest.approx(0.0625)


def planned(session: Session):
    return balance.plan(session, BalanceSettings(cache=False, start_from="scratch"), lambda *_: None)


def moves(plan) -> dict[str, float]:
    return {row.name: row.gain_db for row in plan.details.tracks}


def test_balance_hears_a_lead_and_leaves_it_alone(place):
    def session(lead_gain: float, own: str = ""):
        follower = b.track(2, sounding(0), name="follower", lines=(flags(22),))
        lead = b.track(1, sounding(2) if own else [], name="lead", volpan=f"{lead_gain} 0 -1 -1 1", lines=(flags(21),))
        return read(place, lead, follower, b.track(3, sounding(1), name="other"))

    plain, lowered = planned(session(1.0)), planned(session(0.5))
    gained = moves(lowered)["follower"] - moves(plain)["follower"]
    lost = moves(lowered)["other"] - moves(plain)["other"]
    assert gained - lost == pytest.approx(20 * math.log10(2.0), abs=0.3)
    assert "VCA leads, whose faders stay: lead" in lowered.notes
    with_sound = planned(session(0.5, own="yes"))
    reasons = {row.name: row.reason for row in with_sound.details.tracks}
    assert moves(with_sound)["lead"] == 0.0 and "a VCA lead" in reasons["lead"]
    assert b.guid(1) not in {change.track for change in with_sound.changes}


def test_a_muted_lead_is_said(place):
    lead = [line.replace("MUTESOLO 0", "MUTESOLO 1") for line in b.track(1, lines=(flags(21),))]
    session = read(place, lead, b.track(2, item("quarter"), lines=(flags(22),)))
    assert peak(session) == pytest.approx(0.25)
    assert any("muted VCA leads" in note and "T1" in note for note in selection.notes(session, [session.tracks[1]]))


# ---------------------------------------------------------------------------------------------------- automation modes


@pytest.mark.parametrize("mode, gain", [(0, 0.25), (1, 0.5), (2, 0.5), (3, 0.5), (4, 0.5)])
def test_in_all_modes_but_trim_the_envelope_takes_the_faders_place(place, mode, gain):
    drawn = b.envelope("VOLENV2", "0 0.5 0")
    session = read(place, b.track(1, item("quarter"), drawn, volpan="0.5 0 -1 -1 1", lines=(f"AUTOMODE {mode}",)))
    assert peak(session) == pytest.approx(0.25 * gain)
    said = [note for note in selection.notes(session, list(session.tracks)) if "automation mode" in note]
    assert len(said) == (mode != 0) and all("not certain" in note and "T1" in note for note in said)


@pytest.mark.parametrize("drawn", [[], ["VOLENV"], ["VOLENV3"], ["off"]])
def test_without_an_active_volume_envelope_the_fader_counts(place, drawn):
    lines = [b.envelope(name if name != "off" else "VOLENV2", "0 1 0") for name in drawn]
    if drawn == ["off"]:
        lines = [[line.replace("ACT 1", "ACT 0") for line in lines[0]]]
    session = read(place, b.track(1, item("quarter"), *lines, volpan="0.5 0 -1 -1 1", lines=("AUTOMODE 1",)))
    assert peak(session) == pytest.approx(0.125)


def test_the_masters_mode_and_an_imposed_one(place):
    master, drawn = b.envelope("MASTERVOLENV2", "0 0.5 0"), b.envelope("VOLENV2", "0 0.5 0")
    track = b.track(1, item("quarter"), volpan="0.5 0 -1 -1 1")
    head = ("MASTER_VOLUME 0.5 0 -1 -1 1",)
    assert peak(read(place, master, track, head=head)) == pytest.approx(0.25 * 0.5**3)
    assert peak(read(place, master, track, head=(*head, "MASTERAUTOMODE 1"))) == pytest.approx(0.25 * 0.5**2)
    ruled = b.track(1, item("quarter"), drawn, volpan="0.5 0 -1 -1 1")
    imposed = read(place, ruled, head=("GLOBAL_AUTO 1",))
    assert peak(imposed) == pytest.approx(0.125)
    assert any("imposed on all tracks (global automation override): read" in note for note in imposed.notes)
    assert peak(read(place, ruled, head=("GLOBAL_AUTO 6",))) == pytest.approx(0.125)
    assert peak(read(place, ruled)) == pytest.approx(0.0625)


def test_balance_moves_no_fader_that_an_envelope_rules(place):
    drawn = b.envelope("VOLENV2", "0 0.5 0")

    def session(mode: int):
        ruled = b.track(1, sounding(0), drawn, name="ruled", volpan="0.1 0 -1 -1 1", lines=(f"AUTOMODE {mode}",))
        return read(place, ruled, b.track(2, sounding(1), name="other"), b.track(3, sounding(2), name="third"))

    trim, rule = planned(session(0)), planned(session(1))
    assert moves(trim)["ruled"] > 3.0 and b.guid(1) in {change.track for change in trim.changes}
    assert moves(rule)["ruled"] == 0.0 and b.guid(1) not in {change.track for change in rule.changes}
    reason = next(row.reason for row in rule.details.tracks if row.name == "ruled")
    assert "its volume envelope rules the fader" in reason


# ------------------------------------------------------------------------------------------- takes, lanes, own mix flag


def test_all_takes_are_rendered_and_measured(place):
    other = ("TAKE", "NAME x", *b.source("eighth.wav"))
    together = read(place, b.track(1, item("quarter", *other, lines=("ALLTAKES 1",))))
    assert peak(together) == pytest.approx(0.375)
    alone = planned(read(place, b.track(1, sounding(0)), b.track(2, sounding(1))))
    same = ("TAKE", "NAME x", *b.source("sound 0.wav"))
    lines = [*sounding(0, *same)]
    doubled = planned(read(place, b.track(1, [lines[0], "ALLTAKES 1", *lines[1:]]), b.track(2, sounding(1))))
    levels = [{row.name: row.measured_lufs for row in plan.details.tracks} for plan in (alone, doubled)]
    assert levels[1]["T1"] - levels[0]["T1"] == pytest.approx(20 * math.log10(2.0), abs=0.01)
    assert levels[1]["T2"] == pytest.approx(levels[0]["T2"], abs=1e-6)


def test_what_does_not_play_is_not_measured(place):
    lanes = ("FREEMODE 2", "ITEMLANES 2", "LANESOLO 2 0")
    lower = ["<ITEM", "YPOS 0 0.5 2", *item("quarter")[1:]]
    upper = ["<ITEM", "YPOS 0.5 0.5 2", *item("eighth")[1:]]
    session = read(place, b.track(1, lower, upper, lines=lanes))
    assert peak(session) == pytest.approx(0.125)
    assert [clip.name for clip in session.tracks[0].audio_clips] == ["eighth"]
    muted = [line.replace("MUTE 0 0", "MUTE 0 1") for line in item("quarter")]
    soloed = [line.replace("MUTE 0 0", "MUTE 1 -1") for line in item("eighth")]
    assert peak(read(place, b.track(1, muted, soloed))) == pytest.approx(0.125)
