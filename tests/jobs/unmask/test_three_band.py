"""The three-band carve: its known values, and ReaEQ bands that sound like it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import signal

from mixengine.audio import reaeq
from mixengine.jobs.unmask.three_band import ThreeBand, as_reaeq, response_db

RATES = (44100, 48000, 96000)


@pytest.mark.parametrize(
    "mid_db, rate",
    zip([-6.0, -4.5, -3.0, -1.5, 0.0, 0.5, 1.0, 2.0, 4.0, 6.0], itertools.cycle(RATES), strict=False),
)
def test_reaeq_bands_follow_the_carve_within_half_a_decibel(mid_db: float, rate: int) -> None:
    grid = np.geomspace(20.0, min(20000.0, 0.45 * rate), 777)
    difference_db = reaeq.response_db(as_reaeq(mid_db, rate), grid, rate) - response_db(grid, rate, mid_db)
    assert np.abs(difference_db).max() < 0.5


def test_gains_in_use_are_followed_closely() -> None:
    grid = np.geomspace(20.0, 20000.0, 777)
    for mid_db, limit_db in ((-3.0, 0.1), (2.0, 0.25)):
        difference_db = reaeq.response_db(as_reaeq(mid_db, 48000), grid, 48000) - response_db(grid, 48000, mid_db)
        assert np.abs(difference_db).max() < limit_db


@pytest.mark.parametrize("mid_db", [-3.0, 2.0])
def test_bumps_plateaus_and_ends(mid_db: float) -> None:
    low, bump_low, middle, bump_high, high = response_db(
        np.array([20.0, 300.0, 1095.0, 4000.0, 20000.0]), 48000, mid_db
    )
    assert [low, high] == pytest.approx([0.0, 0.0], abs=0.02)
    assert middle == pytest.approx(mid_db, abs=0.15)
    # both neighbours at -3 dB and in phase
    at_crossover_db = 20 * np.log10(np.sqrt(0.5) * (1 + 10 ** (mid_db / 20)))
    assert [bump_low, bump_high] == pytest.approx([at_crossover_db] * 2, abs=0.15)


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_audio_is_the_sum_of_the_three_filters_block_by_block(channels: int) -> None:
    rate = 44100
    noise = np.random.default_rng(1).standard_normal((6000, channels))
    expected = np.zeros_like(noise)
    for edges, kind, gain_db in ((300, "low", 0.0), ([300, 4000], "band", -3.0), (4000, "high", 0.0)):
        filtered = signal.sosfilt(signal.butter(4, edges, kind, fs=rate, output="sos"), noise, axis=0)
        expected += 10 ** (gain_db / 20) * filtered
    carve = ThreeBand(rate, -3.0)
    assert np.concatenate(
        [carve(noise[:1]), carve(noise[1:1]), carve(noise[1:2500]), carve(noise[2500:])]
    ) == pytest.approx(expected)


@pytest.mark.parametrize("rate", RATES)
def test_an_impulse_agrees_with_the_response(rate: int) -> None:
    impulse = np.zeros((rate, 1))
    impulse[0] = 1.0
    spectrum_db = 20 * np.log10(np.abs(np.fft.rfft(ThreeBand(rate, 2.0)(impulse)[:, 0])))
    frequencies_hz = np.array([50.0, 300.0, 1000.0, 4000.0, 15000.0])
    assert spectrum_db[frequencies_hz.astype(int)] == pytest.approx(response_db(frequencies_hz, rate, 2.0), abs=0.01)


@pytest.mark.parametrize("rate", [8000, 11025, 22050])
def test_low_rates_work(rate: int) -> None:
    grid = np.geomspace(20.0, 0.4 * rate, 99)
    assert np.isfinite(response_db(grid, rate, -3.0)).all()
    bands = as_reaeq(-3.0, rate)
    assert np.abs(reaeq.response_db(bands, grid, rate) - response_db(grid, rate, -3.0)).max() < 0.5


def test_bands_are_few_plain_and_always_the_same() -> None:
    bands = as_reaeq(-3.0, 48000)
    as_reaeq.cache_clear()
    assert as_reaeq(-3.0, 48000) == bands
    assert len(bands) == 4
    assert all(band.kind == "band" and 0.1 <= band.bandwidth_oct <= 4.0 for band in bands)
    assert all(isinstance(band.frequency_hz, float) and abs(band.gain_db) <= 12.0 for band in bands)
