"""Speech detectors: what holds for all of them, the faithful one against a plain script, the others on known talk."""

from __future__ import annotations

import functools
import importlib.util

import numpy as np
import pytest
from scipy import signal as dsp

from mixengine.audio import silero
from mixengine.audio.speech import DETECTORS, PSD_THRESHOLD, Activity, PsdMeter
from mixengine.jobs.duck.settings import DuckSettings
from tests.helpers import signals
from tests.helpers.paths import REAL_AUDIO, ROOT
from tests.helpers.signals import fed, noise, phrase, sine

DEFAULT_DETECTOR = DuckSettings().detector
RATE = 16000
HAS_SILERO = all(importlib.util.find_spec(name) for name in ("silero_vad", "onnxruntime"))
needs_silero = pytest.mark.skipif(not HAS_SILERO, reason="the extra neural is not installed")
ALL = [pytest.param(name, marks=needs_silero if name == "silero" else ()) for name in DETECTORS]
OWN = ["psd-adaptive", "energy"]
PHRASES_S = ((1.0, 3.0), (4.5, 6.0), (7.0, 10.0), (13.0, 15.5))
LENGTH_S = 17.0


_talk = functools.lru_cache(maxsize=4)(signals.talk)


def talk(rate: int = RATE, phrases_s=PHRASES_S, length_s: float = LENGTH_S) -> np.ndarray:
    return _talk(rate, phrases_s, length_s).copy()


def under_noise(track: np.ndarray, snr_db: float) -> np.ndarray:
    """With white noise, ``snr_db`` below what sounds."""
    level_db = 10.0 * np.log10(np.square(track[track != 0.0]).mean())
    return track + noise(len(track), 1, level_db - snr_db)[:, 0]


def found(name: str, track: np.ndarray, rate: int = RATE, sizes=(65536,)) -> Activity:
    return fed(DETECTORS[name].start(rate), track, sizes).finish()


def f1(regions, phrases_s=PHRASES_S, length_s: float = LENGTH_S) -> float:
    """Agreement on a grid of 10 ms."""
    at_s = np.arange(0.005, length_s, 0.01)
    ours, truth = ([any(a <= t < b for a, b in spans) for t in at_s] for spans in (regions, phrases_s))
    ours, truth = np.array(ours), np.array(truth)
    return 2 * (ours & truth).sum() / max(ours.sum() + truth.sum(), 1)


# ------------------------------------------------------------------------------------------------ what holds for all


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("sizes", [(1000,), (1, 7, 44101), (4096, 33)])
def test_the_sizes_of_blocks_make_no_difference(name, sizes):
    track = under_noise(talk(44100), 15.0)[: 44100 * 8]
    whole, parts = found(name, track, 44100, (len(track),)), found(name, track, 44100, sizes)
    assert np.array_equal(whole.score, parts.score)
    assert np.array_equal(whole.speech, parts.speech)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("gain", [1e-4, 0.37, 50.0])
def test_the_level_makes_no_difference(name, gain):
    track = under_noise(talk(), 15.0)
    plain, scaled = found(name, track), found(name, track * gain)
    assert scaled.score == pytest.approx(plain.score, abs=2e-3)
    assert np.mean(plain.speech != scaled.speech) < 0.002


