"""The gain of a voice over time: even afterwards, few points, no noise raised, nothing that is heard to move."""

from __future__ import annotations

import numpy as np
import pytest

from mixengine.analysis.level_traces import STEP_S
from mixengine.audio.curves import automation_values
from mixengine.audio.loudness import to_lufs
from mixengine.jobs.level import ride
from mixengine.jobs.level.ride import Style
from mixengine.model.session import Automation, EnvelopePoint

STYLE = Style(memory_s=0.8, share=0.9, range_db=12.0)
STEPS, PHRASE, PAUSE = 1800, 34, 16
NOISE = 1e-7
FINE_S = 0.01


def voice(deviation_db: float = 5.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Powers of phrases of 3.4 s, each of its own level and uneven inside, and when they sound."""
    generator = np.random.default_rng(seed)
    speaks = np.arange(STEPS) % (PHRASE + PAUSE) < PHRASE
    phrase_db = np.repeat(generator.normal(0.0, deviation_db, STEPS // (PHRASE + PAUSE) + 1), PHRASE + PAUSE)[:STEPS]
    inside_db = generator.normal(0.0, 2.0, STEPS)
    return np.where(speaks, 10.0 ** ((phrase_db + inside_db - 23.0) / 10.0), 0.0) + NOISE, speaks


def spread_lu(powers: np.ndarray, speaks: np.ndarray) -> float:
    """From the 10th to the 90th percentile of loudness over 3 s of speech."""
    kernel = np.ones(30)
    share = np.convolve(speaks.astype(float), kernel, "same")
    counted = speaks & (share >= 15)
    loudness_lufs = to_lufs((np.convolve(powers * speaks, kernel, "same") / np.maximum(share, 1.0))[counted])
    return float(np.ptp(np.percentile(loudness_lufs, [10.0, 90.0])))


def gain_db(points: tuple[EnvelopePoint, ...]) -> np.ndarray:
    return 20.0 * np.log10(ride.gain_of(points, STEPS))


def as_numbers(points: tuple[EnvelopePoint, ...]) -> list[tuple[float, ...]]:
    return [(p.time_s, p.value, p.shape, p.tension) for p in points]


@pytest.fixture(scope="module")
def uneven() -> tuple[np.ndarray, np.ndarray]:
    return voice()


@pytest.fixture(scope="module")
def points(uneven: tuple[np.ndarray, np.ndarray]) -> tuple[EnvelopePoint, ...]:
    return ride.points(*uneven, STYLE)


def test_phrases_come_to_one_level_by_few_points(uneven, points) -> None:
    powers, speaks = uneven
    after = powers * np.square(ride.gain_of(points, STEPS))
    assert spread_lu(powers, speaks) > 9.0 and spread_lu(after, speaks) < 4.0
    assert 2 <= len(points) <= ride.MAX_POINTS_PER_MINUTE * STEPS * STEP_S / 60.0


def test_the_voice_is_as_loud_as_before_and_pauses_are_not_louder(uneven, points) -> None:
    powers, speaks = uneven
    squares = np.square(ride.gain_of(points, STEPS))
    assert to_lufs((powers * squares)[speaks].mean()) == pytest.approx(to_lufs(powers[speaks].mean()), abs=0.6)
    inside = np.convolve(speaks.astype(float), np.ones(7), "same") == 0
    assert 10.0 * np.log10(squares[inside].mean()) < 0.1


def test_nobody_hears_it_move(points) -> None:
    times_s = np.arange(0.0, STEPS * STEP_S, FINE_S)
    level_db = 20.0 * np.log10(automation_values(times_s, Automation("volume", points)))
    assert np.abs(np.diff(level_db)).max() < 1.0


def test_a_gain_of_the_voice_changes_nothing(uneven, points) -> None:
    powers, speaks = uneven
    moved = ride.points(powers * 10.0**2.5, speaks, STYLE)
    assert as_numbers(moved) == [pytest.approx(row, rel=1e-6) for row in as_numbers(points)]


def test_a_target_is_reached_or_the_envelope_ends(uneven) -> None:
    powers, speaks = uneven
    lower = ride.points(powers, speaks, STYLE, target_lufs=-35.0)
    after = powers * np.square(ride.gain_of(lower, STEPS))
    assert to_lufs(after[speaks].mean()) == pytest.approx(-35.0, abs=0.05)
    higher = ride.points(powers, speaks, STYLE, target_lufs=-5.0)
    assert max(p.value for p in higher) == pytest.approx(10.0 ** (ride.MAX_GAIN_DB / 20.0))


def test_an_even_voice_is_left_alone(uneven) -> None:
    _, speaks = uneven
    even = np.where(speaks, 1e-3, NOISE)
    assert ride.points(even, speaks, STYLE) == ()
    assert len(ride.points(even, speaks, STYLE, target_lufs=-20.0)) == 1


def test_softer_than_the_range_is_raised_less_and_a_breath_not_at_all() -> None:
    gains_db = ride.compressed_db(np.array([-30.0, -10.0, 0.0, 10.0, 13.0, 16.0, 30.0]), STYLE)
    assert gains_db.tolist() == pytest.approx([-12.0, -9.0, 0.0, 9.0, 11.7, 7.0 - 1.0 / 3.0, 0.0], abs=0.05)
    powers, speaks = voice(0.0)
    breath = slice(PHRASE + 4, PHRASE + 12)
    speaks[breath], powers[breath] = True, 10.0 ** (-5.3)
    raised_db = gain_db(ride.points(powers, speaks, STYLE))
    assert np.ptp(raised_db[breath]) < 1.0 and abs(raised_db[breath].mean()) < 2.0


def test_a_singer_is_ridden_less(uneven, points) -> None:
    singer = ride.points(*uneven, Style(memory_s=2.5, share=0.6, range_db=6.0))
    assert np.ptp(gain_db(singer)) < np.ptp(gain_db(points))
    assert np.ptp(gain_db(singer)) <= 12.0 + 3.0 + 1e-6
