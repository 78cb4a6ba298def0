"""Training of the fixed threshold against a plain script of [SpectralDucker]'s procedure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy import signal

from mixengine.system.errors import UserError
from mixengine.training.speech_threshold import ThresholdModel, train
from tests.helpers.signals import noise, sine


def save(path: Path, samples: np.ndarray, rate: int = 22050) -> str:
    soundfile.write(path, samples, rate, subtype="FLOAT")
    return str(path)


def plain_mean(path: str) -> float:
    """One file as [SpectralDucker] reads it."""
    samples, rate = soundfile.read(path, always_2d=True)
    samples = samples.mean(axis=1)
    samples = samples / np.abs(samples).max()
    length = int(rate * 0.1)
    values = []
    for start in range(0, len(samples) - length + 1, length):
        hz, density = signal.welch(samples[start : start + length], fs=rate, nperseg=min(1024, length))
        values.append(np.log10(density[(hz >= 300) & (hz <= 3000)].mean() + 1e-12))
    return float(np.mean(values))


@pytest.fixture
def files(tmp_path):
    speech = [
        save(tmp_path / "a.wav", noise(66000, 1, -12.0)),
        save(tmp_path / "b.wav", noise(22050, 2, -30.0, seed=2)),
    ]
    music = [save(tmp_path / "c.wav", sine(44100, 2.0, -6.0, 800.0), 44100), save(tmp_path / "d.wav", noise(9000))]
    return speech, music


def test_equals_a_plain_script(files):
    speech, music = files
    model = train(speech, music)
    assert model.speech_mean == pytest.approx(np.mean([plain_mean(path) for path in speech]), abs=1e-9)
    assert model.music_mean == pytest.approx(np.mean([plain_mean(path) for path in music]), abs=1e-9)
    assert model.threshold == pytest.approx((model.speech_mean + model.music_mean) / 2.0, abs=1e-12)
    assert abs(model.speech_mean - model.music_mean) > 0.01


def test_midpoint_of_the_published_means():
    assert round(ThresholdModel(-5.6106, -5.3369).threshold, 3) == -5.474


def test_level_and_order_make_no_difference(files, tmp_path):
    speech, music = files
    samples, rate = soundfile.read(speech[0])
    quieter = save(tmp_path / "quieter.wav", samples * 0.01, rate)
    assert train([speech[1], quieter], music).speech_mean == pytest.approx(train(speech, music).speech_mean, abs=1e-6)


def test_a_long_file_counts_no_more_than_a_short_one(files, tmp_path):
    speech, music = files
    samples, rate = soundfile.read(speech[0])
    length = int(rate * 0.1) * 29
    once = save(tmp_path / "once.wav", samples[:length], rate)
    often = save(tmp_path / "often.wav", np.tile(samples[:length], 5), rate)
    short, long = (train([path, speech[1]], music).speech_mean for path in (once, often))
    assert long == pytest.approx(short, abs=1e-6)


def test_progress_counts_every_file(files):
    calls = []
    train(*files, progress=lambda *call: calls.append(call))
    assert [call[:2] for call in calls] == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]


def test_what_cannot_be_used_is_named(files, tmp_path):
    speech, music = files
    with pytest.raises(UserError, match="no music files"):
        train(speech, [])
    with pytest.raises(UserError, match="no speech files"):
        train([], music)
    with pytest.raises(UserError, match=r"gone\.wav"):
        train([str(tmp_path / "gone.wav")], music)
    with pytest.raises(UserError, match=r"short\.wav.*0\.1 s"):
        train([save(tmp_path / "short.wav", noise(100))], music)