@pytest.mark.parametrize("name", ["psd", "psd-adaptive", "energy"])
@pytest.mark.parametrize("rate", [8000, 44100, 48000])
def test_silence_before_shifts_the_answer(name, rate):
    track = np.concatenate([np.zeros(rate // 5), under_noise(talk(rate), 20.0)])
    plain = found(name, track, rate)
    hops = 3 if name == "psd" else 137
    shifted = found(name, np.concatenate([np.zeros(round(hops * plain.hop_s * rate)), track]), rate)
    assert plain.score.max() > 0.0
    assert not shifted.speech[:hops].any()
    assert np.array_equal(shifted.speech[hops:], plain.speech)
    assert shifted.score[hops:] == pytest.approx(plain.score, abs=1e-4)


@pytest.mark.parametrize("name", ["psd", "psd-adaptive", "energy"])
@pytest.mark.parametrize("snr_db", [None, 20.0, 10.0])
@pytest.mark.parametrize("seed", range(2))
def test_rounding_makes_no_difference(name, snr_db, seed):
    """Another processor rounds in another way: nothing may hang on the last bit of float32."""
    track = talk() if snr_db is None else under_noise(talk(), snr_db)
    rounding = 2e-7 * np.random.default_rng(seed).standard_normal(len(track))
    plain, noisy = found(name, track), found(name, track * (1.0 + rounding))
    assert noisy.score == pytest.approx(plain.score, abs=1e-4)
    assert np.array_equal(noisy.speech, plain.speech)


@needs_silero
def test_silence_before_shifts_the_network_too():
    """It has a memory, so only nearly."""
    plain = found("silero", talk()).score
    shifted = found("silero", np.concatenate([np.zeros(50 * silero.WINDOW), talk()])).score
    assert np.corrcoef(shifted[50:], plain)[0, 1] > 0.8


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("rate", [8000, 44100, 192000])
@pytest.mark.parametrize(
    "samples",
    [
        pytest.param(lambda rate: np.zeros(0), id="nothing"),
        pytest.param(lambda rate: np.ones(1), id="one sample"),
        pytest.param(np.zeros, id="silence"),
        pytest.param(lambda rate: np.full(rate, np.nan), id="nan"),
        pytest.param(lambda rate: np.full(rate, -np.inf), id="inf"),
    ],
)
def test_nothing_to_hear_is_no_speech(name, rate, samples):
    activity = found(name, samples(rate), rate)
    assert activity.regions() == []
    assert np.isfinite(activity.score).all()
    assert len(activity.score) == len(activity.speech) == len(activity.times)


@pytest.mark.parametrize("name", ALL)
def test_broken_samples_count_as_silence(name):
    track = under_noise(talk(), 20.0)
    holes = np.arange(len(track)) % 5000 == 17
    broken, silent = track.copy(), track.copy()
    broken[holes] = np.resize([np.nan, np.inf, -np.inf], holes.sum())
    silent[holes] = 0.0
    assert np.array_equal(found(name, broken).score, found(name, silent).score)


@pytest.mark.parametrize("name", ALL)
def test_absurd_samples_break_nothing(name):
    track = talk()
    track[5000], track[90000] = 3e38, -1e300
    assert np.isfinite(found(name, track).score).all()


@pytest.mark.parametrize("name", ALL)
def test_score_lies_between_0_and_1_and_follows_the_talk(name):
    activity = found(name, under_noise(talk(), 20.0))
    assert activity.score.min() >= 0.0
    assert activity.score.max() <= 1.0
    inside = np.array([any(a + 0.1 < t < b - 0.1 for a, b in PHRASES_S) for t in activity.times])
    outside = np.array([all(not a - 0.3 < t < b + 0.3 for a, b in PHRASES_S) for t in activity.times])
    assert activity.score[inside].mean() > 2.0 * activity.score[outside].mean()


# ---------------------------------------------------------------------------------- the detector of [SpectralDucker]


def plain_script(track: np.ndarray, rate: int) -> tuple[np.ndarray, np.ndarray]:
    """The whole array at once, frame after frame."""
    track = track / np.abs(track).max()
    length = int(rate * 0.1)
    features = []
    for start in range(0, len(track) - length + 1, length):
        hz, density = dsp.welch(track[start : start + length], fs=rate, nperseg=min(1024, length))
        features.append(np.log10(density[(hz >= 300) & (hz <= 3000)].mean() + 1e-12))
    on = (np.array(features) > -5.4738).astype(float)
    return np.array(features), np.convolve(on, np.ones(5) / 5, mode="same")


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000])
def test_psd_equals_a_plain_script(rate):
    track = under_noise(talk(rate), 30.0) * 0.3
    meter = fed(PsdMeter(rate), track, (1234, 77))
    features, control = plain_script(track, rate)
    assert meter.features() == pytest.approx(features, abs=1e-9)
    activity = meter.finish()
    assert activity.score == pytest.approx(control, abs=1e-9)
    assert np.array_equal(activity.speech, control > 0.5)
    assert 0.0 < control.mean() < 1.0
    assert activity.hop_s == pytest.approx(0.1, abs=1e-4)


def test_psd_threshold_is_midway_between_the_known_means():
    midway = (-5.6106 - 5.3369) / 2
    assert abs(midway - PSD_THRESHOLD) < 1e-4


# ------------------------------------------------------------------------------------------------- known talk is found


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000])
def test_default_finds_phrases_at_every_rate(rate):
    regions = found(DEFAULT_DETECTOR, talk(rate), rate).regions()
    assert len(regions) == len(PHRASES_S)
    assert np.array(regions) == pytest.approx(np.array(PHRASES_S), abs=0.12)


