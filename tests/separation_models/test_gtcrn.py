"""GTCRN's files: on time, with a state from frame to frame, at any rate, and one line for what is wrong."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import soundfile
from scipy import signal

from mixengine.cli import app
from mixengine.jobs.separate import files
from mixengine.jobs.separate.enhance_files import enhance
from mixengine.separation_models import chunked, registry, scenarios
from mixengine.system.errors import UserError
from tests.helpers.separation_songs import difference_db, song
from tests.helpers.small_models import save_gtcrn

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

RATE = 16000


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path / "models"


def opened(folder, **how):
    save_gtcrn(folder / "gtcrn" / "gtcrn_simple.onnx", **how)
    return registry.open_model("gtcrn", folder)


def speech_of(model, audio, rate=RATE, **how):
    return chunked.separate(model, audio, rate, **how)["speech"]


def expected(audio: np.ndarray) -> np.ndarray:
    """What the file with a memory makes of one channel, by scipy's transform."""
    window = np.sqrt(signal.get_window("hann", 512))
    padded = np.pad(audio[:, 0], (0, 1024))
    _, _, spectra = signal.stft(padded, window=window, nperseg=512, noverlap=256)
    level = 0.0
    for index, power in enumerate(np.mean(np.abs(spectra * window.sum()) ** 2, axis=0) / 2):
        level = 0.9 * level + power
        spectra[:, index] /= 1.0 + level
    return signal.istft(spectra, window=window, nperseg=512, noverlap=256)[1][: len(audio), None]


