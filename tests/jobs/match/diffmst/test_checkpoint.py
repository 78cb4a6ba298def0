"""What is read from a checkpoint and its configuration, and everything that is refused with one line."""

from __future__ import annotations

import os
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.diffmst_models import CHANNELS, checkpoint, content, model_state

torch = pytest.importorskip("torch")

from mixengine.jobs.match.diffmst import config  # noqa: E402
from mixengine.jobs.match.diffmst.checkpoint import load  # noqa: E402
from mixengine.jobs.match.diffmst.predict import predict  # noqa: E402
from mixengine.system.errors import UserError  # noqa: E402

FULL = """
seed_everything: 42
model:
  class_path: mst.system.System
  init_args:
    mix_console:
      class_path: mst.modules.AdvancedMixConsole
      init_args: {sample_rate: 44100, input_min_gain_db: -24.0, input_max_gain_db: 24, output_min_gain_db: -24.0,
                  output_max_gain_db: 24.0, eq_min_gain_db: -6.0, eq_max_gain_db: 18.0, min_pan: 0.1, max_pan: 0.9,
                  min_send_db: -60.0, max_send_db: 0.0}
    model:
      class_path: mst.modules.MixStyleTransferModel
      init_args:
        track_encoder: {class_path: mst.modules.SpectrogramEncoder, init_args: {embed_dim: 512, hop_length: 256}}
        mix_encoder: {init_args: {embed_dim: 512, hop_length: 1024.0, input_batchnorm: false}}
        controller: {init_args: {num_layers: 12, nhead: 2}}
    loss: {init_args: {weights: [0.1, 0.001, 1.0, 1.0, 0.1]}}
"""


@pytest.fixture(scope="module")
def parts():
    return model_state()


def in_model(text: str) -> str:
    return f"model: {{init_args: {{model: {{init_args: {text}}}}}}}"


def in_console(text: str) -> str:
    return f"model: {{init_args: {{mix_console: {{init_args: {text}}}}}}}"


def refusal(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        load(path)
    message = str(caught.value)
    assert str(path.parent.parent if "config.yaml" in message else path.parent) in message
    assert "\n" not in message
    assert len(message) < 400
    return message


def test_sizes_come_from_the_tensors_and_defaults_fill_in(tmp_path, parts):
    model = load(checkpoint(tmp_path / "ünicode name.ckpt", parts))
    shape = model.track_encoder.shape
    assert (shape.channels, shape.embed_dim, shape.n_fft, shape.hop_length) == (CHANNELS, 16, 2048, 512)
    assert shape.batch_norm
    assert (model.controller.shape.layers, model.controller.shape.feed_forward, model.controller.shape.heads) == (
        2,
        24,
        8,
    )
    assert model.ranges.fader_db == (-48.0, 48.0)
    assert model.notes == ()
    assert not any(module.training for module in (model.track_encoder, model.mix_encoder, model.controller))
    for key, value in model.mix_encoder.state_dict().items():
        assert torch.equal(value, parts["mix_encoder"][key])


@pytest.mark.parametrize("folder", ["run", "run/checkpoints"])
def test_the_configuration_stands_beside_or_one_folder_up(tmp_path, parts, folder):
    path = checkpoint(tmp_path / folder / "epoch=3-step=1234.ckpt", parts)
    (tmp_path / "run" / "config.yaml").write_text(FULL, encoding="utf-8")
    model = load(path)
    assert (model.track_encoder.shape.hop_length, model.mix_encoder.shape.hop_length) == (256, 1024)
    assert model.controller.shape.heads == 2
    assert model.ranges.fader_db == (-24.0, 24.0)
    assert model.ranges.eq_gain_db == (-6.0, 18.0)
    assert model.ranges.pan == (0.1, 0.9)
    assert model.ranges.send_db == (-60.0, 0.0)


def test_half_precision_and_the_old_file_format_are_read(tmp_path, parts):
    halves = {
        part: {key: value.half() if value.is_floating_point() else value for key, value in state.items()}
        for part, state in parts.items()
    }
    model = load(checkpoint(tmp_path / "half.ckpt", halves))
    assert model.controller.track_projection.weight.dtype == torch.float32
    torch.save(content(parts), tmp_path / "old.ckpt", _use_new_zipfile_serialization=False)
    assert load(tmp_path / "old.ckpt").controller.shape.layers == 2


def test_without_batch_norm(tmp_path):
    assert not load(checkpoint(tmp_path / "a.ckpt", model_state(batch_norm=False))).mix_encoder.shape.batch_norm


@pytest.mark.parametrize("where", ["{sum_and_diff: true}", "{mix_encoder: {init_args: {sum_and_diff: true}}}"])
def test_sum_and_diff_is_noted(tmp_path, parts, where):
    assert "sum_and_diff" in load(checkpoint(tmp_path / "a.ckpt", parts, in_model(where))).notes[0]


@pytest.mark.parametrize("text", ["", "# nothing\n", "model:\n", "model: {init_args: 3}", "trainer: {max_epochs: 800}"])
def test_a_silent_configuration_means_defaults(tmp_path, parts, text):
    path = checkpoint(tmp_path / "a.ckpt", parts, text)
    assert config.read(tmp_path / "config.yaml") == config.Config()
    assert load(path).controller.shape.heads == 8


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (in_model("{controller: {init_args: {nhead: eight}}}"), "model.model.controller.nhead is 'eight'"),
        (in_model("{controller: {init_args: {nhead: 0}}}"), "whole number above 0"),
        (in_model("{controller: {init_args: {nhead: true}}}"), "whole number above 0"),
        (in_model("{controller: {init_args: {nhead: 3}}}"), "nhead 3 does not divide the embedding of 16"),
        (in_model("{track_encoder: {init_args: {hop_length: 12.5}}}"), "hop_length is '12.5'"),
        (in_model("{track_encoder: {init_args: {input_batchnorm: true}}}"), "cannot run with it"),
        (in_model("{track_encoder: {init_args: {input_batchnorm: perhaps}}}"), "true or false"),
        (in_console("{sample_rate: 48000}"), "only models for 44100 Hz"),
        (in_console("{min_pan: 1.0, max_pan: 0.0}"), "min_pan 1 is not below max_pan 0"),
        (in_console("{eq_max_gain_db: .inf}"), "a number"),
        (in_console("{output_min_gain_db: -24}"), "one range for all faders"),
        ("- a\n- b\n", "is no configuration"),
        ("model: {init_args: [\n", "is no YAML"),
        ("model: \x00", "is no YAML"),
        # on lines of their own: PyYAML's time grows with the square of what is open on one line
        ("a: " + "[\n" * 2000, "is no YAML"),
        ("x" * 1_100_000, "larger than any configuration"),
    ],
)
def test_configurations_that_are_refused(tmp_path, parts, text, words):
    assert words in refusal(checkpoint(tmp_path / "run" / "a.ckpt", parts, text))


