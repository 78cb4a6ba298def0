"""Mean pitch of tones whose pitch is known."""

from __future__ import annotations

import numpy as np
import pytest

from mixengine.audio import pitch, pyin
from tests.helpers.librosa_reference import PITCHES, stored, voice
from tests.helpers.signals import noise


@pytest.mark.parametrize("rate", (8000, 11025, 44100, 96000))
@pytest.mark.parametrize("f0_hz", (82.4, 220.0, 659.3))
def test_pyin(f0_hz, rate):
    assert pitch.pyin_hz(voice(rate, f0_hz), rate) == pytest.approx(f0_hz, rel=0.01)


def test_pyin_is_a_mean():
    mono = np.concatenate([voice(22050, f0, 0.3) for f0 in (110.0, 165.0, 220.0)])
    assert pitch.pyin_hz(mono, 22050) == pytest.approx(165.0, rel=0.03)


@pytest.mark.parametrize("name", PITCHES)
def test_pyin_finds_the_frames_of_librosa(name):
    search, expected = PITCHES[name], stored()["pitches"][name]
    bins_per_octave = 12 * search.bins_per_semitone
    expected_hz = search.fmin_hz * 2.0 ** (np.array(expected["bins"], float) / bins_per_octave)
    f0_hz, voicing = pyin.f0_and_voicing(
        search.signal(search.rate),
        search.rate,
        fmin_hz=search.fmin_hz,
        fmax_hz=min(search.fmax_hz, search.rate / 2),
        frame=search.frame,
        hop=search.hop,
        bins_per_semitone=search.bins_per_semitone,
    )
    assert 0.3 < np.isfinite(expected_hz).mean() < 0.95
    np.testing.assert_allclose(f0_hz, expected_hz, rtol=1e-9)
    np.testing.assert_allclose(voicing, expected["voicing"], atol=1e-4)


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
