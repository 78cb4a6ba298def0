"""What a denoiser took out: noise, or the sound itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from mixengine.separation_models import doubt

RATE = 16000


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    """24 s of harmonics that glide and pause like syllables [shape=(frames, 1)]."""
    time_s = np.arange(24 * RATE) / RATE
    pitch_hz = 180.0 * 2.0 ** (0.3 * np.sin(2.0 * np.pi * 0.7 * time_s))
    phase = 2.0 * np.pi * np.cumsum(pitch_hz) / RATE
    tones = sum(np.sin(number * phase) / number for number in range(1, 12))
    level = np.clip(np.sin(2.0 * np.pi * 1.3 * time_s) + 0.3 * np.sin(2.0 * np.pi * 0.21 * time_s), 0.0, None)
    return (0.1 * tones * level)[:, None].astype(np.float32)


@pytest.fixture(scope="module")
def noise(voice) -> np.ndarray:
    white = np.random.default_rng(1).standard_normal(voice.shape)
    return (white * 0.02).astype(np.float32)


def cut(voice: np.ndarray) -> np.ndarray:
    """A denoiser that takes notes for noise: much of the voice above 300 Hz goes, most where it is soft."""
    rest = signal.sosfilt(signal.butter(4, 300.0, fs=RATE, output="sos"), voice, axis=0)
    return (0.5 * rest).astype(np.float32)


def doubts(block: np.ndarray, made: np.ndarray, start: int = 0) -> np.ndarray:
    return doubt.doubt(block, made, np.ones(len(block)), RATE, start)


def test_noise_taken_out_is_believed(voice, noise):
    assert doubts(voice + noise, voice).max() == 0.0


def test_what_remains_of_noise_does_not_matter(voice, noise):
    assert doubts(voice + noise, voice + np.float32(0.1) * noise).max() == 0.0


def test_notes_taken_out_are_doubted(voice):
    assert doubts(voice, cut(voice)).min() > 0.9


def test_notes_taken_out_under_soft_noise_are_doubted(voice, noise):
    soft = np.float32(0.05) * noise
    assert np.median(doubts(voice + soft, cut(voice))) > 0.9


@pytest.mark.parametrize("gain", [0.001, 30.0])
def test_level_does_not_matter(voice, noise, gain):
    block, made = voice + noise, cut(voice)
    gain = np.float32(gain)
    np.testing.assert_allclose(
        doubt.describe(block * gain, made * gain, np.ones(len(block)), RATE),
        doubt.describe(block, made, np.ones(len(block)), RATE),
        atol=0.02,
    )


def test_two_equal_channels_are_as_one(voice, noise):
    block, made = voice + noise, cut(voice)
    np.testing.assert_allclose(
        doubts(np.repeat(block, 2, axis=1), np.repeat(made, 2, axis=1)), doubts(block, made), atol=1e-3
    )


def test_a_part_with_its_surroundings_is_judged_like_the_whole(voice, noise):
    half = len(voice) // 2
    block = np.concatenate([voice[:half] + noise[:half], voice[half:]])
    made = np.concatenate([voice[:half], cut(voice)[half:]])
    start, end, reach = 11 * RATE + 123, 13 * RATE, round(doubt.REACH_S * RATE)
    part = slice(start - reach - 800, end + reach + 800)
    whole = doubts(block, made)[start:end]
    alone = doubts(block[part], made[part], part.start)[start - part.start : end - part.start]
    np.testing.assert_allclose(alone, whole, atol=0.02)


def test_silence_and_what_does_not_count_are_not_doubted(voice):
    silence = np.zeros_like(voice)
    assert not doubt.doubt(voice, silence, np.zeros(len(voice)), RATE).any()
    assert np.isfinite(doubts(silence, silence)).all()


def test_what_goes_through_in_part_counts_too(voice):
    assert doubt.doubt(voice, cut(voice), np.full(len(voice), 0.1), RATE).min() > 0.9


@pytest.mark.parametrize("frames", [1, 50, RATE // 3])
def test_short_sounds_are_judged_without_error(voice, frames):
    assert doubts(voice[:frames], cut(voice)[:frames]).shape == (frames,)
