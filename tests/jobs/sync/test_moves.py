"""Clips of one recording stay beside each other, and move all or none."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from mixengine.analysis.alignment.coarse import Print
from mixengine.analysis.alignment.stretches import Sound
from mixengine.jobs.sync.maps import Map
from mixengine.jobs.sync.moves import changes_of
from mixengine.jobs.sync.overlaps import lines, overlaps
from mixengine.model.changes import MoveClip, Place, SplitClip
from mixengine.model.session import Clip, Session, Source, Track

LENGTH_S, COUNT = 10.0, 60
CLIPS = tuple(Clip(f"c{n}", Source("a.wav"), n * LENGTH_S, LENGTH_S, offset_s=n * LENGTH_S) for n in range(COUNT))
TRACK = Track("t", "Host", clips=CLIPS)
SOUND = Sound(None, Print(0, np.zeros((0, 8), np.int8)))  # type: ignore[arg-type] - straight lines hear nothing


def moved(offset_s: float, drift: float, rates: bool = True, clips: tuple[Clip, ...] = CLIPS) -> list[MoveClip]:
    common_s = np.array([0.0, 1.0])
    between = Map(common_s, common_s * (1.0 + drift) + offset_s)
    return changes_of(clips, TRACK, between, SOUND, rates, "why")  # type: ignore[return-value]


@pytest.mark.parametrize(("offset_s", "drift"), [(0.0, 4e-5), (0.0, -4e-5), (-0.5, 4e-7), (-0.0011, 1e-6)])
def test_clips_of_one_recording_stay_beside_each_other(offset_s: float, drift: float) -> None:
    changes = moved(offset_s, drift)
    assert len(changes) == COUNT
    for one, other in itertools.pairwise(changes):
        assert other.after.position_s == pytest.approx(one.after.position_s + one.after.length_s, abs=1e-9)


def test_what_is_there_stays() -> None:
    assert moved(0.0004, 0.0) == [] and moved(0.0, 1e-7) == []


def test_without_rates_clips_that_touch_move_alike_and_others_each_to_their_place() -> None:
    drift, gap_s = 4e-5, 30.0
    apart = tuple(replace(clip, position_s=clip.position_s + gap_s * (n >= COUNT // 2)) for n, clip in enumerate(CLIPS))
    changes = moved(0.5, drift, rates=False, clips=apart)
    by_s = [change.before.position_s - change.after.position_s for change in changes]
    assert all(change.after.rate == 1.0 and change.after.length_s == LENGTH_S for change in changes)
    halves = by_s[: COUNT // 2], by_s[COUNT // 2 :]
    for half, own in zip(halves, (apart[: COUNT // 2], apart[COUNT // 2 :]), strict=True):
        assert half == pytest.approx([half[0]] * len(half), abs=1e-9)
        middle_s = 0.5 * (own[0].position_s + own[-1].end_s)
        assert half[0] == pytest.approx(0.5 + drift * middle_s, abs=1e-4)


def test_items_over_others_after_a_move_are_named() -> None:
    other = Clip("other", Source("/audio/jingle.wav"), 30.0, 5.0)
    clips = (replace(CLIPS[0], name="take 1"), replace(CLIPS[1], position_s=9.5), other)
    session = Session("s", "s.RPP", 48000, (replace(TRACK, clips=clips), replace(TRACK, id="u", name="Guest")))
    stays = Place(9.5, LENGTH_S, 1.0)
    assert overlaps(session, [MoveClip("t", "c1", stays, replace(stays, position_s=9.9))]) == ()
    (result,) = overlaps(session, [MoveClip("t", "c1", stays, replace(stays, position_s=22.0))])
    assert (result.item, result.other, result.at_s, result.length_s) == ("a.wav", "jingle.wav", 30.0, 2.0)
    (line,) = lines([result])
    assert line.startswith("Host: ") and "'a.wav' and 'jingle.wav' by 2.000 s at 30.00 s" in line
    (result,) = overlaps(session, [MoveClip("t", "c1", stays, replace(stays, position_s=9.0))])
    assert (result.item, result.length_s) == ("take 1", 1.0)
    muted = replace(session, tracks=(replace(TRACK, clips=(*clips[:2], replace(other, mute=True))),))
    assert overlaps(muted, [MoveClip("t", "c1", stays, replace(stays, position_s=22.0))]) == ()
    cut = SplitClip("t", "c1", "part", 15.0), MoveClip("t", "part", Place(15.0, 4.5, 1.0), Place(28.0, 4.5, 1.0))
    assert [each.length_s for each in overlaps(session, cut)] == [2.5]
