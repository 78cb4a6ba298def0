"""Items over each other: constants of 0.25, 0.125 and 0.0625, so that a sample says which of them sound."""

from __future__ import annotations

import numpy as np
import pytest

from mixengine.audio import timeline
from tests.helpers import rpp_builders as b
from tests.helpers.signals import write

RATE = 48000
LEVELS = (0.25, 0.125, 0.0625)


def item(number: int, start_s: float, end_s: float, *, mute: int = 0, rate: float = 1.0) -> list[str]:
    return [
        "<ITEM",
        f"POSITION {start_s}",
        f"LENGTH {end_s - start_s}",
        f"MUTE {mute} 0",
        f"IGUID {b.guid(100 + number)}",
        "NAME x",
        f"PLAYRATE {rate} 0 0 -1",
        *b.source(f"{number}.wav"),
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
