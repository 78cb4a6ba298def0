"""Items over each other: constants of 0.25, 0.125 and 0.0625, so that a sample says which of them sound."""

from __future__ import annotations

import numpy as np
import pytest

from mixengine.audio import timeline
from mixengine.hosts.rpp import lanes
from mixengine.hosts.rpp.overlaps import MIXED_RULES
from tests.helpers import rpp_builders as b
from tests.helpers.signals import write

RATE = 48000
LEVELS = (0.25, 0.125, 0.0625)


def item(
    number: int, start_s: float, end_s: float, *more: str, mute: int = 0, rate: float = 1.0, first=()
) -> list[str]:
    """An item of one level; ``first`` are lines of the item, ``more`` stand after the source of its first take."""
    return [
        "<ITEM",
        *first,
        f"POSITION {start_s}",
        f"LENGTH {end_s - start_s}",
        f"MUTE {mute} 0",
        f"IGUID {b.guid(100 + number)}",
        "NAME x",
        f"PLAYRATE {rate} 0 0 -1",
        *b.source(f"{number}.wav"),
        *more,
        ">",
    ]


@pytest.fixture
def sound(tmp_path):
    """What a track with these items plays in the middle of each tenth of a second."""
    for number, level in enumerate(LEVELS):
        write(tmp_path / f"{number}.wav", np.full((RATE * 3, 1), level), RATE)

    def played(mode: int | None, *items: list[str], lines=()) -> list[float]:
        head = ("SAMPLERATE 48000 1 0", *(() if mode is None else (f"ITEMMIX {mode}",)))
        data = b.project(b.track(1, *items, lines=lines), head=head)
        (track,) = b.load(data, tmp_path / "a.RPP").session().tracks
        audio = np.concatenate(list(timeline.blocks(track, RATE)))[:, 0]
        return [round(float(value), 6) for value in audio[RATE // 20 :: RATE // 10]]

    return played


@pytest.mark.parametrize(
    "mode, expected",
    [(0, [0.25, 0.125, 0.125, 0.25]), (1, [0.25, 0.375, 0.375, 0.25]), (2, [0.25, 0.125, 0.125, 0.25]),
     (None, [0.25, 0.375, 0.375, 0.25])],
)  # fmt: skip
def test_an_item_within_another(sound, mode, expected):
    assert sound(mode, item(0, 0.0, 0.4), item(1, 0.1, 0.3)) == expected
    assert sound(mode, item(1, 0.1, 0.3), item(0, 0.0, 0.4)) == expected


@pytest.mark.parametrize(
    "mode, expected", [(0, [0.25, 0.375, 0.125]), (1, [0.25, 0.375, 0.125]), (2, [0.25, 0.125, 0.125])]
)
def test_items_that_overlap(sound, mode, expected):
    assert sound(mode, item(0, 0.0, 0.2), item(1, 0.1, 0.3)) == expected


@pytest.mark.parametrize("mode", [0, 1, 2])
def test_the_same_place_mixes(sound, mode):
    assert sound(mode, item(0, 0.0, 0.2), item(1, 0.0, 0.2)) == [0.375, 0.375]


def test_holes_of_several_items_at_any_speed(sound):
    inner = (item(1, 0.1, 0.2), item(2, 0.4, 0.5))
    assert sound(0, item(0, 0.0, 0.6, rate=2.0), *inner) == [0.25, 0.125, 0.25, 0.25, 0.0625, 0.25]
    nested = (item(1, 0.1, 0.5), item(2, 0.2, 0.3))
    assert sound(0, item(0, 0.0, 0.6), *nested) == [0.25, 0.125, 0.0625, 0.125, 0.125, 0.25]
    assert sound(0, item(0, 0.0, 0.3), item(1, 0.0, 0.1)) == [0.125, 0.25, 0.25]
    assert sound(0, item(0, 0.0, 0.3), item(1, 0.2, 0.3)) == [0.25, 0.25, 0.125]


def test_muted_items_replace_nothing_and_free_ones_mix(sound):
    assert sound(0, item(0, 0.0, 0.3), item(1, 0.1, 0.2, mute=1)) == [0.25, 0.25, 0.25]
    free = sound(0, item(0, 0.0, 0.3), item(1, 0.1, 0.2), lines=("FREEMODE 1",))
    assert free == [0.25, 0.375, 0.25]


@pytest.mark.parametrize("project", [0, 1, 2])
@pytest.mark.parametrize(
    "flag, enclosed, overlapping",
    [(0, [0.25, 0.125, 0.25], [0.25, 0.375, 0.125]), (1, [0.25, 0.375, 0.25], [0.25, 0.375, 0.125]),
     (2, [0.25, 0.125, 0.25], [0.25, 0.125, 0.125])],
)  # fmt: skip
def test_an_items_own_flag_counts_over_the_projects(sound, project, flag, enclosed, overlapping):
    own = (f"MIXFLAG {flag}",)
    assert sound(project, item(0, 0.0, 0.3, first=own), item(1, 0.1, 0.2, first=own)) == enclosed
    assert sound(project, item(0, 0.0, 0.2, first=own), item(1, 0.1, 0.3, first=own)) == overlapping


def test_of_two_flags_that_of_the_upper_item_counts_and_is_said(tmp_path):
    def notes(*flags: int) -> list[tuple[str, ...]]:
        places = ((0.0, 0.3), (0.1, 0.2))
        items = [item(n, *places[n], first=(f"MIXFLAG {flag}",)) for n, flag in enumerate(flags)]
        (track,) = b.load(b.project(b.track(1, *items)), tmp_path / "a.RPP").session().tracks
        return [clip.notes for clip in track.clips]

    for number in (0, 1):
        write(tmp_path / f"{number}.wav", np.full((RATE, 1), 0.25), RATE)
    assert notes(1, 1) == notes(0, 0) == [(), ()]
    assert notes(0, 1) == notes(1, 0) == [(MIXED_RULES,), ()]


def test_unknown_flags_are_the_projects(sound):
    for flag in ("MIXFLAG -1", "MIXFLAG 7", "MIXFLAG x", "MIXFLAG"):
        assert sound(0, item(0, 0.0, 0.3), item(1, 0.1, 0.2, first=(flag,))) == [0.25, 0.125, 0.25]


def other_take(number: int, *lines: str, selected: bool = False) -> list[str]:
    return [f"TAKE{' SEL' * selected}", "NAME y", *lines, *b.source(f"{number}.wav")]


@pytest.mark.parametrize("selected", [False, True])
def test_all_takes_sound_where_the_item_says_so(sound, selected):
    takes = other_take(1, selected=selected)
    assert sound(0, item(0, 0.0, 0.2, *takes, first=("ALLTAKES 1",))) == [0.375, 0.375]
    assert sound(0, item(0, 0.0, 0.2, *takes, first=("ALLTAKES 0",))) == [[0.25, 0.125][selected]] * 2
    three = [*takes, *other_take(2, "TAKEVOLPAN 0 0.5 -1")]
    assert sound(0, item(0, 0.0, 0.1, *three, first=("ALLTAKES 1",))) == [0.25 + 0.125 + 0.03125]


def test_all_takes_of_an_item_are_muted_and_replaced_together(sound):
    both = item(0, 0.0, 0.3, *other_take(1), first=("ALLTAKES 1",))
    assert sound(0, both, item(2, 0.1, 0.2)) == [0.375, 0.0625, 0.375]
    assert sound(0, item(0, 0.0, 0.1, *other_take(1), first=("ALLTAKES 1",), mute=1), item(2, 0.0, 0.1)) == [0.0625]


def test_takes_that_sound_together_have_ids_of_their_own(tmp_path):
    both = item(0, 0.0, 0.3, "TAKE NULL", *other_take(1), first=("ALLTAKES 1",))
    first, second = b.load(b.project(b.track(1, both)), tmp_path / "a.RPP").session().tracks[0].clips
    assert (first.id, second.id) == (b.guid(100), f"{b.guid(100)}/take 3")
    assert first.beside == second.beside == b.guid(100)
    (alone,) = b.load(b.project(b.track(1, item(0, 0.0, 0.3, first=("ALLTAKES 1",))))).session().tracks[0].clips
    assert alone.beside == ""


LANES = ("FREEMODE 2", "ITEMLANES 3")


def in_lane(lane: int, *args, **options) -> list[str]:
    return item(*args, first=(f"YPOS {lane / 3:.14f} 0.33333333333333 2",), **options)


@pytest.mark.parametrize(
    "lines, expected",
    [((), [0.25, 0.375, 0.25]), (("LANESOLO 3 0 0 0 0 0 0 0",), [0.25, 0.375, 0.25]),
     (("LANESOLO 1 0 0 0 0 0 0 0",), [0.25, 0.25, 0.25]), (("LANESOLO 2 0 0 0 0 0 0 0",), [0.0, 0.125]),
     (("LANESOLO 4294967293 4294967295",), [0.25, 0.25, 0.25]), (("FIXEDLANES 9 0 0 0 0",), [0.25, 0.375, 0.25]),
     (("FIXEDLANES 9 0 0 1 0",), [0.25, 0.125, 0.25]), (("FIXEDLANES 9 0 0 1 0", "LANESOLO 1 0"), [0.25] * 3)],
)  # fmt: skip
def test_lanes_that_play_mix_or_mask(sound, lines, expected):
    assert sound(0, in_lane(0, 0, 0.0, 0.3), in_lane(1, 1, 0.1, 0.2), lines=(*LANES, *lines)) == expected


def test_a_higher_lane_masks_what_begins_after_it_and_a_lower_one_masks_nothing(sound):
    masking = (*LANES, "FIXEDLANES 9 0 0 1 0")
    assert sound(1, in_lane(2, 0, 0.0, 0.3), in_lane(1, 1, 0.1, 0.5), lines=masking) == [0.25] * 3 + [0.125] * 2
    assert sound(1, in_lane(0, 0, 0.0, 0.3), in_lane(2, 1, 0.0, 0.3, mute=1), lines=masking) == [0.25] * 3


def test_one_lane_is_as_a_track_without_lanes(sound):
    inside = (in_lane(1, 0, 0.0, 0.3), in_lane(1, 1, 0.1, 0.2))
    assert sound(0, *inside, lines=LANES) == [0.25, 0.125, 0.25]
    assert sound(1, *inside, lines=LANES) == [0.25, 0.375, 0.25]


def test_masking_needs_lanes(sound):
    plain = sound(1, item(0, 0.0, 0.3), item(1, 0.1, 0.2), lines=("FIXEDLANES 9 0 0 1 0",))
    assert plain == [0.25, 0.375, 0.25]


@pytest.mark.parametrize("place, count, lane", [("1e308", "1e17", 1), ("-5", "2", 0), ("nan", "2", 0), ("0.9", "2", 1)])
def test_lanes_beyond_the_track_are_its_last(place, count, lane):
    lines = item(0, 0.0, 0.1, first=(f"YPOS {place} 0.5 2",))
    root = b.load(b.project(b.track(1, lines, lines=("FREEMODE 2", f"ITEMLANES {count}")))).root
    (track,) = root.all("TRACK")
    (block,) = track.all("ITEM")
    assert min(lanes.lane_of(block, track), 1) == lane
