"""What holds for every ducking envelope, whatever is said when: checked on the points and on the rendered curve."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixengine.jobs.duck import depth, envelope
from mixengine.jobs.duck.envelope import Piece
from mixengine.jobs.envelopes import ramps
from mixengine.model.duck_style import DuckStyle
from mixengine.model.session import EnvelopePoint
from mixengine.model.units import amplitude, decibels

QUICK = settings(deadline=None, max_examples=60)
DEPTH = st.floats(0.1, 60.0)
STYLE = st.builds(
    DuckStyle,
    max_duck_db=st.floats(1.0, 60.0),
    attack_s=st.floats(0.01, 3.0),
    hold_s=st.floats(0.0, 2.0),
    release_s=st.floats(0.01, 5.0),
    lookahead_s=st.floats(0.0, 1.0),
)
SPANS = st.lists(st.tuples(st.floats(0.0, 120.0), st.floats(0.05, 20.0)), min_size=1, max_size=6).map(
    lambda pairs: [(start_s, start_s + length_s) for start_s, length_s in pairs]
)


@st.composite
def one_depth(draw) -> tuple[DuckStyle, float, list[list[Piece]]]:
    style, depth_db = draw(STYLE), draw(DEPTH)
    return style, depth_db, depth.constant(draw(SPANS), style, depth_db)


@st.composite
def stepped(draw) -> tuple[DuckStyle, list[list[Piece]]]:
    """Regions of several depths, apart from each other and long enough as `envelope.points` asks for."""
    style = draw(STYLE)
    least_s = envelope.bridge_s(style, style.max_duck_db)
    levels = st.floats(0.1, style.max_duck_db)
    regions = []
    for start_s, end_s in depth.merged(draw(SPANS), least_s):
        count = draw(st.integers(1, max(min(int((end_s - start_s) / least_s), 4), 1)))
        cuts = np.linspace(start_s, end_s, count + 1)
        regions.append([Piece(float(a), float(b), draw(levels)) for a, b in pairwise(cuts)])
    return style, regions


def written_out(times_s: np.ndarray, points: tuple[EnvelopePoint, ...]) -> np.ndarray:
    """REAPER's envelope one sample at a time: shape 0 is a line, shape 2 is v0 + (v1 - v0) x² (3 - 2x)."""
    out = []
    for t in times_s:
        before = [point for point in points if point.time_s <= t]
        after = [point for point in points if point.time_s > t]
        if not before or not after:
            out.append((before[-1] if before else after[0]).value)
            continue
        a, b = before[-1], after[0]
        x = (t - a.time_s) / (b.time_s - a.time_s)
        assert a.shape in (0, 2)
        out.append(a.value + (b.value - a.value) * (x * x * (3.0 - 2.0 * x) if a.shape == 2 else x))
    return np.array(out)


def check_points(points: tuple[EnvelopePoint, ...], deepest_db: float) -> None:
    times_s = [point.time_s for point in points]
    assert times_s[0] >= 0.0
    assert (np.diff(times_s) >= 0.9e-3).all()
    assert all(amplitude(-deepest_db) * (1.0 - 1e-12) <= point.value <= 1.0 for point in points)
    assert points[-1].value == 1.0
    assert {point.shape for point in points} <= {ramps.LINEAR, ramps.SLOW}


def check_curve(points: tuple[EnvelopePoint, ...]) -> None:
    """Inside its points' values everywhere, one way only between two of them, and nowhere too steep."""
    times_s = np.arange(0.0, points[-1].time_s + 0.01, 1e-3)
    gain = envelope.gain(times_s, points)
    level_db = 20.0 * np.log10(gain)
    assert np.abs(np.diff(level_db)).max() <= 0.1 + 1e-6
    for a, b in pairwise(points):
        inside = gain[(times_s >= a.time_s) & (times_s <= b.time_s)]
        assert ((inside >= min(a.value, b.value) - 1e-12) & (inside <= max(a.value, b.value) + 1e-12)).all()
        assert (np.diff(inside) * np.sign(b.value - a.value) >= -1e-12).all()


