"""From who speaks when to gains and points."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixengine.analysis.room import runs_of
from mixengine.analysis.voice_levels import FRAME_S
from mixengine.audio.curves import automation_values
from mixengine.jobs.automix import gains
from mixengine.jobs.envelopes.ramps import SLOPE_DB_PER_10_MS
from mixengine.model.session import Automation

TIMING = gains.Timing(lookahead_s=0.1, hold_s=0.3, attack_s=0.1, release_s=0.3, floor_db=-15.0)


def spoken(*spans_s: tuple[float, float], length_s: float = 20.0) -> np.ndarray:
    row = np.zeros(round(length_s / FRAME_S), dtype=bool)
    for start_s, end_s in spans_s:
        row[round(start_s / FRAME_S) : round(end_s / FRAME_S)] = True
    return row


def gain_db(speaks: np.ndarray, timing: gains.Timing = TIMING) -> np.ndarray:
    """What the envelopes do, every 10 ms."""
    times_s = np.arange(0.0, speaks.shape[1] * FRAME_S, 0.01)
    rows = []
    for row in gains.levels_db(speaks, timing):
        points = gains.points(row, timing)
        rows.append(automation_values(times_s, Automation("volume", points)) if points else np.ones(len(times_s)))
    return 20.0 * np.log10(np.array(rows))


def at(levels_db: np.ndarray, time_s: float) -> np.ndarray:
    return levels_db[:, round(time_s / 0.01)]


def test_who_speaks_is_open_before_the_first_word_and_until_the_last() -> None:
    levels = gain_db(np.stack([spoken((2.0, 5.0), (12.0, 15.0)), spoken((6.0, 11.0))]))
    assert at(levels, 1.91)[0] == at(levels, 4.99)[0] == at(levels, 5.29)[0] == pytest.approx(0.0)
    assert at(levels, 5.89)[1] == pytest.approx(0.0, abs=0.1) and at(levels, 5.29)[1] < -1.0
    assert at(levels, 8.0) == pytest.approx([-15.0, 0.0])
    assert at(levels, 13.0) == pytest.approx([0.0, -15.0])


def test_a_pause_changes_nothing_until_somebody_else_begins() -> None:
    levels = gain_db(np.stack([spoken((2.0, 5.0), (12.0, 15.0)), spoken((16.5, 18.0))]))
    assert levels[0, : round(15.3 / 0.01)] == pytest.approx(0.0)  # from the start, through the pause of seven seconds
    assert at(levels, 10.0)[1] == pytest.approx(-15.0)
    assert at(levels, 19.5) == pytest.approx([-15.0, 0.0])


def test_two_at_once_share_and_a_yes_into_a_sentence_does_not_count() -> None:
    both = gain_db(np.stack([spoken((1.0, 12.0)), spoken((4.0, 8.0))]))
    assert at(both, 6.0) == pytest.approx([-gains.SHARED_DB_PER_DOUBLING] * 2)
    assert at(both, 11.0) == pytest.approx([0.0, -15.0])
    short = gain_db(np.stack([spoken((1.0, 12.0)), spoken((4.0, 4.2))]))
    assert short[0] == pytest.approx(0.0)


def test_nobody_speaks() -> None:
    assert gains.levels_db(np.zeros((3, 40), dtype=bool), TIMING) == pytest.approx(0.0)


def test_no_strength_no_points() -> None:
    still = gains.Timing(0.1, 0.3, 0.1, 0.3, floor_db=0.0)
    speaks = np.stack([spoken((1.0, 12.0)), spoken((4.0, 8.0))])
    assert all(gains.points(row, still) == () for row in gains.levels_db(speaks, still))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.tuples(st.floats(0.0, 19.0), st.floats(0.1, 6.0)), max_size=8), min_size=2, max_size=4),
    st.floats(-40.0, -3.0),
)
def test_points_rise_in_time_never_jump_and_never_cut_who_speaks(talk: list, floor_db: float) -> None:
    timing = gains.Timing(0.12, 0.35, 0.1, 0.3, floor_db)
    speaks = np.stack([spoken(*((start, start + length) for start, length in spans)) for spans in talk])
    for row, wanted_db in zip(speaks, gains.levels_db(speaks, timing), strict=True):
        points = gains.points(wanted_db, timing)
        times = [point.time_s for point in points]
        assert all(a < b for a, b in itertools.pairwise(times)) and (not times or times[0] == 0.0)
        levels_db = 20.0 * np.log10(gains.drawn(points, len(row)))
        assert (levels_db <= 1e-6).all() and (levels_db >= floor_db - 1e-6).all()
        assert (levels_db[row] >= -gains.SHARED_DB_PER_DOUBLING * np.log2(len(speaks)) - 0.2).all()
        fine = np.arange(0.0, len(row) * FRAME_S, 0.01)
        curve = automation_values(fine, Automation("volume", points)) if points else np.ones(len(fine))
        assert np.abs(np.diff(20.0 * np.log10(curve))).max() <= SLOPE_DB_PER_10_MS + 0.05


def test_runs() -> None:
    assert runs_of(np.array([1, 1, 0, 1, 0, 0, 1], dtype=bool)) == [(0, 2), (3, 4), (6, 7)]
    assert runs_of(np.zeros(0, dtype=bool)) == []
