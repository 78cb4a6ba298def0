"""JS filters of REAPER's own set, against their recurrences sample by sample."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from mixengine.hosts.rpp.project import Project
from mixengine.mixer import routing, unsupported
from mixengine.mixer.effects import chain
from mixengine.model.session import Effect, Session, Track
from tests.helpers.rpp_builders import project, track

RATE = 44100


def effect(file: str, *sliders: object, beside: tuple[str, ...] = ()) -> Effect:
    """As it is read from a project."""
    values = " ".join([*map(str, sliders), *["-"] * (64 - len(sliders))])
    plugin = ["<FXCHAIN", "BYPASS 0 0 0", f'<JS {file} ""', values, ">", *beside, "WAK 0 0", ">"]
    return Project(project(track(1, plugin)), Path("/nowhere/song.RPP")).session().tracks[0].effects[0]


def played(one: Effect, sound: np.ndarray, block: int) -> np.ndarray:
    processor = chain([one], RATE)[0].make()
    return np.concatenate([processor(sound[at : at + block]) for at in range(0, len(sound), block)])


def without_dc(sound: np.ndarray) -> np.ndarray:
    out, before, last = np.zeros_like(sound), 0.0, 0.0
    for at, value in enumerate(sound):
        last = 0.999 * last + value - before
        before, out[at] = value, last
    return out


def low_pass(sound: np.ndarray, frequency_hz: float, resonance: float) -> np.ndarray:
    step = 2.0 * frequency_hz / RATE
    feedback = resonance + resonance / (1.0 - step)
    out, first, second = np.zeros_like(sound), 0.0, 0.0
    for at, value in enumerate(sound):
        first += step * (value - first + feedback * (first - second))
        second += step * (first - second)
        out[at] = second
    return out


def three_bands(
    sound: np.ndarray, low_db: float, low_hz: float, mid_db: float, high_hz: float, high_db: float
) -> np.ndarray:
    lower, upper = (math.exp(-2.0 * math.pi * hz / RATE) for hz in (low_hz, high_hz))
    gains = [math.exp(gain_db / 8.65617025) for gain_db in (low_db, mid_db, high_db)]
    out, bass, rest = np.zeros_like(sound), 0.0, 0.0
    for at, value in enumerate(sound):
        bass = (1.0 - lower) * value + lower * bass
        rest = (1.0 - upper) * value + upper * rest
        treble = value - rest
        out[at] = gains[0] * bass + gains[1] * (value - bass - treble) + gains[2] * treble
    return out


@pytest.mark.parametrize(
    "one, law",
    [
        (effect("filters/dc_remove"), without_dc),
        (effect("filters/resonantlowpass", 700, 0.6), lambda sound: low_pass(sound, 700.0, 0.6)),
        (effect("filters/resonantlowpass"), lambda sound: low_pass(sound, 1000.0, 0.8)),
        (effect("loser/3BandEQ", 6, 200, -3, 2000, 9, 0), lambda sound: three_bands(sound, 6, 200, -3, 2000, 9)),
        (effect("loser/3BandEQ", 6, 3000, -3, 500, 9, -6),
         lambda sound: math.exp(-6 / 8.65617025) * three_bands(sound, 6, 500, -3, 3000, 9)),
    ],
)  # fmt: skip
def test_they_do_what_their_recurrences_do(one: Effect, law) -> None:
    sound = np.random.default_rng(1).standard_normal((700, 2)) + 0.3
    expected = np.stack([law(side) for side in sound.T], axis=1)
    for block in (700, 64):
        np.testing.assert_allclose(played(one, sound, block), expected, atol=1e-9)


def test_flat_bands_change_nothing() -> None:
    sound = np.random.default_rng(2).standard_normal((500, 1))
    np.testing.assert_allclose(played(effect("loser/3BandEQ", 0, 200, 0, 2000, 0, 0), sound, 100), sound, atol=1e-12)


@pytest.mark.parametrize(
    "sliders, rate", [((24000, 0.5), 48000), ((1000, 1), 48000), ((8000, 0.5), 16000), ((9000, 0.9), 8000)]
)
def test_what_rings_without_end_is_named_and_not_played(sliders: tuple[float, float], rate: int) -> None:
    one = effect("filters/resonantlowpass", *sliders)
    session = Session("song", "/song.RPP", rate, (Track("1", "bass", effects=(one,)),))
    assert chain([one], rate) == []
    [entry] = unsupported.unsupported(session, routing.graph(session))
    assert "ring without end" in entry.what[0]


def test_a_band_that_begins_at_0_hz_is_played() -> None:
    sound = np.random.default_rng(3).standard_normal((500, 1))
    out = played(effect("loser/3BandEQ", 24, 0, 0, 0, 6, 0), sound, 500)
    np.testing.assert_allclose(out, math.exp(6 / 8.65617025) * sound, atol=1e-12)


def test_chosen_channels_are_not_played() -> None:
    assert chain([effect("filters/dc_remove", beside=("<JS_PINMAP", "1", ">"))], RATE) == []
