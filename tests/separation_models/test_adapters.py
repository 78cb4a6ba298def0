"""Models of other libraries: loaded from the real formats, damaged and missing weights named."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from mixengine.audio import torchaudio_stand_in
from mixengine.jobs.separate import files
from mixengine.separation_models import chunked, registry, scenarios, weights
from mixengine.separation_models.demucs import Demucs
from mixengine.separation_models.openunmix import OpenUnmix
from mixengine.system.errors import UserError
from tests.helpers import small_models
from tests.helpers.separation_songs import difference_db, song
from tests.helpers.sounds import write


@pytest.fixture(autouse=True)
def no_other_weights(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


def need(library: str) -> None:
    """Skip where a library is not installed; torchaudio need not load."""
    pytest.importorskip("torch")
    torchaudio_stand_in.ensure()
    pytest.importorskip(library)


def check_separation(tmp_path: Path, model, rate: int, channels: int) -> None:
    audio = song(rate * 5, channels)
    source = write(tmp_path / "in.wav", audio, rate, "PCM_16")
    done = files.separate(str(source), tmp_path / "out", model)
    assert set(done.outputs) == {*model.stems, "residual"}
    assert done.sum_error_dbfs is None or done.sum_error_dbfs < -90.0
    assert all(level is None or level < 60.0 for level in done.levels_db.values())
    assert any(done.levels_db[stem] is not None for stem in model.stems)


@pytest.mark.parametrize("variant", ["5ma11b0b", "smallbag"])
@pytest.mark.parametrize(("rate", "channels"), [(8000, 2), (48000, 1)])
def test_demucs(tmp_path, variant, rate, channels):
    pytest.importorskip("demucs")
    small_models.save_demucs(tmp_path / "models" / "demucs")
    model = registry.open_model(f"demucs:{variant}", tmp_path / "models")
    assert (model.rate, model.channels, model.stems) == (8000, 2, ("drums", "bass", "other", "vocals"))
    assert model.chunk_s + model.fade_s == pytest.approx(1.0)
    check_separation(tmp_path, model, rate, channels)


def test_demucs_scales_by_the_whole_file(tmp_path):
    pytest.importorskip("demucs")
    small_models.save_demucs(tmp_path / "models" / "demucs")
    model = registry.open_model("demucs:5ma11b0b", tmp_path / "models")
    audio = song(8000 * 2, 2)
    one = chunked.separate(model, audio, 8000)
    half = chunked.separate(model, audio * np.float32(0.5), 8000)
    assert difference_db(half["vocals"] * 2, one["vocals"], one["vocals"]) < -60.0


def test_demucs_agrees_with_its_own_api(tmp_path):
    pytest.importorskip("demucs")
    import torch
    from demucs.api import Separator

    small_models.save_demucs(tmp_path / "models" / "demucs")
    model = registry.open_model("demucs:5ma11b0b", tmp_path / "models")
    audio = song(7900, 2)
    ours = chunked.separate(model, audio, 8000)
    theirs = Separator("5ma11b0b", repo=tmp_path / "models" / "demucs", shifts=0, split=False, device="cpu")
    _, stems = theirs.separate_tensor(torch.from_numpy(audio.T.copy()))
    for name, stem in stems.items():
        # their deviation divides by n - 1, ours by n
        assert difference_db(ours[name], stem.numpy().T, stem.numpy().T) < -60.0


def test_openunmix_in_the_layout_of_its_training(tmp_path):
    need("openunmix")
    small_models.save_openunmix(tmp_path / "models" / "openunmix", "mine")
    model = registry.open_model("openunmix:mine", tmp_path / "models")
    assert (model.rate, model.channels, model.stems) == (16000, 2, ("vocals", "drums"))
    check_separation(tmp_path, model, 44100, 1)


def test_openunmix_as_it_is_published(tmp_path, monkeypatch):
    need("openunmix")
    import openunmix
    import torch

    place = tmp_path / "models" / "openunmix"
    place.mkdir(parents=True)
    names = []
    for stem, network in openunmix.umxse_spec(pretrained=False).items():
        path = place / f"{stem}.pth"
        torch.save(network.state_dict(), path)
        names.append(weights.Weight(small_models.with_checksum(path, "_").name, "https://example.org"))
    monkeypatch.setattr(OpenUnmix, "weight_files", {"umxse": tuple(names)})
    model = registry.open_model("openunmix:umxse", tmp_path / "models")
    assert (model.rate, model.channels, model.stems) == (16000, 1, ("speech", "noise"))
    check_separation(tmp_path, model, 16000, 2)


@pytest.mark.parametrize("rate", [8000, 44100])
def test_asteroid(tmp_path, rate):
    need("asteroid")
    small_models.save_asteroid(tmp_path / "models" / "asteroid", "ConvTasNet_Libri2Mix_sepclean_8k")
    model = registry.open_model("asteroid", tmp_path / "models")
    assert (model.rate, model.channels, model.stems) == (8000, 1, ("speaker_1", "speaker_2"))
    check_separation(tmp_path, model, rate, 2)


def test_asteroid_stems_fit_the_input(tmp_path):
    need("asteroid")
    small_models.save_asteroid(tmp_path / "models" / "asteroid", "mine")
    model = registry.open_model("asteroid:mine", tmp_path / "models")
    audio = song(8000, 1)
    stems = model.process(audio, 8000)
    rest = audio - sum(stems.values())
    assert (rest**2).sum() < (audio**2).sum()
    for stem in stems.values():  # least squares: what is left has nothing of a stem in it
        assert abs(float((rest * stem).sum())) < 1e-3 * float((audio**2).sum())


def test_rnnoise_is_on_time(tmp_path):
    pytest.importorskip("pyrnnoise")
    rng = np.random.default_rng(1)
    at = np.arange(48000 * 3) / 48000.0
    voice = sum(np.sin(2 * np.pi * 140.0 * k * at + k) / k for k in range(1, 20)) * (np.sin(2 * np.pi * 1.7 * at) > 0)
    audio = (0.1 * voice + 0.001 * rng.standard_normal(len(at))).astype(np.float32)[:, None]
    speech = registry.open_model("rnnoise").process(audio, 48000)["speech"]
    assert speech.shape == audio.shape
    lags = range(-1200, 1201, 4)
    middle = slice(48000, 96000)
    products = [float((np.roll(speech, lag) * audio)[middle].sum()) for lag in lags]
    assert abs(lags[int(np.argmax(products))]) <= 8
    check_separation(tmp_path, registry.open_model("rnnoise"), 44100, 2)


def test_onnx_files(tmp_path):
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    half = helper.make_tensor("half", TensorProto.FLOAT, [], [0.5])
    node = helper.make_node("Mul", ["x", "half"], ["y"])
    shape = [1, 1, "frames"]
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [half],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(made, {"sample_rate": "16000", "stems": "speech"})
    onnx.save(made, tmp_path / "half.onnx")
    model = registry.open_model(f"onnx:{tmp_path / 'half.onnx'}")
    audio = song(9000, 2)
    np.testing.assert_allclose(chunked.separate(model, audio, 16000)["speech"], audio * 0.5, atol=1e-7)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("demucs", r"demucs: weights are missing: download https://dl.fbaipublicfiles.com/\S+/955717e8-8726e21a.th "),
        ("openunmix", r"download https://zenodo.org/\S+ .*vocals-bccbd9aa.pth.* into .*models.openunmix"),
        ("asteroid", r"download https://huggingface.co/\S+ and put ConvTasNet_Libri2Mix_sepclean_8k/pytorch_model.bin"),
        ("onnx:nowhere.onnx", "no file 'nowhere.onnx'"),
        ("demucs:htdemux", r"variant of demucs 'htdemux' is unknown \(did you mean 'htdemucs'\?\)"),
        ("openunmix:umxh", "did you mean 'umxhq'"),
        ("demucks", "model 'demucks' is unknown .did you mean 'demucs'"),
    ],
)
def test_what_is_missing_is_named_with_its_source_and_place(tmp_path, name, said):
    entry = registry.MODELS.get(name.partition(":")[0])
    if entry is not None and entry.missing:
        pytest.skip(f"{entry.missing} not installed")
    with pytest.raises(UserError, match=said):
        registry.open_model(name, tmp_path / "models")


def test_a_library_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr(registry.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(UserError, match=r'rnnoise: pyrnnoise is not installed; pip install "mixengine\[rnnoise\]"'):
        registry.open_model("rnnoise")


def test_damaged_weights_are_named_with_their_checksum(tmp_path):
    pytest.importorskip("demucs")
    path = tmp_path / "models" / "demucs" / Path(Demucs.weight_files["htdemucs"][0].file)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"half of a download")
    with pytest.raises(
        UserError, match=r"955717e8-8726e21a.th: is damaged: its SHA-256 begins with \w{8}, expected 8726e21a"
    ):
        registry.open_model("demucs", tmp_path / "models")


@pytest.mark.parametrize("content", [b"", b"no weights at all", b"PK\x03\x04 cut off"])
def test_damaged_weights_without_a_checksum_are_named_too(tmp_path, content):
    need("asteroid")
    pytest.importorskip("demucs")
    path = tmp_path / "models" / "asteroid" / "mine" / "pytorch_model.bin"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()[:8]
    with pytest.raises(
        UserError, match=f"pytorch_model.bin: damaged or not weights of this model .*, its SHA-256 begins with {digest}"
    ):
        registry.open_model("asteroid:mine", tmp_path / "models")
    signature = tmp_path / "models" / "demucs" / "abcdef12.th"
    signature.parent.mkdir(parents=True)
    signature.write_bytes(content)
    with pytest.raises(UserError, match="damaged or not weights"):
        registry.open_model("demucs:abcdef12", tmp_path / "models")


def test_own_files_of_demucs_are_checked_by_their_names(tmp_path):
    pytest.importorskip("demucs")
    small_models.save_demucs(tmp_path / "models" / "demucs")
    [path] = (tmp_path / "models" / "demucs").glob("*.th")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match=r"expected .* but got"):
        registry.open_model("demucs:5ma11b0b", tmp_path / "models")


def test_weights_are_found_in_torchs_own_cache(tmp_path):
    weight = weights.Weight("a.pth", "")
    place = tmp_path / "torch" / "hub" / "checkpoints"
    place.mkdir(parents=True)
    (place / "a.pth").touch()
    assert weights.find_folder([weight], "demucs", tmp_path / "models") == place


def test_the_models_folder_can_be_named(tmp_path, monkeypatch):
    assert weights.models_folder(tmp_path) == tmp_path
    monkeypatch.setenv(weights.VARIABLE, str(tmp_path / "other"))
    assert weights.models_folder() == tmp_path / "other"


def test_the_scenarios_choose_what_is_here(tmp_path):
    assert scenarios.choose("none") == ("mask", "")
    name, note = scenarios.choose("music", tmp_path / "models")
    assert name == "hpss"
    assert "openunmix is recommended and not ready here" in note
    with pytest.raises(UserError, match="asteroid"):
        scenarios.choose("speakers", tmp_path / "models")
    with pytest.raises(UserError, match=r"scenario 'musik' is unknown .did you mean 'music'"):
        scenarios.choose("musik")


def test_every_row_of_the_registry_loads_and_is_called_what_it_is():
    for name, entry in registry.MODELS.items():
        assert entry.load().name == name
    assert {row["model"] for row in registry.listing()} == set(registry.MODELS)
    for row in scenarios.listing():
        assert set(row["models"]) <= set(registry.MODELS)


@pytest.mark.parametrize("name", ["mask", "mask-faithful", "hpss", "rnnoise"])
def test_a_model_without_variants_takes_none(name):
    if registry.MODELS[name].missing:
        pytest.skip(f"{name} is not installed")
    with pytest.raises(UserError, match=f"{name}: has no variant 'large'; write only {name}"):
        registry.open_model(f"{name}:large")
