"""Fades, envelope shapes, the fader scale."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixengine.audio.curves import automation_values, fade_gain, fader_amplitude, fader_position
from mixengine.model.session import EQUAL_POWER, VOLUME, Automation, EnvelopePoint, Fade

X = np.linspace(0.0, 1.0, 2001)
SHAPES = (0, 1, 2, 3, 4, 5, 6, EQUAL_POWER)
CURVES = (-1.0, -0.6, -0.01, 0.0, 0.01, 0.3, 1.0)

PUBLISHED = [  # raw fader value (0…1000) and level: reference/reaper.md, section 1.6, point 4
    (1000.0, 12.0),
    (852.774454406994, 20 * np.log10(2.0)),
    (782.75892367871, 3.0),
    (716.21785031261, 0.0),
    (652.8388356, -3.0),
    (592.848336, -6.0),
    (483.949607, -12.0),
    (313.298683, -24.0),
    (170.983742871, -40.0),
    (79.482342854, -60.0),
    (25.138596785, -90.0),
    (2.513873, -150.0),
]


@pytest.mark.parametrize("raw, level_db", PUBLISHED, ids=[f"{level:+.0f}_dB" for _, level in PUBLISHED])
def test_fader_scale_matches_published_readings(raw, level_db):
    value = 10.0 ** (level_db / 20.0)
    assert 1000.0 * fader_position(np.array([value]))[0] == pytest.approx(raw, abs=2e-5)
    assert 20.0 * np.log10(fader_amplitude(np.array([raw / 1000.0]))[0]) == pytest.approx(level_db, abs=1e-4)


@given(st.floats(0.0, 8.0))
def test_fader_scale_is_its_own_inverse(value):
    assert fader_amplitude(fader_position(np.array([value])))[0] == pytest.approx(value, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_fades_rise_from_0_to_1(shape):
    for curve, out in itertools.product(CURVES, (False, True)):
        gain = fade_gain(X, Fade(1.0, shape, curve), out=out)
        assert gain[0] == pytest.approx(0.0, abs=1e-12), (curve, out)
        assert gain[-1] == pytest.approx(1.0, abs=1e-12), (curve, out)
        assert np.diff(gain).min() >= -1e-12, (curve, out)
        assert np.ptp(gain) == pytest.approx(1.0), (curve, out)


@pytest.mark.parametrize("shape", SHAPES)
def test_fades_hold_outside(shape):
    gain = fade_gain(np.array([-1.0, -1e-9, 1.0 + 1e-9, 5.0]), Fade(1.0, shape, 0.4))
    assert gain == pytest.approx([0.0, 0.0, 1.0, 1.0], abs=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_fade_out_bends_the_other_way(shape):
    mirrored = fade_gain(X, Fade(1.0, shape, -0.5))
    assert np.array_equal(fade_gain(X, Fade(1.0, shape, 0.5), out=True), mirrored)
    assert np.abs(mirrored - fade_gain(X, Fade(1.0, shape, 0.5))).max() > 0.05


@pytest.mark.parametrize(
    "shape, curve, expected",
    [
        (0, 0.0, X),
        (0, 1.0, X**4),
        (0, -1.0, 1 - (1 - X) ** 4),
        (1, 0.0, X * (2 - X)),
        (2, 1.0, X**2),
        (2, -1.0, X * (2 - X)),
        (3, -1.0, 1 - (1 - X) ** 4),
        (4, 1.0, X**4),
        (5, 0.0, X * X * (3 - 2 * X)),
        (6, 0.0, np.where(X < 0.5, 8 * X**4, 1 - 8 * (1 - X) ** 4)),
        (EQUAL_POWER, 1.0, X**4),
        (EQUAL_POWER, -1.0, np.sqrt(1 - (1 - X) ** 8)),
    ],
)
def test_fade_formulas(shape, curve, expected):
    assert fade_gain(X, Fade(1.0, shape, curve)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("curve", (-1.0, -0.5, 0.0, 0.5, 1.0))
def test_equal_power_crossfade_keeps_its_power(curve):
    """One clip fades in while the other fades out with the mirrored curve."""
    fade_in = fade_gain(X, Fade(1.0, EQUAL_POWER, curve))
    fade_out = fade_gain(1.0 - X, Fade(1.0, EQUAL_POWER, curve), out=True)
    assert np.square(fade_in) + np.square(fade_out) == pytest.approx(np.ones(len(X)), abs=0.012)


def values(times, points, **fields) -> np.ndarray:
    envelope = Automation(VOLUME, tuple(EnvelopePoint(*point) for point in points), **fields)
    return automation_values(np.asarray(times, dtype=float), envelope)


@pytest.mark.parametrize("shape", range(6))
def test_segments_pass_through_their_points(shape):
    for tension, scaling in itertools.product((-1.0, -0.4, 0.0, 0.7, 1.0), (False, True)):
        points = [(1.0, 0.25, shape, tension), (2.0, 1.0, shape, tension), (4.0, 0.5, shape, tension)]
        at_points = values([1.0, 2.0, 4.0], points, fader_scaling=scaling)
        assert at_points == pytest.approx([0.25, 1.0, 0.5], rel=1e-12), (tension, scaling)
        up = values(np.linspace(1.0, 1.999999, 500), points, fader_scaling=scaling)
        assert np.diff(up).min() >= -1e-12, (tension, scaling)
        assert up.max() <= 1.0 + 1e-12, (tension, scaling)
        down = values(np.linspace(2.0, 3.999999, 500), points, fader_scaling=scaling)
        assert np.diff(down).max() <= 1e-12, (tension, scaling)
        assert down.min() >= 0.5 - 1e-12, (tension, scaling)
        if shape != 1 and tension < 0.9:  # at 1 the bezier waits for the corner
            last = values([1.999999999], points, fader_scaling=scaling)[0]
            assert last == pytest.approx(1.0, abs=1e-3), (tension, scaling)


@pytest.mark.parametrize("scaling", (False, True))
def test_constant_before_and_after(scaling):
    points = [(1.0, 0.25, 2), (2.0, 0.75, 5, 0.5)]
    result = values([-5.0, 0.0, 0.999, 2.0, 2.001, 1e6], points, fader_scaling=scaling)
    assert result == pytest.approx([0.25, 0.25, 0.25, 0.75, 0.75, 0.75], rel=1e-12)


def test_square_holds_until_the_next_point():
    points = [(0.0, 0.2, 1), (1.0, 0.8, 1), (2.0, 0.4, 0)]
    assert values([0.0, 0.5, 0.999999, 1.0, 1.5, 2.0, 3.0], points).tolist() == [0.2, 0.2, 0.2, 0.8, 0.8, 0.4, 0.4]


def test_segment_formulas_at_a_quarter():
    for shape, share in [(0, 0.25), (2, 0.15625), (3, 1 - 0.75**3), (4, 0.25**3)]:
        assert values([0.25], [(0.0, 0.0, shape), (1.0, 1.0, 0)])[0] == pytest.approx(share, abs=1e-12)


def test_bezier_without_tension_is_nearly_straight_and_tension_bends_it():
    x = np.linspace(0.0, 1.0, 101)
    ends = (1.0, 1.0, 0)
    assert values(x, [(0.0, 0.0, 5, 0.0), ends]) == pytest.approx(x, abs=1e-3)
    late, early = values([0.5], [(0.0, 0.0, 5, 0.9), ends])[0], values([0.5], [(0.0, 0.0, 5, -0.9), ends])[0]
    assert late < 0.15
    assert early > 0.85


def test_fader_scaling_interpolates_along_the_fader():
    points = [(0.0, 10 ** (-24 / 20), 0), (1.0, 1.0, 0)]
    middle = values([0.5], points, fader_scaling=True)[0]
    raw = (313.298683 + 716.21785031261) / 2 / 1000.0  # half way between the published readings
    assert middle == pytest.approx(10 ** (12 / 20) / 2 * (raw**3 + raw**6), rel=1e-6)
    assert values([0.5], points)[0] == pytest.approx((1.0 + 10 ** (-24 / 20)) / 2)


def test_single_point_is_constant():
    assert values([-1.0, 0.0, 7.0], [(3.0, 0.4, 1)]).tolist() == [0.4] * 3


@pytest.mark.parametrize("before", ([], [(0.0, 0.1, 1)]))
def test_two_points_at_one_time_are_a_jump(before):
    result = values([0.5, 0.999, 1.0, 1.5], [*before, (1.0, 0.1, 0), (1.0, 0.9, 0)])
    assert result.tolist() == [0.1, 0.1, 0.9, 0.9]
    assert values([0.5, 1.0, 2.0], [*before, (1.0, 0.1, 0), (1.0, 0.9, 0), (3.0, 0.9, 0)]).tolist() == [0.1, 0.9, 0.9]
