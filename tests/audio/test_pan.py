"""Pan laws, width, strips: against published measurements of REAPER, and against what must hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mixengine.audio.pan import Placement, balance, knob, sides
from mixengine.audio.strip import Gain, Path, Strip, output_strip
from mixengine.model.session import (
    EARLY_TAPER,
    MUTE,
    PAN,
    STEREO_PAN,
    VOLUME,
    Automation,
    EnvelopePoint,
    Session,
    Track,
)
from tests.helpers.reaper_laws import early_pan

PANS = st.floats(-1.0, 1.0)
LAWS = st.sampled_from((0.5, 0.5957, 10 ** (-3 / 20), 0.8, 1.0, 10 ** (3 / 20), 2.0))
TAPERS = st.sampled_from((0, 1, 2, 3))


def db(value: float) -> float:
    return 20.0 * math.log10(max(value, 1e-12))


@pytest.mark.parametrize(
    "pan, law, left_db, right_db",
    [
        (0.0, 1.0, 0.0, 0.0),
        (-0.5, 1.0, 0.0, -6.0),
        (-1.0, 1.0, 0.0, None),
        (0.0, 0.708, -3.0, -3.0),
        (-1.0, 0.708, 0.0, None),
        (0.4, 1.0, -4.4, 0.0),
        (0.4, 0.708, -6.8, -1.0),
    ],
)
def test_as_measured_in_reaper(pan, law, left_db, right_db):
    for wanted, amplitude in zip((left_db, right_db), balance(pan, law), strict=True):
        assert db(amplitude) == pytest.approx(wanted, abs=0.05) if wanted is not None else amplitude < 1e-6


@pytest.mark.parametrize(
    "width, pan, left_in, right_in",
    [
        (0.5, 0.0, (-2.5, -12.0), (-12.0, -2.5)),
        (0.0, 0.0, (-6.0, -6.0), (-6.0, -6.0)),
        (0.0, -1.0, (-6.0, None), (-6.0, None)),
    ],
)
def test_width_as_measured_in_reaper(width, pan, left_in, right_in):
    result = sides(pan, Placement(width=width))
    for column, wanted in enumerate((left_in, right_in)):
        for row, level_db in enumerate(wanted):
            heard = result[row, column]
            assert db(heard) == pytest.approx(level_db, abs=0.05) if level_db is not None else heard < 1e-9


def test_dual_pan_places_each_side():
    both_left = sides(0.0, Placement(mode=6, dual=(-1.0, -1.0)))
    assert np.allclose(both_left, [[1.0, 1.0], [0.0, 0.0]])
    assert sides(0.7, Placement(mode=6)) is None


@pytest.mark.parametrize("pan", [0.0, 0.208, 0.52, 0.9, 1.0, -0.4, -1.0])
def test_without_a_taper_the_near_side_rises_as_in_reaper(pan):
    assert np.allclose(balance(pan, 1.0, EARLY_TAPER), early_pan(pan), atol=1e-12)
    assert db(balance(0.52, 1.0, EARLY_TAPER)[1]) == pytest.approx(1.81, abs=0.005)
    # at the law of -3 dB the factor is 1 everywhere: sine and cosine
    angle = (1.0 + pan) * np.pi / 4.0
    assert np.allclose(balance(pan, 0.5**0.5, EARLY_TAPER), [np.cos(angle), np.sin(angle)], atol=1e-12)


@pytest.mark.parametrize("taper", [EARLY_TAPER, 3])
@pytest.mark.parametrize("pan", [0.408, -0.408, 1.0])
def test_stereo_pan_moves_the_far_channel_over(pan, taper):
    near, far = (1, 0) if pan > 0 else (0, 1)
    gains, amount = balance(pan, 1.0, taper), abs(pan)
    moved = sides(pan, Placement(1.0, taper, STEREO_PAN))
    assert moved[far, far] == pytest.approx(gains[far]) and not moved[far, near]
    assert moved[near, near] == pytest.approx(gains[near] / (1.0 + amount))
    assert moved[near, far] == pytest.approx(gains[near] * amount / (1.0 + amount))
    assert np.allclose(moved.sum(axis=1), gains)  # a mono sound is placed as by balance


@given(PANS, PANS, LAWS, st.sampled_from((0, 1, 2, 3, EARLY_TAPER)))
@example(0.99999, -0.5, 0.8, 2)
def test_one_knob_for_two_in_a_row(first, second, law, taper):
    wanted = balance(first, law, taper) * balance(second)
    if wanted.max() > 0.01:
        pan, gain = knob(wanted, law, taper)
        assert (gain * balance(pan, law, taper)).max() == pytest.approx(wanted.max(), rel=1e-9)
        # the ratio of the sides lies between those of the knob half a thousandth to either side
        ratios = [np.subtract(*one) / one.max() for one in (wanted, *(balance(p, law, taper) for p in near(pan)))]
        assert ratios[2] - 1e-9 <= ratios[0] <= ratios[1] + 1e-9


def near(pan):
    """The ends of what a knob with three decimals stands for."""
    return max(pan - 0.0005, -1.0), min(pan + 0.0005, 1.0)


@given(PANS, LAWS, TAPERS)
def test_left_and_right_mirror_each_other(pan, law, taper):
    assert np.allclose(balance(pan, law, taper), balance(-pan, law, taper)[::-1], atol=1e-12)


@given(LAWS, TAPERS)
def test_the_centre_is_the_law_and_the_edge_is_whole(law, taper):
    assert np.allclose(balance(0.0, law, taper), min(law, 1.0), atol=1e-9)
    assert np.allclose(balance(1.0, law, taper), [0.0, max(law, 1.0)], atol=1e-9)


@given(st.lists(PANS, min_size=2, max_size=8), LAWS, TAPERS)
def test_turning_to_the_right_never_raises_the_left(pans, law, taper):
    left = balance(np.sort(pans), law, taper)[:, 0]
    assert np.all(np.diff(left) <= 1e-12)


@given(PANS, st.floats(-1.0, 1.0), LAWS)
def test_gains_in_a_row_are_one_gain(pan, width, law):
    block = np.random.default_rng(3).standard_normal((64, 2)).astype(np.float32)
    strips = [Strip(48000, 0.5, pan, Placement(law, 3, 5, width)), Strip(48000, -1.5, -pan, Placement(law))]
    one_by_one = block
    for strip in strips:
        one_by_one = strip.gain(0, 64).apply(one_by_one)
    assert np.allclose(Path(strips).gain(0, 64).apply(block), one_by_one, atol=1e-5)


def test_envelopes_move_the_strip():
    drawn = (
        Automation(VOLUME, (EnvelopePoint(0.0, 0.5),)),
        Automation(PAN, (EnvelopePoint(0.0, 1.0, 1), EnvelopePoint(0.5, -1.0, 1))),
        Automation(MUTE, (EnvelopePoint(0.0, 1.0, 1), EnvelopePoint(0.75, 0.0, 1))),
    )
    strip = output_strip(Track("t", "t", automation=drawn), Session("s", "s", 1000))
    heard = strip.gain(0, 1000).apply(np.ones((1000, 2), np.float32))
    assert np.allclose(heard[:500], [0.5, 0.0])  # the file has left above
    assert np.allclose(heard[500:750], [0.0, 0.5])
    assert not heard[750:].any()


def test_pan_knob_and_envelope_add_up():
    envelope = Automation(PAN, (EnvelopePoint(0.0, 0.25),))
    strip = output_strip(Track("t", "t", pan=0.75, automation=(envelope,)), Session("s", "s", 1000))
    assert np.allclose(strip.gain(0, 4).apply(np.ones((4, 1), np.float32)), [0.5, 1.0])


def test_nothing_to_do_is_the_block_itself():
    block = np.ones((4, 1), np.float32)
    assert Gain().apply(block) is block
