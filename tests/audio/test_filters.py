"""Band limits against pedalboard, and as a stream."""

from __future__ import annotations

import numpy as np
import pedalboard
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixengine.audio.filters import Band
from tests.helpers.signals import chop, db, noise, sine


def filtered(signal: np.ndarray, rate: int, low_hz: float, high_hz: float, sizes=(65536,)) -> np.ndarray:
    band = Band(rate, low_hz, high_hz)
    return np.concatenate([band(block) for block in chop(signal, sizes)])


@pytest.mark.parametrize("rate", (22050, 44100, 48000, 96000))
@pytest.mark.parametrize("low_hz, high_hz", [(100.0, 5000.0), (440.0, 880.0), (30.0, 10000.0), (5000.0, 200.0)])
def test_equals_pedalboard(rate, low_hz, high_hz):
    signal = noise(rate, 2, -12.0)
    board = pedalboard.Pedalboard([pedalboard.HighpassFilter(low_hz), pedalboard.LowpassFilter(high_hz)])
    theirs = board(np.ascontiguousarray(signal.T), rate).T
    assert db(filtered(signal, rate, low_hz, high_hz) - theirs) < -100.0


def test_half_power_at_each_edge_and_six_db_per_octave():
    def gain_db(hz: float, low_hz: float, high_hz: float) -> float:
        tone = sine(48000, 1.0, 0.0, hz)[:, None]
        return 20 * np.log10(np.std(filtered(tone, 48000, low_hz, high_hz)[24000:]) / np.std(tone[24000:]))

    assert gain_db(1000.0, 1000.0, 0.0) == pytest.approx(-3.01, abs=0.01)
    assert gain_db(1000.0, 0.0, 1000.0) == pytest.approx(-3.01, abs=0.01)
    assert gain_db(50.0, 1000.0, 0.0) - gain_db(100.0, 1000.0, 0.0) == pytest.approx(-6.0, abs=0.1)
    assert gain_db(1200.0, 0.0, 100.0) - gain_db(600.0, 0.0, 100.0) == pytest.approx(-6.0, abs=0.2)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 3000), min_size=1, max_size=5))
def test_any_partition_into_blocks(sizes):
    signal = noise(8000, 2)
    whole = filtered(signal, 8000, 200.0, 900.0, (10**6,))
    assert np.array_equal(filtered(signal, 8000, 200.0, 900.0, [*sizes, 500]), whole)


def test_channels_do_not_mix():
    signal = noise(4000, 3)
    together = filtered(signal, 8000, 200.0, 900.0)
    for channel in range(3):
        assert np.array_equal(filtered(signal[:, [channel]], 8000, 200.0, 900.0)[:, 0], together[:, channel])


@pytest.mark.parametrize("low_hz, high_hz", [(0.0, 4000.0), (0.0, 22000.0), (-1.0, 1e9)])
def test_edges_the_signal_cannot_have_are_left_out(low_hz, high_hz):
    signal = noise(1000)
    assert np.array_equal(filtered(signal, 8000, low_hz, high_hz), signal)


def test_band_above_half_the_rate_is_silent():
    assert not filtered(noise(1000), 8000, 4000.0, 9000.0).any()


def test_just_below_half_the_rate_is_stable():
    out = filtered(noise(80000), 8000, 3999.0, 3999.5)
    assert np.isfinite(out).all()
    assert np.abs(out).max() < 1.0
