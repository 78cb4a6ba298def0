"""CentroidMeter against librosa, and as a stream."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixengine.audio.spectrum import CentroidMeter
from tests.helpers.signals import fed, noise, sine


def measured(signal: np.ndarray, rate: int, sizes=(65536,)) -> tuple[float, float]:
    return fed(CentroidMeter(rate), signal, sizes).result()


def gated_noise(rate: int) -> np.ndarray:
    """Noise with silent frames between."""
    signal = noise(2 * rate)[:, 0]
    signal[rate // 2 : rate] = 0.0
    return signal


SIGNALS = {
    "noise": lambda rate: noise(2 * rate)[:, 0],
    "tone": lambda rate: sine(rate, 2.0, -6.0, 1000.0).astype(np.float32),
    "gaps": gated_noise,
    "click": lambda rate: np.eye(1, 3 * 2048 + 5, 3000, dtype=np.float32)[0],
    "shorter_than_a_frame": lambda rate: noise(700)[:, 0],
    "one_hop_more": lambda rate: noise(512 * 300)[:, 0],
    "very_quiet": lambda rate: noise(rate, level_dbfs=-110.0)[:, 0],
    "dc": lambda rate: np.full(rate, 0.25, np.float32),
}


@pytest.mark.parametrize("rate", (8000, 44100, 96000))
@pytest.mark.parametrize("kind", SIGNALS)
@pytest.mark.filterwarnings("ignore:n_fft")
def test_equals_librosa(kind, rate):
    signal = SIGNALS[kind](rate)
    centroid = librosa.feature.spectral_centroid(y=signal, sr=rate).mean()
    bandwidth = librosa.feature.spectral_bandwidth(y=signal, sr=rate).mean()
    # The bandwidth of a pure tone is the rounding noise of the float32 transform, hence the absolute part.
    assert measured(signal, rate) == pytest.approx((centroid, bandwidth), rel=1e-3, abs=1e-4 * rate)


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
