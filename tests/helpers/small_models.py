"""Small models: plain ones for the driver, and random ones saved by the real libraries in their own formats."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from mixengine.separation_models.model import Model


class Halves(Model):
    """Two stems of a quarter and a half of the input, delayed by nothing."""

    name = "halves"
    stems = ("low", "high")
    chunk_s = 0.5
    context_s = 0.05
    fade_s = 0.05

    def __init__(self, **attributes: object) -> None:
        super().__init__("", Path("."))
        for name, value in attributes.items():
            setattr(self, name, value)
        self.blocks: list[tuple[int, int, int]] = []

    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        self.blocks.append((*block.shape, rate))
        return {"low": block * np.float32(0.25), "high": block * np.float32(0.5)}


class Levelled(Halves):
    """Needs to know the loudest sample of the whole file."""

    def listen(self, blocks: Iterable[np.ndarray], rate: int) -> None:
        self.peak = max(float(np.abs(block).max(initial=0.0)) for block in blocks)

    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        return {"low": block * np.float32(0.1 * self.peak), "high": block * np.float32(0.0)}


class Swapping(Halves):
    """Forgets from block to block who is who."""

    interchangeable = True
    fade_s = 0.2
    turn = 0

    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        slow = np.cumsum(block, axis=0) * 0.01
        parts = [block * np.float32(0.5), slow.astype(np.float32)]
        self.turn += 1
        return dict(zip(self.stems, parts[:: 1 if self.turn % 2 else -1], strict=True))


def save_demucs(folder: Path) -> str:
    """A small HTDemucs in a folder; returns its signature. Needs a checksum in its name, as the published ones have."""
    import torch
    from demucs.htdemucs import HTDemucs
    from demucs.states import save_with_checksum, serialize_model
    from omegaconf import OmegaConf

    torch.manual_seed(1)
    model = HTDemucs(
        ["drums", "bass", "other", "vocals"],
        channels=8, growth=2, depth=4, nfft=4096, t_layers=1, t_heads=2, bottom_channels=32, segment=1, samplerate=8000,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    save_with_checksum(serialize_model(model, OmegaConf.create({}), half=False), folder / "5ma11b0b.th")
    (folder / "smallbag.yaml").write_text("models: ['5ma11b0b']\n")
    return "5ma11b0b"


def save_openunmix(folder: Path, name: str) -> None:
    """Two small targets in the layout of `openunmix.utils.load_separator`."""
    import torch
    from openunmix.model import OpenUnmix

    torch.manual_seed(2)
    place = folder / name
    place.mkdir(parents=True)
    shape = {"nfft": 512, "nhop": 128, "nb_channels": 2, "sample_rate": 16000}
    (place / "separator.json").write_text(json.dumps(shape))
    for target in ("drums", "vocals"):
        network = OpenUnmix(nb_bins=257, nb_channels=2, hidden_size=8, max_bin=200)
        torch.save(network.state_dict(), place / f"{target}.pth")
        (place / f"{target}.json").write_text(json.dumps({"args": {"nfft": 512, "nb_channels": 2, "hidden_size": 8}}))


def save_asteroid(folder: Path, name: str, rate: int = 8000) -> Path:
    """A small ConvTasNet as `asteroid` publishes them."""
    import torch
    from asteroid.models import ConvTasNet

    torch.manual_seed(3)
    model = ConvTasNet(
        n_src=2, n_blocks=2, n_repeats=1, bn_chan=8, hid_chan=16, skip_chan=8, n_filters=32, sample_rate=rate
    )
    path = folder / name / "pytorch_model.bin"
    path.parent.mkdir(parents=True)
    torch.save(model.serialize(), path)
    return path


GTCRN_STATES = {"conv_cache": [2, 1, 16, 16, 33], "tra_cache": [2, 3, 1, 1, 16], "inter_cache": [2, 1, 33, 16]}


def save_gtcrn(
    path: Path, *, remembers: bool = False, frames: int | str = 1, states: bool = True, rate: int | None = None
) -> Path:
    """What goes in comes out, under the names and shapes of the published file.

    With ``remembers`` the spectrum is divided by 1 + level, where level = 0.9 · level before + mean of the squares.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    def value(name: str, shape: list) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    shapes = GTCRN_STATES if states else {}
    kept = [name for name in shapes if name != "inter_cache" or not remembers]
    nodes = [helper.make_node("Identity", [name], [f"{name}_out"]) for name in kept]
    constants = []
    if remembers:
        constants = [
            numpy_helper.from_array(np.array(number, dtype=np.float32), name)
            for name, number in (("keep", 0.9), ("one", 1.0))
        ]
        nodes += [
            helper.make_node("Mul", ["mix", "mix"], ["squares"]),
            helper.make_node("ReduceMean", ["squares"], ["power"], axes=[0, 1, 2, 3], keepdims=1),
            helper.make_node("Mul", ["inter_cache", "keep"], ["faded"]),
            helper.make_node("Add", ["faded", "power"], ["inter_cache_out"]),
            helper.make_node("ReduceMean", ["inter_cache_out"], ["level"], axes=[0, 1, 2, 3], keepdims=1),
            helper.make_node("Add", ["level", "one"], ["divisor"]),
            helper.make_node("Div", ["mix", "divisor"], ["enh"]),
        ]
    else:
        nodes.append(helper.make_node("Identity", ["mix"], ["enh"]))
    spectrum = [1, 257, frames, 2]
    graph = helper.make_graph(
        nodes,
        "g",
        [value("mix", spectrum), *(value(name, shape) for name, shape in shapes.items())],
        [value("enh", spectrum), *(value(f"{name}_out", shape) for name, shape in shapes.items())],
        constants,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    if rate is not None:
        helper.set_model_props(made, {"sample_rate": str(rate)})
    onnx.checker.check_model(made)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(made, path)
    return path


def with_checksum(path: Path, separator: str = "-") -> Path:
    """Rename a file so that its name carries the first digits of its SHA-256."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    return path.rename(path.with_name(f"{path.stem}{separator}{digest}{path.suffix}"))
