"""Noise is flat, and tones are not, however low."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from mixengine.separation_models import tones
from tests.helpers.voices import hiss

RATE = 16000


@lru_cache(maxsize=1)
def plucked(root_hz: float = 41.2) -> np.ndarray:
    """Notes of a low string, one a second, with all partials up to 4 kHz [shape=(frames, 1)]."""
    time_s = np.arange(6 * RATE) / RATE
    samples = np.zeros_like(time_s)
    for number, step in enumerate([0, 3, 5, 7, 3, 0]):
        hz, since = root_hz * 2.0 ** (step / 12.0), np.maximum(time_s - number, 0.0)
        ring = np.exp(-since / 0.6) * (time_s >= number) * (time_s < number + 1.0)
        samples += ring * sum(np.sin(2 * np.pi * k * hz * since) / k for k in range(1, int(4000 / hz)))
    return (0.1 * samples).astype(np.float32)[:, None]


def test_partials_of_a_bass_are_seen_in_long_frames():
    assert tones.flatness_around(plucked(), RATE).min() > 0.6, "in short frames they are a noise"
    assert tones.low_flatness_around(plucked(), RATE).max() < 0.5


@pytest.mark.parametrize("flat", [tones.flatness_around, tones.low_flatness_around])
@pytest.mark.parametrize("rate", [8000, 48000])
def test_noise_is_flat_at_every_rate(flat, rate):
    noise = np.random.default_rng(0).standard_normal((4 * rate, 1)).astype(np.float32)
    assert flat(noise, rate).min() > 0.8


@pytest.mark.parametrize("flat", [tones.flatness_around, tones.low_flatness_around])
def test_level_channels_and_a_later_start_do_not_matter(flat):
    sound = plucked() + hiss(plucked(), 20.0)
    alone = flat(sound, RATE)
    np.testing.assert_allclose(flat(np.float32(1e-3) * sound, RATE), alone, atol=0.01)
    np.testing.assert_allclose(flat(np.repeat(sound, 2, axis=1), RATE), alone, atol=0.01)
    lead = np.zeros((1000, 1), np.float32)
    np.testing.assert_allclose(flat(np.concatenate([lead, sound]), RATE)[1000:], flat(sound, RATE, 1000), atol=0.02)


@pytest.mark.parametrize("frames", [1, 50, RATE // 3])
def test_short_sounds_pass(frames):
    assert tones.low_flatness_around(plucked()[:frames], RATE).shape == (frames,)