@pytest.mark.parametrize(
    "text",
    ["model: !!python/object/apply:os.mkdir [MARK]", "model: !!python/name:os.system", "model: !!python/tuple [1, 2]"],
)
def test_objects_in_a_configuration_are_refused_and_not_made(tmp_path, parts, text):
    mark = tmp_path / "made"
    path = checkpoint(tmp_path / "run" / "a.ckpt", parts, text.replace("MARK", str(mark)))
    assert "python/" in refusal(path)
    assert not mark.exists()


class Payload:
    """Runs a command when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = str(mark)

    def __reduce__(self):
        return os.mkdir, (self.mark,)


@pytest.mark.parametrize("where", ["hyper_parameters", "callbacks", "state_dict"])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_with_code_is_refused_and_not_run(tmp_path, parts, where, zipped):
    mark, path = tmp_path / "made", tmp_path / "bad.ckpt"
    full = content(parts)
    full.setdefault(where, {})["x"] = Payload(mark)
    torch.save(full, path, _use_new_zipfile_serialization=zipped)
    message = refusal(path)
    assert "refused" in message
    assert "mkdir" in message
    assert not mark.exists()


def test_a_bare_pickle_is_refused_and_not_run(tmp_path):
    mark, path = tmp_path / "made", tmp_path / "bad.ckpt"
    path.write_bytes(pickle.dumps({"state_dict": Payload(mark)}))
    refusal(path)
    assert not mark.exists()


def test_objects_other_than_tensors_are_refused(tmp_path, parts):
    torch.save({**content(parts), "hyper_parameters": {"place": tmp_path}}, tmp_path / "a.ckpt")
    assert "pathlib" in refusal(tmp_path / "a.ckpt")
    program = torch.jit.script(torch.nn.Linear(2, 2))
    torch.jit.save(program, str(tmp_path / "program.ckpt"))
    assert "TorchScript" in refusal(tmp_path / "program.ckpt")


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.999])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_that_was_cut_off_is_refused(tmp_path, parts, share, zipped):
    path = tmp_path / "a.ckpt"
    torch.save(content(parts), path, _use_new_zipfile_serialization=zipped)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    refusal(path)


def test_a_byte_that_changed_is_noticed(tmp_path, parts):
    path = checkpoint(tmp_path / "a.ckpt", parts)
    with zipfile.ZipFile(path) as archive:
        largest = max(archive.infolist(), key=lambda info: info.file_size)
    data = bytearray(path.read_bytes())
    data[largest.header_offset + largest.file_size // 2 + 200] ^= 0x40
    path.write_bytes(bytes(data))
    assert "checksum" in refusal(path)


@pytest.mark.parametrize(
    "data", [b"x", b"PK\x03\x04" + b"nonsense" * 50, b"\x80\x02}q\x00.", b"RIFF" + bytes(100), b"{}"]
)
def test_other_files_are_refused(tmp_path, data):
    path = tmp_path / "a.ckpt"
    path.write_bytes(data)
    refusal(path)


def test_other_archives_folders_and_missing_files_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.ckpt", "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    assert "no checkpoint of PyTorch" in refusal(tmp_path / "a.ckpt")
    assert "no such file" in refusal(tmp_path / "missing.ckpt")
    (tmp_path / "folder.ckpt").mkdir()
    assert "cannot be read" in refusal(tmp_path / "folder.ckpt")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda full: full.pop("state_dict"), 'holds no "state_dict"'),
        (lambda full: full.update(state_dict=[1]), 'holds no "state_dict"'),
        (lambda full: full.update(state_dict={"layer.weight": torch.zeros(2)}), "nothing named model.track_encoder"),
        (lambda full: full["state_dict"].pop("model.mix_encoder.window"), "model.mix_encoder.window is missing"),
        (
            lambda full: full["state_dict"].pop("model.track_encoder.model.conv_block3.bn2.running_var"),
            "running_var is mis",
        ),
        (
            lambda full: full["state_dict"].pop("model.controller.transformer_encoder.layers.0.norm1.bias"),
            "norm1.bias is",
        ),
        (lambda full: full["state_dict"].pop("model.controller.mix_embedding"), "mix_embedding is missing"),
        (
            lambda full: full["state_dict"].update({"model.controller.track_projection.bias": torch.zeros(26)}),
            "model.controller.track_projection.bias has shape 26 in place of 27",
        ),
        (
            lambda full: full["state_dict"].update(
                {"model.track_encoder.model.conv_block2.conv2.weight": torch.zeros(3, 2)}
            ),
            "conv_block2.conv2.weight has shape 3 × 2 in place of 3 × 3 × 3 × 3",
        ),
        (
            lambda full: full["state_dict"].update(
                {"model.track_encoder.model.conv_block2.conv1.weight": torch.zeros(3)}
            ),
            "conv_block2.conv1.weight has 1 dimensions",
        ),
        (
            lambda full: full["state_dict"].update({"model.mix_encoder.window": torch.zeros(512)}),
            "window has 512 samples",
        ),
        (lambda full: full["state_dict"].update({"model.mix_encoder.window": torch.tensor(1.0)}), "0 dimensions"),
        (
            lambda full: full["state_dict"].update({"model.controller.track_projection.weight": torch.tensor(1.0)}),
            "tensors that are no controller",
        ),
        (
            lambda full: full["state_dict"].update({"model.mix_encoder.model.fc.bias": torch.full((16,), np.nan)}),
            "not finite",
        ),
        (lambda full: full["state_dict"].update({"model.mix_encoder.model.fc.bias": 3.0}), "no plain tensor"),
        (
            lambda full: full["state_dict"].update({"model.mix_encoder.model.fc.bias": torch.eye(3).to_sparse()}),
            "no plain tensor",
        ),
        (
            lambda full: full["state_dict"].update({"model.mix_encoder.model.fc.bias": torch.zeros(1).expand(10**9)}),
            "larger than what the file holds",
        ),
    ],
)
def test_tensors_that_do_not_fit_are_named(tmp_path, parts, change, words):
    full = content(parts)
    change(full)
    torch.save(full, tmp_path / "a.ckpt")
    assert words in refusal(tmp_path / "a.ckpt")


def test_parts_of_different_models_are_refused(tmp_path, parts):
    mixed = {**parts, "mix_encoder": model_state(embed_dim=24)["mix_encoder"]}
    assert "different models" in refusal(checkpoint(tmp_path / "a.ckpt", mixed))


def test_an_ordered_dict_and_other_keys_are_fine(tmp_path, parts):
    full = content(parts)
    full["state_dict"] = OrderedDict({**full["state_dict"], "model.extra": torch.zeros(1), 7: "x"})
    torch.save(full, tmp_path / "a.ckpt")
    assert load(tmp_path / "a.ckpt").controller.shape.layers == 2


def test_old_pytorch_is_refused_for_its_loader(tmp_path, parts, monkeypatch):
    path = checkpoint(tmp_path / "a.ckpt", parts)
    monkeypatch.setattr(torch, "__version__", "2.5.1+cpu")
    with pytest.raises(UserError, match=r"torch>=2\.6"):
        load(path)


def test_a_stereo_name_is_checked_before_a_checkpoint_is_read(tmp_path):
    with pytest.raises(UserError, match="choose from"):
        predict(tmp_path / "missing.ckpt", [], np.zeros((1, 2)), stereo="quad")
