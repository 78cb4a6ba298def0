"""Mean pitch of tones whose pitch is known."""

from __future__ import annotations

import numpy as np
import pytest

from audio.signals import noise
from mixengine.audio import pitch


def voice(rate: int, f0_hz: float, seconds: float = 1.0) -> np.ndarray:
    """Six harmonics, falling."""
    t = np.arange(round(rate * seconds)) / rate
    harmonics = [k for k in range(1, 7) if k * f0_hz < 0.45 * rate]
    return (0.2 * sum(np.sin(2 * np.pi * k * f0_hz * t) / k for k in harmonics)).astype(np.float32)


@pytest.mark.parametrize("rate", (8000, 11025, 44100, 96000))
@pytest.mark.parametrize("f0_hz", (82.4, 220.0, 659.3))
def test_pyin_fast(f0_hz, rate):
    assert pitch.pyin_hz(voice(rate, f0_hz), rate) == pytest.approx(f0_hz, rel=0.03)  # half-semitone grid


@pytest.mark.parametrize("rate", (22050, 96000))
def test_pyin_exact(rate):
    assert pitch.pyin_hz(voice(rate, 220.0, 0.4), rate, exact=True) == pytest.approx(220.0, rel=0.01)


def test_fast_and_exact_agree():
    mono = np.concatenate([voice(22050, f0, 0.3) for f0 in (110.0, 165.0, 220.0)])
    fast, exact = pitch.pyin_hz(mono, 22050), pitch.pyin_hz(mono, 22050, exact=True)
    assert fast == pytest.approx(exact, rel=0.03)
    assert exact == pytest.approx(165.0, rel=0.03)


def test_gain_does_not_matter():
    mono = voice(16000, 220.0, 0.5)
    assert pitch.pyin_hz(mono * 0.01, 16000) == pytest.approx(pitch.pyin_hz(mono, 16000), rel=1e-3)


@pytest.mark.parametrize("exact", (False, True))
@pytest.mark.parametrize("frames", (0, 1, 100, 511))
def test_too_short_has_no_pitch(frames, exact):
    assert pitch.pyin_hz(np.zeros(frames, np.float32), 8000, exact=exact) is None


@pytest.mark.parametrize("exact", (False, True))
def test_silence_has_no_pitch(exact):
    assert pitch.pyin_hz(np.zeros(22050, np.float32), 22050, exact=exact) is None


@pytest.mark.skipif(not pitch.has_pesto(), reason="PESTO is not installed")
@pytest.mark.parametrize("rate", (16000, 44100))
def test_pesto(rate):
    assert pitch.pesto_hz(voice(rate, 220.0), rate) == pytest.approx(220.0, rel=0.03)
    assert pitch.pesto_hz(noise(10)[:, 0], rate) is None
