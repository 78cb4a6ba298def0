"""A drift is believed where stretches lie along it as a clock's do, and not where people speak by turns."""

from __future__ import annotations

import numpy as np
import pytest

from mixengine.analysis.alignment import clocks, lines
from mixengine.analysis.alignment.lines import Line

TIGHT_S = 0.0004
GENERATOR = np.random.default_rng(5)


def settled(times_s: list[float] | np.ndarray, lags_ms: list[float] | np.ndarray) -> Line:
    times, lags = np.asarray(times_s), np.asarray(lags_ms) / 1000.0
    return clocks.line(times, lags, np.full(len(times), 10.0), TIGHT_S)


@pytest.mark.parametrize(
    ("times_s", "lags_ms"),
    [
        ([1.0, 3.1, 5.1, 13.4], [-4.652, -4.656, -4.752, 4.676]),
        ([1.0, 9.4], [-4.654, 4.676]),
        ([1.0, 3.0, 13.0], [-4.65, -4.65, 4.68]),
        (np.linspace(4.0, 316.0, 40), np.repeat([-4.7, 4.7], 20)),
        (np.linspace(4.0, 316.0, 42), np.repeat([-6.0, 0.0, 6.0], 14)),
        (np.linspace(1.0, 13.0, 7), [0.0, 0.0, 0.0, 0.4, 0.4, 0.4, 0.4]),
        ([1.0, 3.0, 5.0, 7.0], [0.0, 2.0, 4.0, 6.0]),
        (np.linspace(1.5, 22.5, 8), [2.76, 2.48, 1.32, 0.40, -0.19, 1.15, 1.25, 2.98]),
        (np.linspace(2.8, 42.2, 8), [2.82, 1.46, 1.39, 0.02, 0.76, 2.01, 3.06, 2.50]),
    ],
    ids=[
        "demo",
        "two",
        "three",
        "one after the other",
        "three people",
        "a reflection",
        "no crystal",
        "leans over",
        "and back",
    ],
)
def test_what_people_and_rooms_do_is_no_drift(times_s: np.ndarray, lags_ms: np.ndarray) -> None:
    assert settled(times_s, lags_ms).drift == 0.0
    assert settled(times_s, -np.asarray(lags_ms)).drift == 0.0


@pytest.mark.parametrize(
    ("ppm", "seconds", "count", "jitter_ms"),
    [(50, 11, 6, 0.02), (-80, 13, 6, 0.02), (300, 11, 4, 0.02), (150, 20, 8, 0.05), (1000, 20, 8, 0.02),
     (20, 600, 40, 0.1), (5, 3600, 40, 1.7), (-1000, 600, 4, 2.0), (40, 3600, 2, 0.1)],
)  # fmt: skip
def test_what_clocks_do_is_found(ppm: float, seconds: float, count: int, jitter_ms: float) -> None:
    times_s = np.linspace(1.0, seconds, count)
    lags_s = 1e-6 * ppm * times_s + 1e-3 * jitter_ms * GENERATOR.uniform(-1.0, 1.0, count)
    line = settled(times_s, 1000.0 * lags_s)
    assert 1e6 * line.drift == pytest.approx(ppm, abs=max(6000.0 * jitter_ms / seconds, 0.5))


def test_one_stretch_beside_the_others_hides_no_drift() -> None:
    times_s = np.linspace(1.0, 15.0, 6)
    lags_ms = 0.2 * times_s
    lags_ms[2] += 5.0
    assert 1e6 * settled(times_s, lags_ms).drift == pytest.approx(200.0, abs=1.0)


def test_a_line_that_is_not_believed_keeps_its_place() -> None:
    times_s, lags_s = np.array([1.0, 3.0, 5.0, 9.0]), np.array([1.0, 1.02, 0.99, 9.0]) / 1000.0
    line = clocks.settled(times_s, lags_s, Line(0.001), TIGHT_S)
    assert line.drift == 0.0 and line.offset_s == pytest.approx(lags_s[:3].mean())
    assert not clocks.believed(times_s, lags_s, lines.robust(times_s, lags_s))


@pytest.mark.parametrize(
    ("lags_ms", "count"),
    [
        ([0, 0, 0, 0, 0, 17, 17], 5),
        ([0, 0, 17, 0, 0, 0], 5),
        ([0, 17, 0, 17, 0, 17], 3),
        ([0, 0, 0, 40, 40, 40], 6),
        ([0, 0, 0, 0, 500, 500], 6),
    ],
    ids=["somebody else at the end", "a remark", "by turns", "samples dropped", "more than a room does"],
)
def test_few_stretches_beside_the_others_are_no_clock_that_jumps(lags_ms: list[float], count: int) -> None:
    times_s = np.linspace(1.0, 13.0, len(lags_ms))
    assert len(clocks.steady(times_s, np.array(lags_ms) / 1000.0, Line(0.0))) == count


@pytest.mark.parametrize(
    ("times_s", "lags_ms", "is_one"),
    [
        ([0.0, 1200.0, 3600.0], [0.0, 40.0, 60.0], True),
        ([0.0, 14.0, 18.0, 30.0], [0.0, 0.0, 40.0, 40.0], True),
        ([0.0, 6.0, 14.0, 24.0], [0.0, 1.5, -1.0, 2.0], False),
    ],
    ids=["warms up", "drops samples", "walks about"],
)
def test_what_bends_as_people_do_is_no_clock(times_s: list[float], lags_ms: list[float], is_one: bool) -> None:
    assert clocks.is_chain(np.array(times_s), np.array(lags_ms) / 1000.0, Line(0.0)) == is_one