@pytest.mark.parametrize("how", [{}, {"frames": 4}, {"frames": "t"}, {"frames": "t", "states": False}])
@pytest.mark.parametrize("frames", [1, 2, 255, 256, 257, 3001, 40000])
def test_what_goes_in_comes_out_at_its_place(folder, how, frames):
    audio = song(frames, 1)
    answer = speech_of(opened(folder, **how), audio)
    assert answer.shape == audio.shape
    assert difference_db(answer, audio, audio) < -80.0


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (11025, 2), (44100, 1), (48000, 2), (96000, 3), (192000, 1)])
def test_rates_and_channels(folder, rate, channels):
    at = np.arange(rate // 2)[:, None] / rate
    audio = (0.3 * np.sin(2 * np.pi * (300.0 + 50.0 * np.arange(channels)) * at)).astype(np.float32)
    audio *= signal.get_window("hann", len(audio)).astype(np.float32)[:, None]
    answer = speech_of(opened(folder), audio, rate)
    assert answer.shape == audio.shape
    assert difference_db(answer, audio, audio) < -80.0


def test_the_state_goes_from_frame_to_frame(folder):
    audio = song(RATE * 2, 1)
    model = opened(folder, remembers=True)
    assert difference_db(speech_of(model, audio), expected(audio), audio) < -80.0
    forgotten = np.concatenate([model.process(part, RATE)["speech"] for part in np.split(audio, 8)])
    assert difference_db(forgotten, expected(audio), audio) > -40.0


def test_nothing_is_remembered_from_one_file_or_channel_to_the_next(folder):
    model = opened(folder, remembers=True)
    loud, soft = song(9000, 1), 0.1 * song(9000, 1, seed=1)
    alone = speech_of(model, soft)
    speech_of(model, loud)
    assert np.array_equal(speech_of(model, soft), alone)
    both = np.concatenate([loud, soft], axis=1)
    assert np.array_equal(speech_of(model, both)[:, 1:], alone)
    assert np.array_equal(speech_of(model, both[:, ::-1].copy()), speech_of(model, both)[:, ::-1])


@pytest.mark.parametrize("rate", [RATE, 44100])
def test_pieces_are_the_whole(folder, rate):
    model = opened(folder, remembers=True)
    audio = song(rate * 26, 1)
    whole, pieces = speech_of(model, audio, rate, chunk_s=1000.0), speech_of(model, audio, rate, chunk_s=6.0)
    assert difference_db(whole, pieces, audio) < -80.0


@pytest.mark.parametrize("remembers", [False, True])
def test_silence_stays_silence(folder, remembers):
    assert not speech_of(opened(folder, remembers=remembers), np.zeros((9000, 2), dtype=np.float32), 48000).any()


def test_the_file_says_its_rate(folder):
    assert opened(folder).rate == RATE
    path = save_gtcrn(folder / "gtcrn" / "mine.onnx", rate=8000)
    assert registry.open_model("gtcrn:mine.onnx", folder).rate == 8000
    assert registry.open_model(f"gtcrn:{path}").rate == 8000


def test_the_commands(folder, tmp_path, monkeypatch, capsys):
    save_gtcrn(folder / "gtcrn" / "gtcrn_simple.onnx", remembers=True)
    monkeypatch.setenv("MIXENGINE_MODELS", str(folder))
    source, audio = tmp_path / "Ä b.wav", song(48000, 2)
    soundfile.write(source, audio, 48000, "PCM_24")
    app(["separate", str(source), "--model", "gtcrn", "-o", str(tmp_path / "parts")], standalone_mode=False)
    parts = {path.stem: soundfile.read(path)[0] for path in (tmp_path / "parts").glob("*.wav")}
    assert set(parts) == {"speech", "residual"}
    assert np.abs(parts["speech"] + parts["residual"] - soundfile.read(source)[0]).max() < 2.0**-22
    words = ["--floor-db", "-120", "--voice", "speech", "--no-keep-music", "-o", str(tmp_path / "clean.wav")]
    app(["enhance", str(source), "--model", "gtcrn", *words], standalone_mode=False)
    floor = 10.0 ** (-120.0 / 20.0)
    expected = floor * soundfile.read(source)[0] + (1.0 - floor) * parts["speech"]
    assert np.abs(soundfile.read(tmp_path / "clean.wav")[0] - expected).max() < 2.0**-22
    capsys.readouterr()
    app(["separate", "--list", "--json"], standalone_mode=False)
    listed = json.loads(capsys.readouterr().out)
    [row] = [row for row in listed["models"] if row["model"] == "gtcrn"]
    assert row["ready"]
    assert row["weights"] == {"simple": True}


def test_what_is_above_the_model_is_noted(folder, tmp_path):
    soundfile.write(tmp_path / "in.wav", song(9000, 1), 48000)
    done = enhance(str(tmp_path / "in.wav"), tmp_path / "out.wav", opened(folder))
    assert done.notes[0] == "gtcrn works at 16000 Hz: nothing above 8000 Hz is left"
    assert done.model == "gtcrn:simple"


def test_the_residual_is_what_the_speech_left(folder, tmp_path):
    soundfile.write(tmp_path / "in.wav", song(9000, 1), RATE, "FLOAT")
    done = files.separate(str(tmp_path / "in.wav"), tmp_path / "out", opened(folder))
    assert done.levels_db["residual"] is None or done.levels_db["residual"] < -80.0


def test_missing_weights_are_named_with_their_source_and_place(folder):
    assert not scenarios.is_ready("gtcrn", folder)
    source = r"https://github.com/k2-fsa/\S+/gtcrn_simple.onnx"
    place = rf"gtcrn_simple.onnx into {re.escape(str(folder / 'gtcrn'))}$"
    with pytest.raises(UserError, match=f"gtcrn: weights are missing: download {source} and put {place}"):
        registry.open_model("gtcrn", folder)
    with pytest.raises(UserError, match=r"gtcrn: no file 'gone.onnx'"):
        registry.open_model("gtcrn:gone.onnx", folder)


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: b"<html>", lambda data: data[: len(data) // 2]])
def test_damaged_files_are_named(folder, damage):
    path = save_gtcrn(folder / "gtcrn" / "gtcrn_simple.onnx", remembers=True)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(
        UserError, match=r"gtcrn_simple.onnx: damaged or not weights of this model .*; download it ag"
    ) as raised:
        registry.open_model("gtcrn", folder)
    assert "\n" not in str(raised.value)


def test_files_of_other_models_are_named(folder):
    import onnx
    from onnx import TensorProto, helper

    def save(name, shape, answers):
        values = [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)]
        outs = [helper.make_tensor_value_info(f"y{i}", TensorProto.FLOAT, None) for i in range(answers)]
        nodes = [helper.make_node("Identity", ["x"], [f"y{i}"]) for i in range(answers)]
        graph = helper.make_graph(nodes, "g", values, outs)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        (folder / "gtcrn").mkdir(parents=True, exist_ok=True)
        onnx.save(made, folder / "gtcrn" / name)

    save("wave.onnx", [1, 1, "t"], 1)
    save("free.onnx", [1, "f", 1, 2], 1)
    save("stateless.onnx", [1, 257, 1, 2], 2)
    for name, said in (("wave", "not .1, bins"), ("free", "not .1, bins"), ("stateless", "gives .* for ")):
        with pytest.raises(UserError, match=rf"{name}.onnx: damaged or not weights of this model .*{said}"):
            registry.open_model(f"gtcrn:{name}.onnx", folder)
