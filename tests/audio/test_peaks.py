"""PeakMeter: the true-peak signals of EBU Tech 3341, libebur128, and what must not matter."""

from __future__ import annotations

import math

import numpy as np
import pyebur128
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal as dsp

from mixengine.audio import peaks
from mixengine.audio.peaks import PeakMeter
from tests.helpers.signals import fed, noise, sine


def true_peak(samples: np.ndarray, rate: int = 48000, sizes=(65536,)) -> float:
    return fed(PeakMeter(rate, samples.shape[1]), samples, sizes).true_peak_dbtp


def tapered(samples: np.ndarray) -> np.ndarray:
    """Ends that fade, as the standard's files have them."""
    return samples * dsp.windows.tukey(len(samples), 0.2)


@pytest.mark.parametrize("rate", (44100, 48000))
@pytest.mark.parametrize(
    "divisor, level, phase_deg, expected",
    [
        pytest.param(4, 0.5, 0.0, -6.0, id="case_15_fs_4_phase_0"),
        pytest.param(4, 0.5, 45.0, -6.0, id="case_16_fs_4_phase_45"),
        pytest.param(6, 0.5, 60.0, -6.0, id="case_17_fs_6_phase_60"),
        pytest.param(8, 0.5, 67.5, -6.0, id="case_18_fs_8_phase_67_5"),
        pytest.param(4, 1.41, 45.0, 3.0, id="case_19_fs_4_overs"),
    ],
)
def test_tech3341_sines(divisor, level, phase_deg, expected, rate):
    tone = level * sine(rate, 1.0, 0.0, rate / divisor, phase_deg)
    value = true_peak(tapered(tone)[:, None], rate)
    assert expected - 0.4 <= value <= expected + 0.2


@pytest.mark.parametrize("offset", range(4), ids=lambda n: f"case_{20 + n}_offset_{n}")
def test_tech3341_peak_between_samples(offset):
    """A band-limited burst with peak 1.0, made at four times the rate and decimated with an offset."""
    fine = np.zeros(4 * 4800)
    fine[9600] = 1.0
    fine = dsp.lfilter(dsp.firwin(801, 0.2, window=("kaiser", 9.0)), 1.0, fine)
    fine /= np.abs(fine).max()
    assert -0.4 <= true_peak(fine[offset::4, None]) <= 0.2


@pytest.mark.parametrize("rate", (8000, 22050, 44100, 48000, 88200, 96000, 176400, 192000))
def test_agrees_with_libebur128(rate):
    """Noise up to 80 % of half the rate, above which the two interpolators roll off differently. Silence around it,
    because libebur128 does not look past the last sample.
    """
    band_limited = dsp.lfilter(dsp.firwin(101, 0.75), 1.0, noise(rate // 2, 2, -6.0), axis=0)
    samples = np.concatenate([np.zeros((200, 2)), band_limited, np.zeros((200, 2))])
    state = pyebur128.R128State(2, rate, pyebur128.MeasurementMode.MODE_TRUE_PEAK)
    state.add_frames(samples.reshape(-1), len(samples))
    theirs = max(pyebur128.get_true_peak(state, channel) for channel in range(2))
    assert true_peak(samples, rate) == pytest.approx(20 * math.log10(theirs), abs=0.3)


def test_sample_peak_is_exact():
    samples = noise(10000, 2)
    samples[7777, 1] = -1.25
    meter = fed(PeakMeter(48000, 2), samples, (333,))
    assert meter.sample_peak == 1.25
    assert meter.true_peak_dbtp >= 20 * math.log10(1.25)


@pytest.mark.parametrize("rate", (96000, 192000))
def test_fast_rates_oversample_less(rate):
    tone = tapered(sine(rate, 0.2, -6.0, rate / 8, 67.5))
    lowest = -6.4 if rate == 96000 else -6.9  # at 192 kHz the samples themselves: fs/8 may hide 0.69 dB
    assert lowest <= true_peak(tone[:, None], rate) <= -5.8


SIGNAL = (noise(9000, 2, -12.0, seed=5) * np.linspace(0.2, 1.0, 9000)[:, None]).astype(np.float32)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 4000), min_size=1, max_size=6))
def test_any_partition_into_blocks(sizes):
    assert true_peak(SIGNAL, sizes=sizes) == pytest.approx(true_peak(SIGNAL, sizes=(10**6,)), abs=1e-4)


