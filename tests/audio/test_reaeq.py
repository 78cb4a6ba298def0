"""ReaEQ's bands: gains where they are known in advance, and audio that agrees with the response."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mixengine.audio.reaeq import ReaEqFilter, response_db, sos
from mixengine.hosts.rpp.reaeq import BAND_KINDS
from mixengine.model.session import EqBand

RATES = (44100, 48000, 96000)
MIXED = (
    EqBand("low_shelf", 120.0, 3.0, 2.0),
    EqBand("band", 900.0, -6.0, 0.5),
    EqBand("band", 3000.0, 4.0, 1.5),
    EqBand("high_shelf", 8000.0, -4.0, 2.0),
)


def at(bands: tuple[EqBand, ...], *frequencies_hz: float, rate: int = 48000) -> np.ndarray:
    return response_db(bands, np.array(frequencies_hz), rate)


def measured_db(bands: tuple[EqBand, ...], frequency_hz: float, rate: int, frames: int) -> float:
    """Gain of a sine through the filter, in blocks, after it has settled."""
    t = np.arange(rate) / rate
    sine = np.sin(2 * np.pi * frequency_hz * t)[:, None]
    equaliser = ReaEqFilter(bands, rate)
    out = np.concatenate([equaliser(sine[i : i + frames]) for i in range(0, len(sine), frames)])
    half = rate // 2
    return 10.0 * np.log10(np.square(out[half:]).mean() / np.square(sine[half:]).mean())


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("gain_db", [-6.0, 4.5])
def test_a_peak_has_its_gain_at_its_centre_and_half_of_it_at_its_edges(rate: int, gain_db: float) -> None:
    band = (EqBand("band", 1000.0, gain_db, 1.0),)
    low_hz, high_hz = 1000.0 * 2**-0.5, 1000.0 * 2**0.5
    assert at(band, 1000.0, rate=rate) == pytest.approx([gain_db], abs=1e-9)
    assert at(band, low_hz, high_hz, rate=rate) == pytest.approx([gain_db / 2] * 2, abs=0.05)
    assert at(band, 20.0, rate / 2, rate=rate) == pytest.approx([0.0, 0.0], abs=0.02)


def stretch(hz: float, rate: int) -> float:
    """k of REAPER's law."""
    w = 2.0 * np.pi * hz / rate
    return w / np.sin(w) if w < np.pi / 2.0 else np.pi / 2.0


def cookbook(kind: str, hz: float, gain_db: float, octaves: float, rate: int, at_hz: np.ndarray) -> np.ndarray:
    """REAPER's law, written out a second time: gain in dB at ``at_hz``."""
    w, a = 2.0 * np.pi * hz / rate, 10.0 ** (gain_db / 40.0)
    c, alpha = np.cos(w), np.sin(w) * np.sinh(np.log(2.0) / 2.0 * octaves * stretch(hz, rate))
    passed = [1.0 + alpha, -2.0 * c, 1.0 - alpha]
    if gain_db <= -120.0:
        kind = {"band": "notch", "low_shelf": "high_pass", "high_shelf": "low_pass"}[kind]
    slope = np.sin(w) / 2.0 * np.sqrt((a + 1.0 / a) * (max(octaves, 0.915) ** 2 - 1.0) + 2.0)
    s, sign = 2.0 * np.sqrt(a) * slope, -1.0 if kind == "high_shelf" else 1.0
    d = sign * c
    shelf = [a * (a + 1 - (a - 1) * d + s), sign * 2 * a * (a - 1 - (a + 1) * d), a * (a + 1 - (a - 1) * d - s)]
    under = [a + 1 + (a - 1) * d + s, -sign * 2 * (a - 1 + (a + 1) * d), a + 1 + (a - 1) * d - s]
    above, below = {
        "band": ([1.0 + alpha * a, -2.0 * c, 1.0 - alpha * a], [1.0 + alpha / a, -2.0 * c, 1.0 - alpha / a]),
        "notch": ([1.0, -2.0 * c, 1.0], passed),
        "low_pass": ([(1.0 - c) / 2.0, 1.0 - c, (1.0 - c) / 2.0], passed),
        "high_pass": ([(1.0 + c) / 2.0, -1.0 - c, (1.0 + c) / 2.0], passed),
        "low_shelf": (shelf, under),
        "high_shelf": (shelf, under),
    }[kind]
    z = np.exp(-2j * np.pi * at_hz / rate)
    return 20.0 * np.log10(np.abs(np.polyval(above[::-1], z) / np.polyval(below[::-1], z)))


LAW = [
    ("band", 0.5, -6.0), ("band", 2.0, 10.4), ("band", 4.0, -12.8), ("band", 2.0, -120.0), ("band", 4.0, -120.0),
    ("low_shelf", 2.0, 22.0), ("low_shelf", 1.0, -12.4), ("low_shelf", 0.3, 6.0), ("low_shelf", 2.0, -120.0),
    ("high_shelf", 2.0, -12.4), ("high_shelf", 0.5, 9.0), ("high_shelf", 2.0, -120.0),
    ("low_pass", 2.0, 0.0), ("high_pass", 2.0, 0.0), ("high_pass", 1.0, -30.0), ("notch", 2.0, 0.0),
]  # fmt: skip


