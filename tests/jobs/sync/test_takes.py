"""Which clips are one recording."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from mixengine.jobs.sync.takes import takes_of
from mixengine.model.session import Clip, Source, Track

CUTS_S = (0.0, 23.63, 26.9, 39.59, 41.29, 60.0)


def cut(start_s: float, rate: float = 1.0) -> Track:
    """A recording whose file begins at ``start_s``, cut into five items; places and offsets as a file holds them."""
    source = Source("a.wav")
    clips = tuple(
        Clip(f"c{n}", source, round(start_s + a, 10), round(b - a, 10), offset_s=round(a * rate, 10), rate=rate)
        for n, (a, b) in enumerate(itertools.pairwise(CUTS_S))
    )
    return Track("t", "Camera", clips=clips)


@pytest.mark.parametrize("rate", [1.0, 1.00008])
def test_a_recording_is_one_wherever_it_begins(rate: float) -> None:
    for step in range(0, 8000, 7):
        (take,), notes = takes_of([cut(0.0005 * step, rate)])
        assert (take.key, len(take.clips), notes) == ("t", 5, [])


@pytest.mark.parametrize("start_s", [2.0125, 3.8335, 0.0005])
def test_muted_items_of_a_recording_are_found_wherever_it_begins(start_s: float) -> None:
    track = cut(start_s)
    for muted in range(5):
        clips = tuple(replace(clip, mute=n == muted) for n, clip in enumerate(track.clips))
        (take,), notes = takes_of([replace(track, clips=clips)])
        assert (len(take.clips), [clip.id for clip in take.muted], notes) == (4, [f"c{muted}"], [])


def test_what_stands_more_than_a_millisecond_off_is_another_recording() -> None:
    track = cut(3.8335)
    clips = tuple(replace(clip, position_s=clip.position_s + 0.0012 * (n == 3)) for n, clip in enumerate(track.clips))
    takes, notes = takes_of([replace(track, clips=(clips[3], *clips[:3], clips[4]))])
    assert [[clip.id for clip in take.clips] for take in takes] == [["c0", "c1", "c2", "c4"]]
    assert notes == ["Camera: items of less than 2 s are left: 1"]
    longer = replace(clips[3], length_s=4.0)
    takes, notes = takes_of([replace(track, clips=(longer, *clips[:3], clips[4]))])
    assert [(take.key, take.clips[0].id) for take in takes] == [("t/1", "c3"), ("t/2", "c0")] and notes == []
