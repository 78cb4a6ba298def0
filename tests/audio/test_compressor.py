"""The published compressor, ReaComp's law, and the delay line."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixengine.audio.compressor import GainComputer, lookahead_frames
from mixengine.audio.delay import Delay
from mixengine.audio.reacomp import ReaCompGain
from mixengine.model.session import CompressorSettings

RATE = 8000
PUBLISHED = np.array([-30.0, 4.0, 5.0, 5.0, 6.0, 2.0])
"""Threshold, ratio, attack, release, knee, make-up."""
USUAL = CompressorSettings(-30.0, 4.0, 3.0, 100.0, 0.0, 2.0, rms_ms=5.0)


def published_db(values: np.ndarray, block: np.ndarray) -> np.ndarray:
    return 20.0 * np.log10(GainComputer(values, RATE)(block))


def gain_db(settings: CompressorSettings, block: np.ndarray, rate: int = RATE) -> np.ndarray:
    return 20.0 * np.log10(ReaCompGain(settings, rate)(block))


def test_a_steady_sound_ends_on_the_published_curve():
    assert published_db(PUBLISHED, np.full((2, RATE), 0.05))[-1] == pytest.approx((1 / 4 - 1) * 10.0 + 2.0, abs=1e-9)
    assert published_db(PUBLISHED, np.full((2, RATE), 0.0005))[-1] == pytest.approx(2.0, abs=1e-9)


def test_the_published_release_does_nothing():
    other = PUBLISHED.copy()
    other[3] = 500.0
    block = np.random.default_rng(0).normal(0.0, 0.2, (2, 1000))
    assert np.array_equal(published_db(PUBLISHED, block), published_db(other, block))


def test_a_steady_sound_ends_on_reacomps_curve_whatever_the_quieter_channel_does():
    steady = np.tile([0.1, 0.03], (RATE, 1))
    assert gain_db(USUAL, steady)[-1] == pytest.approx((1 / 4 - 1) * 10.0 + 2.0, abs=1e-6)
    assert gain_db(USUAL, steady[:, ::-1])[-1] == pytest.approx((1 / 4 - 1) * 10.0 + 2.0, abs=1e-6)
    assert gain_db(USUAL, 0.01 * steady)[-1] == pytest.approx(2.0, abs=1e-6)


def test_a_sine_counts_by_its_rms():
    sine = np.sin(2.0 * np.pi * 200.0 * np.arange(RATE) / RATE)[:, None]
    settled = gain_db(USUAL, sine)[RATE // 2 :]
    assert settled == pytest.approx(2.0 - 0.75 * (30.0 - 10.0 * np.log10(2.0)), abs=1e-6)


@pytest.mark.parametrize("rate", [44100, 48000])
def test_attack_and_release_are_times_to_1_over_e_on_the_amplitude(rate):
    """Up from the threshold, a window late as RMS is; then down again from where it was."""
    hard = dataclasses.replace(USUAL, ratio=100.0, rms_ms=0.0, attack_ms=20.0, release_ms=50.0, makeup_db=0.0)
    threshold, loud = 10.0 ** (-30.0 / 20.0), 0.5
    step = np.concatenate([np.full((rate, 1), loud), np.zeros((rate, 1))])
    envelope = threshold * 10.0 ** (-gain_db(hard, step, rate) / 20.0 / 0.99)
    n = np.arange(1, rate // 20)
    assert envelope[n - 1] == pytest.approx(loud + (threshold - loud) * np.exp(-n / (0.02 * rate)), rel=1e-6)
    falls = loud * np.exp(-n / (0.05 * rate))
    assert envelope[rate + n - 1] == pytest.approx(np.maximum(falls, threshold), rel=1e-6)


@pytest.mark.parametrize("threshold_db, ratio", [(-20.0, 4.0), (-37.5, 21.8)])
def test_automatic_make_up_is_half_the_reduction_at_full_scale(threshold_db, ratio):
    plain = CompressorSettings(threshold_db, ratio, 3.0, 100.0, 0.0, rms_ms=5.0)
    raised = gain_db(dataclasses.replace(plain, auto_makeup=True), np.full((100, 2), 1e-4))
    assert raised == pytest.approx(-threshold_db * (1.0 - 1.0 / ratio) / 2.0, abs=1e-6)


def test_knobs_at_zero_are_a_hard_knee_and_no_time():
    hard = CompressorSettings(-20.0, 2.0, 0.0, 0.0, 0.0)
    levels_db = np.array([-60.0, -20.0, -10.0, 0.0])
    assert gain_db(hard, 10.0 ** (levels_db[:, None] / 20.0)) == pytest.approx([0.0, 0.0, -5.0, -10.0], abs=1e-6)


@given(st.lists(st.integers(0, 999), max_size=6))
@settings(max_examples=25, deadline=None)
def test_the_size_of_blocks_does_not_matter(cuts):
    block = np.random.default_rng(1).normal(0.0, 0.2, (1000, 2))
    gain, smooth = ReaCompGain(USUAL, RATE), GainComputer(PUBLISHED, RATE)
    pieces = np.split(block, sorted(cuts))
    assert np.concatenate([gain(piece) for piece in pieces]) == pytest.approx(
        ReaCompGain(USUAL, RATE)(block), abs=1e-12
    )
    whole = GainComputer(PUBLISHED, RATE)(block.T)
    assert np.concatenate([smooth(piece.T) for piece in pieces]) == pytest.approx(whole, abs=1e-12)


@given(st.integers(0, 300), st.lists(st.integers(0, 100), max_size=6))
@settings(max_examples=50, deadline=None)
def test_a_delay_is_silence_and_then_the_sound(frames, cuts):
    sound = np.random.default_rng(2).normal(size=(100, 2)).astype(np.float32)
    line = Delay(frames)
    heard = np.concatenate([line(piece) for piece in np.split(sound, sorted(cuts))])
    assert np.array_equal(heard, np.concatenate([np.zeros((frames, 2), np.float32), sound])[:100])


def test_a_delay_keeps_its_sound_when_mono_becomes_stereo_and_back():
    line, mono, stereo = Delay(3), np.ones((2, 1)), np.array([[2.0, 3.0]] * 2)
    heard = [line(mono), line(stereo), line(mono), line(mono)]
    sides = np.concatenate([np.repeat(block, 2 // block.shape[1], axis=1) for block in heard])
    assert sides.tolist() == [[0, 0]] * 3 + [[1, 1]] * 2 + [[2, 3]] * 2 + [[1, 1]]


def test_look_ahead_in_frames():
    assert lookahead_frames(CompressorSettings(0.0, 2.0, 1.0, 1.0, 0.0, lookahead_ms=46.44), 44100) == 2048
    assert lookahead_frames(CompressorSettings(0.0, 2.0, 1.0, 1.0, 0.0, lookahead_ms=23.22), 48000) == 1115
