"""Where a denoiser takes more of a voice than its pauses explain, and where it knows better than they."""

from __future__ import annotations

import numpy as np
import pytest

from mixengine.separation_models import steady
from tests.helpers.voices import hiss

RATE = 16000


@pytest.fixture(scope="module")
def phrases() -> np.ndarray:
    """Notes of a voice for 3 s of every 5 [shape=(frames, 1)]."""
    time_s = np.arange(20 * RATE) / RATE
    phase = 2.0 * np.pi * np.cumsum(200.0 * 2.0 ** (0.05 * np.sin(2.0 * np.pi * 5.0 * time_s))) / RATE
    tones = sum(np.sin(number * phase) / number for number in range(1, 15))
    level = np.clip(10.0 * (time_s % 5.0), 0.0, 1.0) * np.clip(10.0 * (3.0 - time_s % 5.0), 0.0, 1.0)
    return (0.1 * tones * level)[:, None].astype(np.float32)


@pytest.fixture(scope="module")
def noise(phrases) -> np.ndarray:
    return hiss(phrases, 18.0)


def eaten(phrases: np.ndarray) -> np.ndarray:
    """What is left of the voice by a denoiser that takes some of it."""
    return np.float32(0.75) * phrases


def sung(samples: np.ndarray) -> np.ndarray:
    """The middles of the phrases of the voice."""
    time_s = np.arange(len(samples)) / RATE % 5.0
    return samples[(time_s > 0.5) & (time_s < 2.5)]


def test_a_voice_over_steady_noise_loses_only_what_pauses_explain(phrases, noise):
    shares = steady.share(phrases + noise, eaten(phrases), RATE)
    assert sung(shares).min() > 0.9
    assert shares[round(4.0 * RATE)] < 1e-6, "in the pauses the denoiser decides"


def test_where_no_more_than_the_noise_is_taken_the_denoiser_decides(phrases, noise):
    assert sung(steady.share(phrases + noise, phrases, RATE)).max() < 0.1


def test_noise_alone_is_the_denoisers(noise):
    assert not steady.share(noise, np.zeros_like(noise), RATE).any()


def test_a_voice_as_loud_as_the_noise_is_the_denoisers(phrases, noise):
    assert sung(steady.share(phrases + 8.0 * noise, eaten(phrases), RATE)).max() < 0.1


def test_events_that_pauses_do_not_show_are_the_denoisers(phrases, noise):
    time_s = np.arange(len(noise)) / RATE % 5.0
    cups = noise * (30.0 * np.exp(-((time_s - 4.5) % 5.0) / 0.1))[:, None].astype(np.float32)
    assert sung(steady.share(phrases + noise + cups, eaten(phrases), RATE)).max() < 0.1


def test_without_noise_nothing_is_explained(phrases):
    assert not steady.share(phrases, eaten(phrases), RATE).any()


@pytest.mark.parametrize("gain", [0.001, 30.0])
def test_level_does_not_matter(phrases, noise, gain):
    block, made, gain = phrases + noise, eaten(phrases), np.float32(gain)
    np.testing.assert_allclose(
        steady.share(gain * block, gain * made, RATE), steady.share(block, made, RATE), atol=1e-3
    )


def test_channels_swap_and_two_equal_ones_are_as_one(phrases, noise):
    block, made = np.concatenate([phrases + noise, noise], axis=1), np.concatenate([eaten(phrases), 0 * noise], axis=1)
    assert np.array_equal(steady.share(block[:, ::-1], made[:, ::-1], RATE), steady.share(block, made, RATE))
    twice = [np.repeat(each, 2, axis=1) for each in (phrases + noise, eaten(phrases))]
    np.testing.assert_allclose(
        steady.share(*twice, RATE), steady.share(phrases + noise, eaten(phrases), RATE), atol=1e-3
    )


def test_a_later_start_is_the_same_moment_of_the_file(phrases, noise):
    lead = np.zeros((1000, 1), np.float32)
    late = steady.share(*(np.concatenate([lead, each]) for each in (phrases + noise, eaten(phrases))), RATE)[1000:]
    np.testing.assert_allclose(steady.share(phrases + noise, eaten(phrases), RATE, 1000), late, atol=0.05)


@pytest.mark.parametrize("frames", [1, 50, RATE // 3])
def test_short_sounds_pass(phrases, noise, frames):
    assert steady.share((phrases + noise)[:frames], eaten(phrases)[:frames], RATE).shape == (frames,)
