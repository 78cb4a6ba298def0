"""How deep: the difference in loudness against a plain loop, and what the depth found from it achieves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mixengine.jobs.duck import depth, envelope
from mixengine.jobs.duck.depth import HOP_S, MARGIN_LU, SAFETY_LU, Scene
from mixengine.model.duck_style import DuckStyle

STYLE = DuckStyle()
LEVELS = st.lists(st.floats(-50.0, 0.0), min_size=2, max_size=12)
SPANS = st.lists(st.tuples(st.floats(0.05, 8.0), st.floats(0.1, 30.0)), min_size=1, max_size=8)


def power(level_db: float | np.ndarray) -> np.ndarray:
    return 10.0 ** (np.asarray(level_db, dtype=float) / 10.0)


def scene(spans: list[tuple[float, float]], speech_db: object, background_db: object, length_s: float) -> Scene:
    """Levels are numbers, or lists of levels at equal distances."""
    hops = math.ceil(length_s / HOP_S)

    def curve(level_db: object) -> np.ndarray:
        levels = np.atleast_1d(np.array(level_db, dtype=float))
        return power(np.interp(np.linspace(0.0, 1.0, hops), np.linspace(0.0, 1.0, len(levels)), levels))

    return Scene(depth.activity_share(spans, hops), curve(speech_db), curve(background_db))


def in_a_row(pairs: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Spans from pauses and lengths."""
    spans, at_s = [], 0.0
    for pause_s, length_s in pairs:
        spans.append((at_s + pause_s, at_s + pause_s + length_s))
        at_s += pause_s + length_s
    return spans


def ducked_lu(of: Scene, pieces: list[list[envelope.Piece]], style: DuckStyle = STYLE) -> np.ndarray:
    return of.difference_lu(envelope.gain(of.times_s, envelope.points(pieces, style)))


def plain_loop(of: Scene, gain: np.ndarray) -> list[float]:
    out = []
    for hop in range(len(of.active)):
        speech = background = active = 0.0
        for other in range(max(hop - 30, 0), min(hop + 31, len(of.active))):
            active += of.active[other]
            speech += of.active[other] * of.speech[other]
            background += of.active[other] * of.background[other] * gain[other] ** 2
        if not active:
            out.append(math.nan)
        else:
            out.append(10.0 * math.log10(speech / background) if background else math.inf)
    return out


@settings(deadline=None, max_examples=15)
@given(SPANS, LEVELS, LEVELS, st.integers(0, 99))
def test_difference_equals_a_plain_loop(pairs, speech_db, background_db, seed):
    spans = in_a_row([(a, b / 10.0) for a, b in pairs])
    result = scene(spans, speech_db, background_db, spans[-1][1] + 3.0)
    gain = np.random.default_rng(seed).uniform(0.1, 1.0, len(result.active))
    assert result.difference_lu(gain) == pytest.approx(plain_loop(result, gain), abs=1e-6, nan_ok=True)


def test_activity_share_is_exact_to_the_edge():
    share = depth.activity_share([(0.06, 0.21), (0.23, 0.24)], 6)
    assert share == pytest.approx([0.0, 0.8, 1.0, 1.0, 0.4, 0.0])


def test_speech_as_loud_as_music_is_ducked_by_the_target():
    spans = [(5.0, 12.0), (20.0, 21.0)]
    pieces = depth.to_target(scene(spans, -20.0, -20.0, 30.0), spans, STYLE, 10.0)
    assert [len(region) for region in pieces] == [1, 1]
    assert [region[0].depth_db for region in pieces] == pytest.approx([10.0 + SAFETY_LU] * 2, abs=0.1)
    assert [(region[0].start_s, region[0].end_s) for region in pieces] == spans


@pytest.mark.parametrize("max_duck_db", [3.0, 9.0])
def test_the_limit_binds(max_duck_db):
    style = DuckStyle(max_duck_db=max_duck_db)
    ((piece,),) = depth.to_target(scene([(5.0, 12.0)], -20.0, -20.0, 30.0), [(5.0, 12.0)], style, 10.0)
    assert piece.depth_db == max_duck_db


def test_music_that_rises_gives_one_step():
    spans = [(10.0, 110.0)]
    result = scene(spans, -20.0, [-24.0] * 500 + [-18.0] * 500, 120.0)
    ((before, after),) = depth.to_target(result, spans, STYLE, 10.0)
    assert (before.depth_db, after.depth_db) == pytest.approx((6.0 + SAFETY_LU, 12.0 + SAFETY_LU), abs=0.3)
    assert after.start_s == pytest.approx(60.0, abs=2.0)
    assert after.start_s == before.end_s
    assert len(envelope.points([[before, after]], STYLE)) == 6


def test_pauses_do_not_dilute():
    """A word of 0.3 s every 3 s needs as much as talk without pause."""
    words = [(float(at), at + 0.3) for at in range(3, 57, 3)]
    hops = 1200
    share = depth.activity_share(words, hops)
    result = Scene(share, share * power(-20.0), np.full(hops, power(-20.0)))
    assert np.nanmax(np.abs(result.difference_lu())) < 0.8  # at the edges hops are spoken in part
    pieces = depth.to_target(result, words, STYLE, 10.0)
    assert all(piece.depth_db == pytest.approx(10.0 + SAFETY_LU, abs=0.8) for region in pieces for piece in region)


