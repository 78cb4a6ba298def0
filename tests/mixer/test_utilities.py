"""Cockos's JS volume utilities."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from mixengine.mixer import unsupported
from mixengine.mixer.routing import graph
from tests.helpers import rpp_builders as b
from tests.helpers.levels import item, media, peak, read
from tests.helpers.render_sessions import mixed, rendered


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return media(tmp_path_factory.mktemp("levels"))


def utility(file: str, *sliders: object, beside: tuple[str, ...] = (), bypass: int = 0) -> list[str]:
    values = " ".join([*map(str, sliders), *["-"] * (64 - len(sliders))])
    plugin = [f"BYPASS {bypass} 0 0", f'<JS {file} ""', f"{values} ", ">", "FLOATPOS 0 0 0 0", "FXID {1}", *beside]
    return b.chain([*plugin, "WAK 0 0"])


@pytest.mark.parametrize(
    "chain, level",
    [(utility("utility/volume", -6, 0), 0.125), (utility('"utility/volume"', 6, 0), 0.5),
     (utility("utility/volume", 18, 0), 1.0), (utility("utility/volume", 18, -6), 0.5),
     (utility("utility/volume", 18, 150), 2.0), (utility("utility/volume", 6), 0.5),
     (utility("utility/volume_pan", 20 * math.log10(0.5), 0, 0), 0.125),
     (utility("utility/volume_pan", 0, 0, -6), 0.25 * 10 ** -0.3), (utility("utility/volume_pan", 0, 0, 6), 0.25),
     (utility("utility/volume", -6, 0, bypass=1), 0.25)],
)  # fmt: skip
def test_cockos_volume_utilities_are_rendered(place, chain, level):
    session = read(place, b.track(1, item("quarter"), chain))
    assert peak(session) == pytest.approx(level, rel=1e-6)
    assert unsupported.unsupported(session, graph(session)) == []


@pytest.mark.parametrize(
    "pan, law, left, right",
    [(-100, 0, 1.0, 0.0), (50, 0, 0.5, 1.0), (-50, -3, 0.7079458 + 0.2920542 / 3, None), (100, -6, 0.0, 1.0),
     (100, 6, 0.0, 10**0.3)],
)  # fmt: skip
def test_their_pan_turns_the_far_side_down(place, pan, law, left, right):
    sound = mixed(read(place, b.track(1, item("quarter"), utility("utility/volume_pan", 0, pan, law)))).max(axis=0)
    assert sound[0] == pytest.approx(0.25 * left, rel=1e-5, abs=1e-9)
    assert sound[1] == pytest.approx(0.25 * (left / 2 if right is None else right), rel=1e-5, abs=1e-9)


def test_stems_through_a_ceiling_add_up(place):
    folder = b.track(1, utility("utility/volume", 12, 0), bus="1 1")
    session = read(place, folder, b.track(2, item("quarter")), b.track(3, item("eighth"), bus="2 -1"))
    whole, stems = rendered(session, [{b.guid(2)}, {b.guid(3)}])
    assert np.abs(whole).max() == pytest.approx(1.0)
    np.testing.assert_allclose(sum(stems), whole, atol=1e-6)


@pytest.mark.parametrize(
    "chain, words",
    [(utility("loser/4BandEQ", 0, 200), "effect loser/4BandEQ"), (utility("utility/volume", "-", 0), "utility/volume"),
     (utility("utility/volume2", 6), "effect utility/volume2"),
     (utility("utility/volume_pan", 0, 120), "its pan of 120"),
     (utility("utility/volume", 6, 0, beside=("<PARMENV 0 0 1 0.5", "ACT 1", "PT 0 0 0", ">")), "envelope of a param"),
     (utility("utility/volume", 6, 0, beside=("<JS_PINMAP", "AAAA", ">")), "choice of channels")],
)  # fmt: skip
def test_all_others_are_named_and_not_rendered(place, chain, words):
    session = read(place, b.track(1, item("quarter"), chain))
    assert peak(session) == pytest.approx(0.25)
    (entry,) = unsupported.unsupported(session, graph(session))
    assert words in entry.what[0]


@pytest.mark.parametrize("file", ["utility/volume", "utility/volume_pan"])
def test_numbers_beyond_the_sliders_end_at_their_ends(place, file):
    far, end = (read(place, b.track(1, utility(file, value, 0, 0))).tracks[0].effects for value in ("1e300", 150))
    assert far == end


def test_a_master_chain_that_is_off_does_nothing(place):
    chain = ["<MASTERFXLIST", *utility("utility/volume", -6, 0)[1:]]
    track = b.track(1, item("quarter"))
    assert peak(read(place, chain, track)) == pytest.approx(0.125)
    assert peak(read(place, chain, track, head=("MASTER_FX 0",))) == pytest.approx(0.25)