@pytest.mark.parametrize("snr_db, least", [(30.0, 0.96), (20.0, 0.96), (10.0, 0.95), (5.0, 0.93)])
def test_default_finds_phrases_in_noise(snr_db, least):
    assert f1(found(DEFAULT_DETECTOR, under_noise(talk(), snr_db)).regions()) > least


def test_energy_finds_phrases_in_silence():
    assert f1(found("energy", talk()).regions()) > 0.95


def test_default_follows_a_background_that_rises_by_30_db():
    track = np.tile(talk(), 4)
    phrases_s = [(start + turn * LENGTH_S, end + turn * LENGTH_S) for turn in range(4) for start, end in PHRASES_S]
    rise = 10.0 ** (np.linspace(-40.0, -10.0, len(track)) / 20.0) * np.sqrt(np.square(track[track != 0]).mean())
    regions = found(DEFAULT_DETECTOR, track + rise * noise(len(track), 1, 0.0)[:, 0]).regions()
    assert f1(regions, phrases_s, 4 * LENGTH_S) > 0.93


def test_default_hears_a_quieter_second_voice():
    track = talk()
    track[int(6.5 * RATE) :] *= 0.1
    assert f1(found(DEFAULT_DETECTOR, track).regions()) > 0.95


def test_default_takes_talk_without_pause_for_talk():
    track = phrase(RATE, 30.0)
    regions = found(DEFAULT_DETECTOR, track).regions()
    assert sum(end - start for start, end in regions) > 28.5


@pytest.mark.parametrize("background_dbfs", [-200.0, -70.0])
def test_default_finds_three_seconds_in_twenty_minutes(background_dbfs):
    track = noise(8000 * 1200, 1, background_dbfs)[:, 0]
    track[8000 * 700 : 8000 * 703] += phrase(8000, 3.0).astype(np.float32)
    regions = found(DEFAULT_DETECTOR, track, 8000).regions()
    assert np.array(regions) == pytest.approx(np.array([[700.0, 703.0]]), abs=0.15)


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("rate", [8000, 48000])
@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(lambda rate: noise(20 * rate)[:, 0], id="noise"),
        pytest.param(lambda rate: sum(sine(rate, 20.0, -20.0, 50.0 * k) for k in range(1, 30)), id="hum"),
        pytest.param(
            lambda rate: (
                sine(rate, 20.0, -20.0, 120.0) + sine(rate, 20.0, -26.0, 360.0) + noise(20 * rate, 1, -50)[:, 0]
            ),
            id="hum and noise",
        ),
        pytest.param(lambda rate: np.concatenate([np.zeros(5 * rate), noise(15 * rate)[:, 0]]), id="noise that begins"),
        pytest.param(
            lambda rate: noise(20 * rate)[:, 0] * 10 ** (1.8 * np.sin(np.arange(20 * rate) / rate) / 20), id="wind"
        ),
    ],
)
def test_a_steady_sound_is_no_speech(name, rate, sound):
    assert found(name, sound(rate), rate).regions() == []


# ---------------------------------------------------------------------------------------------------------- real voices


@pytest.mark.skipif(not (REAL_AUDIO / "speech").is_dir(), reason="no real recordings here")
@pytest.mark.parametrize(
    "name, condition, least",
    [
        (DEFAULT_DETECTOR, "clean", 0.95),
        (DEFAULT_DETECTOR, "noise 20 dB", 0.95),
        (DEFAULT_DETECTOR, "noise 10 dB", 0.94),
        ("energy", "clean", 0.95),
        pytest.param("silero", "noise 10 dB", 0.94, marks=needs_silero),
    ],
)
def test_real_voices(name, condition, least, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import speech_detection

    examples = speech_detection.material(REAL_AUDIO, condition, seconds=60.0, tracks=4, rate=RATE)
    tallies = [
        speech_detection.frame_scores(speech_detection.detect(name, example.mono, RATE), example.truth)
        for example in examples
    ]
    assert speech_detection.total(tallies).f1 > least