@pytest.mark.parametrize("scale", [1e-6, 1e4])
def test_scaling_both_changes_nothing(scale):
    spans = in_a_row([(1.0, 8.0), (4.0, 20.0), (2.0, 3.0)])
    one = scene(spans, [-20.0, -26.0, -14.0], [-30.0, -15.0, -19.0], 45.0)
    other = Scene(one.active, one.speech * scale, one.background * scale)
    for a, b in zip(depth.to_target(one, spans, STYLE, 10.0), depth.to_target(other, spans, STYLE, 10.0), strict=True):
        assert [(p.start_s, p.end_s) for p in a] == [(p.start_s, p.end_s) for p in b]
        assert [p.depth_db for p in a] == pytest.approx([p.depth_db for p in b], abs=1e-6)


def test_silent_or_soft_music_and_no_speech_need_nothing():
    spans = [(5.0, 12.0)]
    loud = scene(spans, -20.0, -20.0, 30.0)
    silent = Scene(loud.active, loud.speech, np.zeros(600))
    assert depth.drawn_regions(depth.to_target(silent, spans, STYLE, 10.0)) == []
    soft = scene(spans, -20.0, -30.0 - SAFETY_LU, 30.0)
    assert depth.drawn_regions(depth.to_target(soft, spans, STYLE, 10.0)) == []
    assert depth.to_target(loud, [], STYLE, 10.0) == []
    assert depth.constant([], STYLE, 12.0) == depth.constant(spans, STYLE, 0.0) == []


def test_silent_speech_is_ducked_under_as_far_as_allowed():
    result = scene([(5.0, 12.0)], -20.0, -20.0, 30.0)
    silent = Scene(result.active, np.zeros(600), result.background)
    ((piece,),) = depth.to_target(silent, [(5.0, 12.0)], STYLE, 10.0)
    assert piece.depth_db == STYLE.max_duck_db


@settings(deadline=None, max_examples=60)
@given(SPANS, LEVELS, LEVELS, st.floats(5.0, 30.0), st.floats(0.0, 20.0))
def test_the_target_is_met_at_every_moment_unless_the_limit_binds(
    pairs, speech_db, background_db, max_duck_db, target_lu
):
    spans = in_a_row(pairs)
    result = scene(spans, speech_db, background_db, spans[-1][1] + 3.0)
    style = DuckStyle(max_duck_db=max_duck_db)
    pieces = depth.drawn_regions(depth.to_target(result, spans, style, target_lu))
    least_lu = np.where(result.active > 0.0, ducked_lu(result, pieces, style), np.inf)
    near = np.zeros(len(result.active), dtype=bool)
    for piece in (piece for region in pieces for piece in region):
        assert 0.1 <= piece.depth_db <= max_duck_db
        if piece.depth_db >= max_duck_db - 1e-9:  # what it lets through is heard half a window further
            near |= (result.times_s > piece.start_s - 1.6) & (result.times_s < piece.end_s + 1.6)
    assert not ((least_lu < target_lu - MARGIN_LU) & ~near).any()


@settings(deadline=None, max_examples=30)
@given(st.floats(0.05, 8.0), st.floats(0.1, 3.0), LEVELS, LEVELS)
@example(7.0, 0.5, [0.0, 0.0], [-16.375, -7.5])  # needs 0.06 dB, less than what is ducked
def test_no_deeper_than_the_worst_moment_needs(pause_s, length_s, speech_db, background_db):
    spans = in_a_row([(pause_s, length_s)])
    result = scene(spans, speech_db, background_db, spans[-1][1] + 3.0)
    need_db = 10.0 + SAFETY_LU - np.nanmin(np.where(result.active > 0.0, result.difference_lu(), np.nan))
    regions = depth.drawn_regions(depth.to_target(result, spans, STYLE, 10.0))
    depths_db = [piece.depth_db for region in regions for piece in region]
    assert depths_db == ([pytest.approx(min(need_db, STYLE.max_duck_db), abs=0.05)] if need_db >= 0.1 else [])


def test_steps_are_few_however_restless_the_music_is():
    generator = np.random.default_rng(3)
    spans = in_a_row([(float(pause), 4.0) for pause in generator.exponential(1.0, 100) + 0.2])
    length_s = spans[-1][1] + 1.0
    result = scene(spans, -20.0, generator.normal(-24.0, 3.0, int(length_s)).tolist(), length_s)
    pieces = depth.drawn_regions(depth.to_target(result, spans, STYLE, 10.0))
    assert np.where(result.active > 0.0, ducked_lu(result, pieces), np.inf).min() >= 10.0 - MARGIN_LU
    assert len(envelope.points(pieces, STYLE)) < 20 * length_s / 60.0


@pytest.mark.parametrize("seed", [17, 24])
def test_the_target_is_met_where_music_jumps(seed):
    generator = np.random.default_rng(seed)
    spans = in_a_row([(float(generator.exponential(0.5)) + 0.05, 12.0) for _ in range(4)])
    hops = int((spans[-1][1] + 1.0) / HOP_S)
    background = power(np.repeat(generator.normal(-20.0, 10.0, 12), hops // 12 + 1)[:hops])
    speech = power(np.repeat(generator.normal(-20.0, 6.0, 30), hops // 30 + 1)[:hops])
    result = Scene(depth.activity_share(spans, hops), speech, background)
    style = DuckStyle(max_duck_db=60.0)
    pieces = depth.drawn_regions(depth.to_target(result, spans, style, 10.0))
    assert np.where(result.active > 0.0, ducked_lu(result, pieces, style), np.inf).min() >= 10.0 - MARGIN_LU
