"""Figures of an evaluation for recordings that are short, silent or empty, and at any sample rate."""

import warnings

import numpy as np
import pytest
import soundfile

from mixengine.evaluation.evaluate import Example, Score, evaluate, examples
from mixengine.system.errors import UserError
from tests.helpers.voices import voice


def score_of(speech: np.ndarray, rate: int) -> Score:
    noise = (0.05 * np.random.default_rng(1).standard_normal(len(speech))).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return evaluate({"none": lambda x, _: x}, [Example("a", rate, 5.0, speech, noise)])["none"][5.0]


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100, 48000])
def test_pesq_and_stoi_at_any_rate(rate):
    pytest.importorskip("pesq")
    pytest.importorskip("pystoi")
    score = score_of(voice(3.0, rate)[:, 0], rate)
    assert 1.0 <= score.pesq <= 4.7
    assert 0.0 < score.stoi < 1.0


@pytest.mark.parametrize(("samples", "rate"), [(1, 16000), (2000, 16000), (16000, 16000), (1, 48000), (2, 11025)])
@pytest.mark.parametrize("level", [0.0, 0.1])
def test_what_is_too_short_or_silent_has_no_figure(samples, rate, level):
    score = score_of(np.full(samples, level, dtype=np.float32), rate)
    assert np.isnan(score.stoi) or samples == 16000
    assert np.isnan(score.pesq) or level > 0


def test_an_empty_recording_is_named(tmp_path):
    for name in ("speech", "noise"):
        (tmp_path / name).mkdir()
        soundfile.write(tmp_path / name / f"{name}.wav", voice(1.0)[: 0 if name == "speech" else None], 16000)
    with pytest.raises(UserError, match=r"speech.wav: holds no audio; take it out"):
        list(examples(tmp_path / "speech", tmp_path / "noise"))
