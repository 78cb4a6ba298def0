"""Mixtures, a very short training, its resumption, and the evaluation."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine.cli import app
from mixengine.evaluation.evaluate import evaluate, examples, mask_mse
from mixengine.system.errors import UserError
from mixengine.training.unet import corpus
from mixengine.training.unet.mixtures import Mixer, Recipe
from tests.helpers.command_line import run
from tests.helpers.voices import hiss, voice

RATE = 16000


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("recordings")
    for kind in ("clean_train", "noise_train"):
        (root / kind / "a").mkdir(parents=True)
    for number in range(4):
        talk = voice(2.5, seed=number)
        soundfile.write(root / "clean_train" / "a" / f"p{number}.wav", talk, RATE)
        soundfile.write(root / "noise_train" / f"n{number}.wav", hiss(voice(2.0, 44100), 0, seed=number), 44100)
    return root


@pytest.fixture(scope="module")
def mixer(folders, tmp_path_factory):
    work = tmp_path_factory.mktemp("work")
    return Mixer(Recipe(), *(corpus.load([folders / n], work) for n in ("clean_train", "noise_train")), None, 3)


def test_a_corpus_holds_every_file_at_16_khz(folders, tmp_path):
    result = corpus.load([folders / "noise_train"], tmp_path)
    assert result.names == [f"n{n}.wav" for n in range(4)]
    assert result.length(0) == 2 * RATE
    assert np.array_equal(result.take(0, result.length(0), 100), result.take(0, 0, 100)), "it goes round"
    assert len(list(tmp_path.glob("*.i16"))) == 1
    corpus.load([folders / "noise_train"], tmp_path)
    assert len(list(tmp_path.glob("*.i16"))) == 1, "decoded once"


def test_the_same_number_gives_the_same_mixture(mixer):
    for first, second in zip(mixer.mixture(7), mixer.mixture(7), strict=True):
        assert np.array_equal(first, second)
    assert not np.array_equal(mixer.mixture(7)[0], mixer.mixture(8)[0])


def test_mixtures_keep_to_the_ratios(folders, tmp_path):
    plain = {"clean": 0.0, "noise_only": 0.0, "room": 0.0, "snr_db": (4.0, 4.0)}
    rows = [corpus.load([folders / n], tmp_path) for n in ("clean_train", "noise_train")]
    exact = Mixer(Recipe(**plain), *rows, None, 0)
    for number in range(12):
        mixture, speech = exact.mixture(number)
        assert 10 * np.log10(np.sum(speech**2) / np.sum((mixture - speech) ** 2)) == pytest.approx(4.0, abs=0.02)


def test_all_kinds_of_mixture_are_finite_and_of_one_length(mixer):
    kinds = set()
    for number in range(120):
        mixture, speech = mixer.mixture(number)
        assert mixture.shape == speech.shape == (round(Recipe().seconds * RATE),)
        assert np.isfinite(mixture).all()
        kinds.add("noise" if not speech.any() else "clean" if np.abs(mixture - speech).max() < 0.01 else "both")
    assert kinds == {"noise", "clean", "both"}


def test_three_short_windows_make_the_long_one():
    torch = pytest.importorskip("torch")
    from mixengine.training.unet import network

    values = torch.randn(2, 1, 300, 4)
    frames = network._CONTEXT_FRAMES
    whole = torch.nn.functional.max_pool2d(values, (frames, 1), 1, (frames // 2, 0))
    assert torch.equal(network._local_maximum(values), whole)


def train(folders, out, *words):
    command = ["train", "unet", "--speech", folders / "clean_train", "--noise", folders / "noise_train"]
    return run(*command, "--batch", "2", "-o", out, "--json", *words)


@pytest.fixture
def one_thread():
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_training_makes_a_network_that_enhance_uses(folders, tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("onnxscript")
    done = train(folders, tmp_path / "run", "--steps", "1", "--hold-out", "p1*")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["steps"] == 1
    assert result["difference"] < 0.03
    assert b"network.py" not in Path(result["model"]).read_bytes(), "no notes of where it was made"
    assert (tmp_path / "run" / "loss.svg").read_text().startswith("<?xml")
    card = (tmp_path / "run" / "README.md").read_text()
    assert "speech 3 files" in card
    assert "Held out: n0.wav; p1.wav" in card

    other = train(folders, tmp_path / "run", "--steps", "1", "--seed", "9", "--hold-out", "p1*")
    assert other.returncode == 1
    assert "another folder" in other.stderr

    soundfile.write(tmp_path / "in.wav", voice(1.0), RATE)
    words = ["enhance", tmp_path / "in.wav", "-o", tmp_path / "out.wav", "--model", f"unet:{result['model']}"]
    used = run(*words)
    assert used.returncode == 0, used.stderr


@pytest.mark.usefixtures("one_thread")
def test_a_stopped_run_goes_on_where_it_was(mixer, tmp_path):
    import torch

    from mixengine.training.unet.training import Schedule, train

    schedule = Schedule(steps=4, batch=1, check_every=2, validation=1)
    whole = train(mixer, mixer, schedule, _made(tmp_path / "whole"))

    class StopError(Exception):
        pass

    def stop(done, *_):
        if done == 3:
            raise StopError

    with pytest.raises(StopError):
        train(mixer, mixer, schedule, _made(tmp_path / "parts"), progress=stop)
    parts = train(mixer, mixer, schedule, tmp_path / "parts")
    histories = [json.loads((tmp_path / name / "history.json").read_text()) for name in ("whole", "parts")]
    assert [row["step"] for row in histories[0]] == [row["step"] for row in histories[1]] == [2, 4]
    assert histories[0][-1]["validation"] == pytest.approx(histories[1][-1]["validation"], abs=0.02)
    for ours, theirs in zip(whole.parameters(), parts.parameters(), strict=True):
        assert torch.allclose(ours, theirs, atol=5e-3)


def _made(path):
    path.mkdir()
    return path


def test_too_little_to_train_with(folders, tmp_path):
    done = train(folders, tmp_path / "run", "--hold-out", "*")
    assert done.returncode == 1
    assert "nothing is left" in done.stderr


def test_evaluation_measures_what_it_should(folders):
    seen = list(examples(folders / "clean_train", folders / "noise_train", [0.0, 10.0], seed=2, files=2))
    assert [example.snr_db for example in seen] == [0.0] * 2 + [10.0] * 2 + [np.inf] * 2 + [-np.inf] * 4
    order = iter(seen)
    scores = evaluate({"half": lambda x, _: 0.5 * x, "oracle": lambda x, _: next(order).speech}, seen)
    assert scores["half"][0.0].si_sdr_db == pytest.approx(0.0, abs=0.5)
    assert scores["half"][0.0].gain_db == pytest.approx(0.0, abs=0.01)
    assert scores["half"][10.0].level_db == pytest.approx(-6.02, abs=0.3)
    assert scores["half"][-np.inf].lowered_db == pytest.approx(6.02, abs=0.01)
    assert scores["oracle"][0.0].si_sdr_db > 100


def test_the_ideal_mask_has_no_error():
    talk = voice(1.0)[:, 0]
    noise = hiss(talk, 0)
    assert mask_mse(talk, talk, talk, RATE) == pytest.approx(0.0, abs=1e-6)
    assert mask_mse(talk, talk + noise, talk + noise, RATE) > 0.05
    assert np.isnan(mask_mse(np.zeros(4000), np.zeros(4000), np.zeros(4000), RATE))


def test_the_evaluation_page(folders, tmp_path):
    words = ["evaluate", "--speech", folders / "clean_train", "--noise", folders / "noise_train", "--files", "1"]
    words += ["--snr", "5", "--model", "unet", "--model", "mask", "-o", tmp_path / "e", "--json"]
    done = run(*words)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert set(result["models"]) == {"none", "unet", "mask"}
    assert result["models"]["unet"]["+5 dB"]["gain_db"] > 0
    text = (tmp_path / "e" / "evaluation.html").read_text()
    assert text.count("<svg") == 4
    assert "http://" not in text
    assert "https://" not in text


def test_an_empty_folder(tmp_path):
    with pytest.raises(UserError, match="no audio"):
        list(examples(tmp_path, tmp_path))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["evaluate", "--snr", "nan"], "--snr"),
        (["evaluate", "--seed", "-1"], "--seed"),
        (["train", "unet", "-o", "{}/run", "--snr", "10", "-5"], "lowest ratio first"),
        (["train", "unet", "-o", "{}/run", "--seed", "-1"], "--seed"),
        (["train", "unet", "-o", "{}/run", "--music", "{}/none"], "is no folder"),
    ],
)
def test_wrong_wishes_are_one_line_and_write_nothing(folders, tmp_path, words, says):
    speech, noise = folders / "clean_train", folders / "noise_train"
    words = [word.format(tmp_path) for word in words]
    with pytest.raises(UserError, match=says):
        app([*words, "--speech", str(speech), "--noise", str(noise)], standalone_mode=False)
    assert not (tmp_path / "run").exists()


def test_a_folder_of_the_user_is_no_run(folders, tmp_path):
    (tmp_path / "README.md").write_text("mine")
    words = ["train", "unet", "-o", str(tmp_path), "--speech", str(folders / "clean_train")]
    with pytest.raises(UserError, match=r"README\.md: stands there and is of no training run"):
        app([*words, "--noise", str(folders / "noise_train")], standalone_mode=False)
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
