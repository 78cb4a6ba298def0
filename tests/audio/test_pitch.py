"""Mean pitch of tones whose pitch is known."""

from __future__ import annotations

import numpy as np
import pytest

from mixengine.audio import pitch, pyin
from tests.helpers.signals import noise


def voice(rate: int, f0_hz: float, seconds: float = 1.0) -> np.ndarray:
    """Six harmonics, falling."""
    t = np.arange(round(rate * seconds)) / rate
    harmonics = [k for k in range(1, 7) if k * f0_hz < 0.45 * rate]
    return (0.2 * sum(np.sin(2 * np.pi * k * f0_hz * t) / k for k in harmonics)).astype(np.float32)


@pytest.mark.parametrize("rate", (8000, 11025, 44100, 96000))
@pytest.mark.parametrize("f0_hz", (82.4, 220.0, 659.3))
def test_pyin(f0_hz, rate):
    assert pitch.pyin_hz(voice(rate, f0_hz), rate) == pytest.approx(f0_hz, rel=0.01)


def test_pyin_is_a_mean():
    mono = np.concatenate([voice(22050, f0, 0.3) for f0 in (110.0, 165.0, 220.0)])
    assert pitch.pyin_hz(mono, 22050) == pytest.approx(165.0, rel=0.03)


def _melody(rate: int) -> np.ndarray:
    """Notes, noise, silence, a glide, and notes in noise."""
    glide = np.sin(2 * np.pi * np.cumsum(np.geomspace(110.0, 880.0, rate // 2)) / rate)
    rough = voice(rate, 523.3, 0.3) + 0.05 * noise(round(0.3 * rate), seed=3)[:, 0]
    parts = [voice(rate, 98.0, 0.3), 0.1 * noise(rate // 4)[:, 0], np.zeros(rate // 5), glide, voice(rate, 41.2, 0.4)]
    return np.concatenate([*parts, rough]).astype(np.float32)


@pytest.mark.parametrize(("rate", "frame", "hop"), ((44100, 2048, 512), (22050, 2048, 512), (16000, 1024, 300)))
def test_pyin_finds_the_frames_of_librosa(rate, frame, hop):
    import librosa

    mono = _melody(rate)
    span = {"fmin": pitch.FMIN_HZ, "fmax": min(pitch.FMAX_HZ, rate / 2)}
    expected = librosa.pyin(mono, sr=rate, frame_length=frame, hop_length=hop, **span)[0]
    found = pyin.f0_hz(mono, rate, fmin_hz=span["fmin"], fmax_hz=span["fmax"], frame=frame, hop=hop)
    assert 0.3 < np.isfinite(expected).mean() < 0.95
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_gain_does_not_matter():
    mono = voice(16000, 220.0, 0.5)
    assert pitch.pyin_hz(mono * 0.01, 16000) == pytest.approx(pitch.pyin_hz(mono, 16000), rel=1e-3)


@pytest.mark.parametrize("frames", (0, 1, 100, 511))
def test_too_short_has_no_pitch(frames):
    assert pitch.pyin_hz(np.zeros(frames, np.float32), 8000) is None


def test_silence_has_no_pitch():
    assert pitch.pyin_hz(np.zeros(22050, np.float32), 22050) is None


@pytest.mark.skipif(not pitch.has_pesto(), reason="PESTO is not installed")
def test_pesto_counts_silence():
    assert pitch.pesto_silence_hz() == pytest.approx(pitch.pesto_hz(np.zeros(44100, np.float32), 44100, exact=True))


@pytest.mark.skipif(not pitch.has_pesto(), reason="PESTO is not installed")
@pytest.mark.parametrize("rate", (16000, 44100))
def test_pesto(rate):
    assert pitch.pesto_hz(voice(rate, 220.0), rate) == pytest.approx(220.0, rel=0.03)
    assert pitch.pesto_hz(noise(10)[:, 0], rate) is None