@pytest.mark.parametrize("kind, octaves, gain_db", LAW)
def test_every_band_follows_reapers_law(kind: str, octaves: float, gain_db: float) -> None:
    grid = np.geomspace(20.0, 20000.0, 97)
    for hz, rate in itertools.product([55.0, 1500.0, 9000.0, 15500.0], RATES):
        expected = np.maximum(cookbook(kind, hz, gain_db, octaves, rate, grid), -200.0)
        ours = at((EqBand(kind, hz, gain_db, octaves),), *grid, rate=rate)
        assert ours == pytest.approx(expected, abs=1e-4), (hz, rate)


def test_just_above_silence_a_band_is_no_notch() -> None:
    assert at((EqBand("band", 1000.0, -119.0),), 1000.0) == pytest.approx([-119.0], abs=1e-6)
    assert at((EqBand("band", 1000.0, -120.0),), 1000.0)[0] < -200.0


def test_edges_are_exact_on_the_warped_axis() -> None:
    rate, centre_hz = 48000, 9000.0
    half = stretch(centre_hz, rate) / 2.0
    warped = np.tan(np.pi * centre_hz / rate) * np.array([2**-half, 2**half])
    edges_hz = np.arctan(warped) * rate / np.pi
    assert response_db((EqBand("band", centre_hz, -6.0, 1.0),), edges_hz, rate) == pytest.approx([-3.0, -3.0])


@pytest.mark.parametrize("rate", RATES)
def test_shelves_reach_their_plateau_and_half_of_it_at_their_frequency(rate: int) -> None:
    low, high = (EqBand("low_shelf", 200.0, 5.0, 2.0),), (EqBand("high_shelf", 4000.0, -5.0, 2.0),)
    assert at(low, 5.0, 200.0, 15000.0, rate=rate) == pytest.approx([5.0, 2.5, 0.0], abs=0.02)
    assert at(high, 20.0, 4000.0, rate / 2, rate=rate) == pytest.approx([0.0, -2.5, -5.0], abs=0.02)


def test_pass_and_notch_bands() -> None:
    two_octaves_q_db = -20 * np.log10(2.0 * np.sinh(np.log(2.0) * stretch(1000.0, 48000)))
    assert at((EqBand("low_pass", 1000.0),), 20.0, 1000.0)[1] == pytest.approx(two_octaves_q_db)
    assert at((EqBand("high_pass", 1000.0),), 100.0)[0] == pytest.approx(-40.0, abs=0.5)
    assert at((EqBand("notch", 1000.0),), 1000.0)[0] < -100.0
    assert at((EqBand("band_pass", 1000.0),), 1000.0)[0] == pytest.approx(0.0, abs=1e-9)
    assert at((EqBand("all_pass", 1000.0),), 30.0, 1000.0, 9000.0) == pytest.approx([0.0] * 3, abs=1e-9)


def test_bands_add_up_and_order_does_not_matter() -> None:
    grid = np.geomspace(20, 20000, 50)
    whole = response_db(MIXED, grid, 48000)
    assert sum(response_db((band,), grid, 48000) for band in MIXED) == pytest.approx(whole)
    assert response_db(MIXED[::-1], grid, 48000) == pytest.approx(whole)


def test_no_bands_and_disabled_bands_do_nothing() -> None:
    block = np.ones((10, 2))
    off = (EqBand("band", 1000.0, -6.0, 1.0, enabled=False),)
    assert sos((), 48000).shape == (0, 6)
    assert np.array_equal(ReaEqFilter(off, 48000)(block), block)
    assert not at(off, 1000.0).any()


@pytest.mark.parametrize("rate", [22050, *RATES])
@pytest.mark.parametrize("frequency_hz", [50.0, 850.0, 3100.0, 9000.0])
def test_sines_through_the_filter_agree_with_the_response(rate: int, frequency_hz: float) -> None:
    assert measured_db(MIXED, frequency_hz, rate, 4096) == pytest.approx(at(MIXED, frequency_hz, rate=rate)[0], abs=0.1)


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_blocks_of_any_length_give_the_same_audio(channels: int) -> None:
    noise = np.random.default_rng(3).standard_normal((5000, channels))
    whole = ReaEqFilter(MIXED, 48000)(noise)
    equaliser = ReaEqFilter(MIXED, 48000)
    pieces = [equaliser(noise[a:b]) for a, b in ((0, 1), (1, 700), (700, 700), (700, 5000))]
    assert np.concatenate(pieces) == pytest.approx(whole)
    assert ReaEqFilter(MIXED, 48000)(noise[:, ::-1]) == pytest.approx(whole[:, ::-1])


@pytest.mark.parametrize("kind", [kind for kind in BAND_KINDS.values() if kind != "parallel_band_pass"])
@pytest.mark.parametrize("rate", [8000, 44100])
def test_every_kind_is_stable_at_any_setting(kind: str, rate: int) -> None:
    for frequency_hz in (20.0, 1000.0, 24000.0):
        for gain_db in (-np.inf, -6.0, 24.0):
            sections = sos((EqBand(kind, frequency_hz, gain_db, 0.3),), rate)
            assert np.isfinite(sections).all()
            assert np.abs(np.roots(sections[0, 3:])).max() < 1.0


@pytest.mark.parametrize(
    "band", [EqBand("parallel_band_pass", 1000.0), EqBand("band", 0.0), EqBand("band", 1000.0, -3.0, 0.0)]
)
def test_what_is_not_modelled_is_refused(band: EqBand) -> None:
    with pytest.raises(ValueError, match="ReaEQ band"):
        sos((band,), 48000)
