"""The compressor's gain and the delay line."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixengine.audio.compressor import GainComputer, lookahead_frames, values
from mixengine.audio.delay import Delay
from mixengine.model.session import CompressorSettings

RATE = 8000
SQUEEZE = CompressorSettings(-30.0, 4.0, 5.0, 5.0, 6.0, 2.0)


def gain_db(chosen: CompressorSettings, block: np.ndarray) -> np.ndarray:
    return 20.0 * np.log10(GainComputer(values(chosen), RATE, side_chain="mean")(block))


def test_a_steady_sound_ends_on_the_static_curve():
    settled = gain_db(SQUEEZE, np.full((2, RATE), 0.1))[-1]
    assert settled == pytest.approx((1 / 4 - 1) * 10.0 + 2.0, abs=1e-9)
    assert gain_db(SQUEEZE, np.full((2, RATE), 0.001))[-1] == pytest.approx(2.0, abs=1e-9)


def test_knobs_at_zero_are_a_hard_knee_and_no_time():
    hard = CompressorSettings(-20.0, 2.0, 0.0, 0.0, 0.0)
    levels_db = np.array([-60.0, -20.0, -10.0, 0.0])
    found = gain_db(hard, 10.0 ** (levels_db[None] / 20.0))
    assert found == pytest.approx([0.0, 0.0, -5.0, -10.0], abs=1e-6)


def test_the_published_release_does_nothing():
    other = CompressorSettings(-30.0, 4.0, 5.0, 500.0, 6.0, 2.0)
    block = np.random.default_rng(0).normal(0.0, 0.2, (2, 1000))
    assert np.array_equal(gain_db(SQUEEZE, block), gain_db(other, block))


@given(st.lists(st.integers(0, 999), max_size=6))
@settings(max_examples=25, deadline=None)
def test_the_size_of_blocks_does_not_matter(cuts):
    block = np.random.default_rng(1).normal(0.0, 0.2, (2, 1000))
    gain = GainComputer(values(SQUEEZE), RATE)
    pieces = [gain(piece) for piece in np.split(block, sorted(cuts), axis=1)]
    assert np.concatenate(pieces) == pytest.approx(GainComputer(values(SQUEEZE), RATE)(block), abs=1e-12)


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
