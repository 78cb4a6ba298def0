"""Clips of one recording stay beside each other, and move all or none."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mixengine.analysis.alignment.coarse import Print
from mixengine.analysis.alignment.stretches import Sound
from mixengine.jobs.sync.maps import Map
from mixengine.jobs.sync.moves import changes_of
from mixengine.model.changes import MoveClip
from mixengine.model.session import Clip, Source, Track

LENGTH_S, COUNT = 10.0, 60
CLIPS = tuple(Clip(f"c{n}", Source("a.wav"), n * LENGTH_S, LENGTH_S, offset_s=n * LENGTH_S) for n in range(COUNT))
TRACK = Track("t", "Host", clips=CLIPS)
SOUND = Sound(None, Print(0, np.zeros((0, 8), np.int8)))  # type: ignore[arg-type] - straight lines hear nothing


def moved(offset_s: float, drift: float) -> list[MoveClip]:
    common_s = np.array([0.0, 1.0])
    between = Map(common_s, common_s * (1.0 + drift) + offset_s)
    return changes_of(CLIPS, TRACK, between, SOUND, True, "why")  # type: ignore[return-value]


@pytest.mark.parametrize(("offset_s", "drift"), [(0.0, 4e-5), (0.0, -4e-5), (-0.5, 4e-7), (-0.0011, 1e-6)])
def test_clips_of_one_recording_stay_beside_each_other(offset_s: float, drift: float) -> None:
    changes = moved(offset_s, drift)
    assert len(changes) == COUNT
    for one, other in itertools.pairwise(changes):
        assert other.after.position_s == pytest.approx(one.after.position_s + one.after.length_s, abs=1e-9)


def test_what_is_there_stays() -> None:
    assert moved(0.0004, 0.0) == [] and moved(0.0, 1e-7) == []
