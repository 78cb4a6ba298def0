"""CentroidMeter against librosa, and as a stream."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixengine.audio.spectrum import CentroidMeter
from tests.helpers.librosa_reference import SPECTRA, SPECTRUM_RATES, stored
from tests.helpers.signals import fed, noise


def measured(signal: np.ndarray, rate: int, sizes=(65536,)) -> tuple[float, float]:
    return fed(CentroidMeter(rate), signal, sizes).result()


@pytest.mark.parametrize("rate", SPECTRUM_RATES)
@pytest.mark.parametrize("kind", SPECTRA)
def test_equals_librosa(kind, rate):
    expected = stored()["spectra"][kind][str(rate)]
    # The bandwidth of a pure tone is the rounding noise of the float32 transform, hence the absolute part.
    assert measured(SPECTRA[kind](rate), rate) == pytest.approx(tuple(expected), rel=1e-3, abs=1e-4 * rate)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(50, 300000), min_size=1, max_size=5))
def test_any_partition_into_blocks(sizes):
    signal = noise(200000)[:, 0]
    assert measured(signal, 44100, sizes) == pytest.approx(measured(signal, 44100, (10**9,)), rel=1e-9)


def test_asking_twice_gives_the_same_answer():
    meter = fed(CentroidMeter(44100), noise(50000)[:, 0])
    assert meter.result() == meter.result()


def test_asking_on_the_way_does_not_disturb():
    signal = noise(250000)[:, 0]
    meter = CentroidMeter(44100)
    for start in range(0, len(signal), 50000):
        meter.add(signal[start : start + 50000])
        meter.result()
    assert meter.result() == pytest.approx(measured(signal, 44100), rel=1e-9)


def test_gain_and_polarity_do_not_matter():
    signal = noise(50000)[:, 0]
    for changed in (signal * 2, -signal, signal / 64):
        assert measured(changed, 44100) == pytest.approx(measured(signal, 44100), rel=1e-6)


def test_twice_the_rate_is_twice_the_frequency():
    signal = noise(50000)[:, 0]
    assert measured(signal, 96000) == pytest.approx(tuple(2 * x for x in measured(signal, 48000)), rel=1e-9)


def test_silence_and_nothing_are_zero():
    assert measured(np.zeros(9000, np.float32), 44100) == (0.0, 0.0)
    assert CentroidMeter(44100).result() == (0.0, 0.0)