@QUICK
@given(one_depth())
def test_a_region_of_one_depth_is_four_points(drawn):
    style, depth_db, regions = drawn
    points = envelope.points(regions, style)
    check_points(points, depth_db)
    check_curve(points)
    fade_s = ramps.ramp_s(0.0, -depth_db, style.attack_s)
    from_zero = regions[0][0].start_s - style.lookahead_s - fade_s < 0.0
    assert len(points) == 4 * len(regions) - from_zero


@QUICK
@given(stepped())
def test_each_step_of_depth_is_two_points_more(drawn):
    style, regions = drawn
    points = envelope.points(regions, style)
    check_points(points, max(piece.depth_db for pieces in regions for piece in pieces))
    check_curve(points)
    expected = sum(4 + 2 * (len(pieces) - 1) for pieces in regions)
    assert len(points) == expected - (points[0].value != 1.0)


@QUICK
@given(st.one_of(one_depth().map(lambda drawn: (drawn[0], drawn[2])), stepped()))
def test_down_from_before_the_first_word_until_after_the_last(drawn):
    style, regions = drawn
    points = envelope.points(regions, style)
    for pieces in regions:
        start_s = max(pieces[0].start_s - style.lookahead_s, 0.0)
        times_s = np.linspace(start_s, pieces[-1].end_s + style.hold_s, 200)
        shallowest = amplitude(-min(piece.depth_db for piece in pieces))
        assert (envelope.gain(times_s, points) <= shallowest + 1e-9).all()
        for piece in pieces:  # a step down is done before its words, a step up begins with them
            assert envelope.gain(np.array([piece.start_s]), points)[0] <= amplitude(-piece.depth_db) + 1e-9


@settings(deadline=None, max_examples=20)
@given(stepped())
def test_the_curve_is_what_the_points_mean_to_reaper(drawn):
    style, regions = drawn
    points = envelope.points(regions, style)
    times_s = np.linspace(0.0, points[-1].time_s + 1.0, 700)
    assert envelope.gain(times_s, points) == pytest.approx(written_out(times_s, points), abs=1e-9)


@QUICK
@given(one_depth())
def test_music_comes_back_between_regions(drawn):
    style, _, regions = drawn
    points = envelope.points(regions, style)
    for one, other in pairwise(regions):
        times_s = np.arange(one[0].end_s, other[0].start_s, 0.01)
        assert (envelope.gain(times_s, points) == 1.0).sum() * 0.01 >= 0.4


def test_the_usual_region():
    points = envelope.points([[Piece(10.0, 14.0, 12.0)]], DuckStyle())
    assert [round(point.time_s, 6) for point in points] == [9.45, 9.85, 14.4, 15.6]
    assert [round(decibels(point.value), 6) for point in points] == [0.0, -12.0, -12.0, 0.0]
    assert [point.shape for point in points] == [2, 0, 2, 0]


def test_speech_from_the_beginning_begins_ducked():
    points = envelope.points([[Piece(0.0, 4.0, 12.0)]], DuckStyle())
    assert [round(point.time_s, 6) for point in points] == [0.0, 4.4, 5.6]
    assert envelope.gain(np.array([0.0]), points)[0] == pytest.approx(amplitude(-12.0))


def test_without_regions_nothing_happens():
    assert envelope.points([], DuckStyle()) == ()
    assert (envelope.gain(np.arange(3.0), ()) == 1.0).all()


@pytest.mark.parametrize("depth_db", [0.1, 6.0, 24.0, 60.0])
def test_a_wish_for_no_fade_at_all_is_still_not_steep(depth_db):
    style = DuckStyle(attack_s=0.01, release_s=0.01, hold_s=0.0, lookahead_s=0.0)
    check_curve(envelope.points([[Piece(9.0, 9.5, depth_db)]], style))
