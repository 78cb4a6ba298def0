"""A band whose gain moves: still parts sound as a still band, blocks do not matter, nothing clicks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from mixengine.audio.reaeq import ReaEqFilter
from mixengine.mixer.effects import kind_of, moving_eq
from mixengine.mixer.effects.moving_eq import MovingEq
from mixengine.model.session import CompressorSettings, Effect, EnvelopePoint, EqBand, Session, Track
from tests.helpers.arrays import assert_near
from tests.helpers.signals import clip, noise, write

RATE = 8000
DEEP = 10.0 ** (-6.0 / 20.0)


def moving(*points: tuple[float, float, int]) -> EqBand:
    return EqBand("band", 1000.0, -6.0, 1.0, points=tuple(EnvelopePoint(*point) for point in points))


@pytest.fixture
def sound() -> np.ndarray:
    return noise(4 * RATE, 2, seed=1)


DOWN_AND_UP = moving((1.0, 1.0, 2), (1.2, DEEP, 0), (2.5, DEEP, 2), (3.0, 1.0, 0))


def filtered(band: EqBand, sound: np.ndarray, *cuts: int, start: int = 0) -> np.ndarray:
    eq = MovingEq([band], RATE)
    edges = [0, *cuts, len(sound)]
    return np.concatenate([eq(sound[a:b], start + a) for a, b in pairwise(edges)])


def test_constant_points_are_a_still_band(sound: np.ndarray) -> None:
    still = ReaEqFilter([EqBand("band", 1000.0, -6.0, 1.0)], RATE)(sound)
    assert_near(filtered(moving((0.0, DEEP, 0), (9.0, DEEP, 0)), sound), still, abs=1e-9)


def test_before_between_and_after(sound: np.ndarray) -> None:
    out = filtered(DOWN_AND_UP, sound)
    still = ReaEqFilter([EqBand("band", 1000.0, -6.0, 1.0)], RATE)(sound)
    assert_near(out[: RATE - 64], sound[: RATE - 64], abs=1e-12)
    assert_near(out[int(1.4 * RATE) : int(2.49 * RATE)], still[int(1.4 * RATE) : int(2.49 * RATE)], abs=1e-4)
    assert_near(out[int(3.2 * RATE) :], sound[int(3.2 * RATE) :], abs=1e-4)


@pytest.mark.parametrize("cuts", [(1,), (7, 8100, 8164), (100, 9000, 20001), tuple(range(500, 32000, 777))])
def test_blocks_do_not_matter(sound: np.ndarray, cuts: tuple[int, ...]) -> None:
    assert_near(filtered(DOWN_AND_UP, sound, *cuts), filtered(DOWN_AND_UP, sound), abs=1e-12)


def test_a_ramp_does_not_click() -> None:
    time_s = np.arange(4 * RATE) / RATE
    tone = np.sin(2 * np.pi * 1000.0 * time_s)[:, None]
    out = filtered(DOWN_AND_UP, tone)[:, 0]
    # what is not the tone itself, with its slowly moving level, lies far below it
    level = np.abs(out.reshape(-1, RATE // 10)).max(axis=1)
    assert level[[5, 18, 35]] == pytest.approx([1.0, DEEP, 1.0], abs=0.01)
    steps = np.abs(np.diff(out, n=2))
    assert steps.max() <= np.abs(np.diff(tone[:, 0], n=2)).max() * 1.01


def test_time_is_the_sessions(tmp_path, sound: np.ndarray) -> None:
    item = clip(write(tmp_path / "a.wav", sound, RATE), 0.5, len(sound) / RATE)
    effect = Effect("VST: ReaEQ (Cockos)", "mixengine tone", bands=(DOWN_AND_UP,))
    assert kind_of(effect) is moving_eq.KIND
    track = Track("a", "a", clips=(item,), effects=(effect,))
    of = Session("song", "song.rpp", RATE, (track,))
    silence = np.zeros((RATE // 2, 2))
    expected = filtered(DOWN_AND_UP, np.concatenate([silence, sound]))
    assert_near(rendered(of), expected, abs=1e-5)
    assert_near(rendered(of, start_s=1.1, run_in_s=0.5), expected[int(1.1 * RATE) :], abs=1e-4)
    # the sound behind a look-ahead is late, and so are its envelopes
    ahead = CompressorSettings(0.0, 1.0, 3.0, 3.0, 0.0, lookahead_ms=50.0)
    late = Effect("VST: ReaComp (Cockos)", "mixengine comp", compressor=ahead)
    delayed = Session("song", "song.rpp", RATE, (Track("a", "a", clips=(item,), effects=(late, effect)),))
    assert_near(rendered(delayed), expected, abs=1e-4)


def rendered(of: Session, **options: float) -> np.ndarray:
    from mixengine.mixer import routing
    from mixengine.mixer.engine import Engine

    return np.concatenate([block for block, _ in Engine(of, routing.graph(of), **options).blocks()])  # type: ignore[arg-type]
