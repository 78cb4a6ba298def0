"""What a track is, from its sound: what must not matter, and a few clear cases."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from scipy import signal

from mixengine.app import demo
from mixengine.audio.speech_features import FeatureStream
from mixengine.jobs.duck import classify
from mixengine.jobs.duck.classify import FEATURES, KINDS, Kind, KindMeter, decide, describe
from tests.helpers.paths import REAL_AUDIO, ROOT
from tests.helpers.signals import fed, noise

RATE = 16000


def chords(rate: int = RATE, seconds: float = 12.0) -> np.ndarray:
    """Four chords, over and over, a beat every half second: pitches stand and then jump."""
    t = np.arange(round(rate * seconds)) / rate
    roots = np.array([220.0, 174.6, 261.6, 196.0])[(t / 2.0).astype(int) % 4]
    # The phase of each note is the sum of its frequency so far, so that changes of chord do not click.
    phase = 2 * np.pi * np.cumsum(roots) / rate
    tones = sum(np.sin(phase * ratio * k) / k for ratio in (1.0, 1.25, 1.5) for k in range(1, 6))
    return 0.05 * tones * (0.3 + np.exp(-(t % 0.5) * 6.0))


def rain(rate: int = RATE, seconds: float = 12.0) -> np.ndarray:
    return noise(round(rate * seconds), 1, -30.0)[:, 0].astype(float)


def heard(track: np.ndarray, rate: int = RATE, sizes=(65536,)) -> Kind:
    return fed(KindMeter(rate), track, sizes).finish()


def test_block_sizes_make_no_difference():
    track = chords(44100)
    assert heard(track, 44100, (len(track),)) == heard(track, 44100, (4097, 11))


@pytest.mark.parametrize("sound", [chords, rain])
@pytest.mark.parametrize("gain", [1e-4, 0.3, 40.0])
def test_level_makes_no_difference(sound, gain):
    plain, scaled = heard(sound()), heard(sound() * gain)
    assert scaled.kind == plain.kind
    assert scaled.scores == pytest.approx(plain.scores, abs=0.005)


def test_silence_around_makes_no_difference():
    around = np.zeros(RATE * 30)
    plain, padded = heard(chords()), heard(np.concatenate([around, chords(), around]))
    assert padded.kind == plain.kind
    assert padded.scores == pytest.approx(plain.scores, abs=0.1)


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 96000, 192000])
def test_sample_rate_makes_no_difference(rate):
    assert heard(chords(rate), rate).scores == pytest.approx(heard(chords()).scores, abs=0.1)


@pytest.mark.parametrize("rate", [8000, 44100, 192000])
@pytest.mark.parametrize(
    "track", [np.zeros(0), np.ones(1), np.zeros(200_000), np.full(200_000, np.nan), np.full(200_000, np.inf)]
)
def test_silence_and_scraps_are_nothing(track, rate):
    assert heard(track, rate) == Kind(None, dict.fromkeys(KINDS, 0.0))


def test_less_than_three_seconds_is_too_little():
    assert heard(chords(seconds=2.5)).kind is None
    assert heard(chords(seconds=2.5)).scores["music"] == 0.0


def test_clear_cases():
    assert heard(chords()).kind == "music"
    assert heard(rain()).kind == "ambience"
    assert heard(rain(44100), 44100).kind == "ambience"


def test_scores_are_probabilities_and_the_margin_decides():
    answers = []
    for draw in np.random.default_rng(4).standard_normal((200, len(FEATURES))):
        answer = decide(classify._MEANS + draw * classify._SPREADS)
        values = sorted(answer.scores.values())
        assert sum(values) == pytest.approx(1.0)
        clear = values[-1] - values[-2] >= classify.MARGIN
        assert answer.kind == (max(answer.scores, key=answer.scores.__getitem__) if clear else None)
        answers.append(answer.kind)
    assert set(answers) == {None, *KINDS}


def test_features_are_finite_and_named():
    for sound in (chords(), rain(), np.sign(chords()), np.eye(1, 16000 * 5)[0]):
        stream = fed(FeatureStream(RATE), sound)
        features = describe(stream.finish())
        assert features is None or (features.shape == (len(FEATURES),) and np.isfinite(features).all())


def real(pattern: str, count: int) -> list[Path]:
    """Files spread over a folder of the shared material, long enough to be judged."""
    files = [path for path in sorted(REAL_AUDIO.glob(pattern)) if soundfile.info(path).duration > 8.0]
    return files[:: max(len(files) // count, 1)][:count]


@pytest.mark.skipif(not (REAL_AUDIO / "speech").is_dir(), reason="no real recordings here")
@pytest.mark.parametrize(
    "kind, pattern",
    [("speech", "speech/librispeech_train_clean_100/*"), ("music", "music/*"), ("ambience", "noise/cdda*rain*")],
)
def test_real_recordings(kind, pattern):
    answers = []
    for path in real(pattern, 8):
        samples, rate = soundfile.read(path, frames=48000 * 20, always_2d=True)
        answers.append(heard(samples.mean(axis=1), rate).kind)
    assert answers.count(kind) >= 0.7 * len(answers)
    assert len(answers) - answers.count(kind) - answers.count(None) <= 1


def test_recipe_finds_what_it_is_shown(monkeypatch):
    """Three clouds of excerpts lie apart; the fit tells them apart and `decide` uses it."""
    path = ROOT / "tools" / "train_kind_of_sound.py"
    spec = importlib.util.spec_from_file_location("train_kind_of_sound", path)
    tool = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, tool)
    spec.loader.exec_module(tool)
    for name in ("_MEANS", "_SPREADS", "_WEIGHTS", "_BIASES"):
        monkeypatch.setattr(classify, name, getattr(classify, name))
    generator = np.random.default_rng(3)
    kinds = np.repeat([0, 1, 2], 40)
    features = generator.standard_normal((120, len(FEATURES))) + 3.0 * np.eye(3, len(FEATURES))[kinds]
    sources = np.array([f"{kind} {index % 7}" for index, kind in enumerate(kinds)])
    weights = tool.weights_of(kinds, sources)
    assert weights.sum() == pytest.approx(1.0)
    assert [weights[kinds == kind].sum() for kind in range(3)] == pytest.approx([1 / 3] * 3)
    tool.install(tool.fit(features, kinds, weights))
    answers = [decide(row).kind for row in features]
    assert np.mean([answer == KINDS[kind] for answer, kind in zip(answers, kinds, strict=True)]) > 0.8
    assert sum(answer not in {None, KINDS[kind]} for answer, kind in zip(answers, kinds, strict=True)) <= 2


@pytest.mark.parametrize("gain", [1.0, 0.01])
def test_a_caller_who_mostly_listens_is_speech(gain):
    voice, rate = soundfile.read(demo.VOICE)
    said = soxr.resample(voice, rate, 8000)
    line = signal.sosfilt(signal.butter(6, (300.0, 3400.0), "bandpass", fs=8000, output="sos"), said)
    line = np.concatenate([np.zeros(8000 * 30), line, np.zeros(8000 * 20)])
    hiss = np.random.default_rng(2).standard_normal(len(line))
    level = np.sqrt(np.square(line[np.abs(line) > 0.01 * np.abs(line).max()]).mean())
    assert heard(gain * (line + level * 10.0 ** (-32.0 / 20.0) * hiss), 8000).kind == "speech"
    assert heard(gain * hiss, 8000).kind == "ambience"