@pytest.mark.parametrize("at", (*range(2030, 2080), 4090, 4100, 4115, 4120, 4130))
def test_nothing_is_lost_where_stretches_meet(at):
    """A peak between two samples reads the same wherever it stands."""

    def pulse(centre: int) -> np.ndarray:
        t = np.arange(6000) - centre - 0.5
        return (np.sinc(0.8 * t) * np.exp(-((t / 40.0) ** 2)))[:, None].astype(np.float32)

    assert true_peak(pulse(at)) == pytest.approx(true_peak(pulse(1000)), abs=0.01)
    assert true_peak(pulse(at)) == pytest.approx(0.0, abs=0.3)
    assert true_peak(pulse(at), sizes=(at + 1, 10**6)) == pytest.approx(true_peak(pulse(1000)), abs=0.01)


def test_the_end_counts_like_the_beginning():
    """Sound that stops at its loudest overshoots, whether silence follows in the file or not."""
    tone = sine(48000, 0.1, -1.0, 48000 / 4, 45.0)[:, None].astype(np.float32)
    followed = true_peak(np.concatenate([tone, np.zeros((100, 1), np.float32)]))
    assert true_peak(tone) == pytest.approx(followed, abs=1e-6)
    assert true_peak(tone[::-1]) == pytest.approx(true_peak(tone), abs=0.01)


@pytest.mark.parametrize("rate, factor", ((44100, 4), (96000, 2)))
@pytest.mark.parametrize("decay", (300, 4000, 10**9))
def test_what_is_not_oversampled_cannot_hold_the_peak(rate, factor, decay):
    """The same as every window through every phase, whatever the course of loudness."""
    rng = np.random.default_rng(decay)
    coloured = np.convolve(rng.standard_normal(12000), [1.0, 1.0], "same")  # peaks between samples
    samples = coloured[:, None] * [[0.7, -1.0]] * np.exp(-np.arange(12000) / decay)[:, None]
    samples = np.concatenate([samples, 0.99 * samples[::-1]]).astype(np.float32)
    around = np.pad(samples, ((24, 24), (0, 0))).T
    between = np.lib.stride_tricks.sliding_window_view(around, 24, axis=1) @ peaks._interpolator(factor).T
    expected = 20 * math.log10(max(np.abs(between).max(), np.abs(samples).max()))
    assert true_peak(samples, rate, (777,)) == pytest.approx(expected, abs=1e-5)
    assert decay < 10**9 or expected > 20 * math.log10(np.abs(samples).max()), "the peak lies between samples"


def test_asking_does_not_change_the_answer():
    meter, asked = PeakMeter(48000, 2), PeakMeter(48000, 2)
    for start in range(0, 9000, 500):
        meter.add(SIGNAL[start : start + 500])
        asked.add(SIGNAL[start : start + 500])
        assert asked.true_peak_dbtp == asked.true_peak_dbtp
    assert meter.sample_peak == asked.sample_peak
    assert meter.true_peak_dbtp == asked.true_peak_dbtp


def test_gain_polarity_channels_and_shift():
    reference = true_peak(SIGNAL)
    assert true_peak(2 * SIGNAL) == pytest.approx(reference + 20 * math.log10(2), abs=1e-4)
    assert true_peak(-SIGNAL) == reference
    assert true_peak(SIGNAL[:, ::-1]) == reference
    assert max(true_peak(SIGNAL[:, :1]), true_peak(SIGNAL[:, 1:])) == pytest.approx(reference, abs=1e-6)
    shifted = np.concatenate([np.zeros((777, 2), np.float32), SIGNAL])
    assert true_peak(shifted) == pytest.approx(reference, abs=1e-4)


def test_silence_is_minus_infinity():
    assert true_peak(np.zeros((5000, 2))) == -math.inf
    assert PeakMeter(48000, 1).true_peak_dbtp == -math.inf


def test_one_loud_sample():
    samples = np.zeros((1, 1), np.float32)
    samples[0] = 0.5
    assert true_peak(samples) == pytest.approx(-6.02, abs=0.3)
