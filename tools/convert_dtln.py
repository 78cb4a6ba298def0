# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the shipped networks of DTLN from its published ones: whole recordings at once, in half precision.

    python tools/convert_dtln.py FOLDER

FOLDER holds ``model_1.onnx`` and ``model_2.onnx`` as https://github.com/breizhn/DTLN publishes them, which take one
frame and the states of their LSTM layers at a time; here the layers run over all frames, which is as exact and many
times faster. Needs the extra ``train``. Printed: the largest difference of a mask and of a frame from the published
networks, on noise.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from mixengine.separation_models.dtln import SHIPPED
from mixengine.training.unet.export import in_half_precision

UNITS = 128
OPSET, IR_VERSION = 17, 9
FRAMES = 200


def weights_of(path: Path) -> dict[str, np.ndarray]:
    """Name → values of a network's weights."""
    return {each.name: numpy_helper.to_array(each) for each in onnx.load(path).graph.initializer}


def lstm(source: str, name: str, weights: dict[str, np.ndarray], arrays: tuple[np.ndarray, ...]) -> list:
    """Nodes of a layer over all frames, to ``name``; ``arrays`` are those of ONNX's operator."""
    names = [f"{name}_{part}" for part in "WRB"]
    weights |= dict(zip(names, arrays, strict=True))
    weights["directions"] = np.array([1])
    return [
        helper.make_node("LSTM", [source, *names], [f"{name}_all"], hidden_size=UNITS),
        helper.make_node("Squeeze", [f"{name}_all", "directions"], [name]),
    ]


def from_keras(kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, ...]:
    """Weights of a layer in ONNX's order of gates: input, output, forget, cell."""

    def ordered(matrix: np.ndarray) -> np.ndarray:
        into, forget, cell, out = np.split(matrix, 4, axis=-1)
        return np.concatenate([into, out, forget, cell], axis=-1).T

    biases = np.concatenate([ordered(bias), np.zeros(4 * UNITS, np.float32)])
    return ordered(kernel)[None], ordered(recurrent)[None], biases[None]


def mask_network(published: Path) -> onnx.ModelProto:
    """Magnitudes [shape=(frames, 1, 257)] → mask."""
    old, new = weights_of(published), {}
    nodes = lstm("magnitude", "first", new, tuple(old[f"lstm_4_{part}"] for part in "WRB"))
    nodes += lstm("first", "second", new, tuple(old[f"lstm_5_{part}"] for part in "WRB"))
    new |= {"kernel": old["dense_2/kernel:0"], "bias": old["dense_2/bias:0"]}
    nodes += [
        helper.make_node("MatMul", ["second", "kernel"], ["product"]),
        helper.make_node("Add", ["product", "bias"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["mask"]),
    ]
    return network(nodes, new, ("magnitude", "mask"), 257)


def frame_network(published: Path) -> onnx.ModelProto:
    """Frames [shape=(frames, 1, 512)] → frames."""
    old, new = weights_of(published), {}
    layer = "model_2/lstm_{}/{}/ReadVariableOp/resource:0"
    norm = "model_2/instant_layer_normalization_1/{}"
    new |= {
        "encoder": old["conv1d_2/kernel:0"][:, :, 0].T,
        "decoder": old["conv1d_3/kernel:0"][:, :, 0].T,
        "gamma": old[norm.format("mul/ReadVariableOp/resource:0")],
        "beta": old[norm.format("add_1/ReadVariableOp/resource:0")],
        "kernel": old["model_2/dense_3/Tensordot/Reshape_1:0"],
        "bias": old["model_2/dense_3/BiasAdd/ReadVariableOp/resource:0"],
    }
    epsilon = float(old[norm.format("add/y:0")])
    nodes = [
        helper.make_node("MatMul", ["frame", "encoder"], ["encoded"]),
        helper.make_node("LayerNormalization", ["encoded", "gamma", "beta"], ["normal"], epsilon=epsilon),
    ]
    for source, name, number in (("normal", "first", 6), ("first", "second", 7)):
        parts = (old[layer.format(number, part)] for part in ("MatMul", "MatMul_1", "BiasAdd"))
        nodes += lstm(source, name, new, from_keras(*parts))
    nodes += [
        helper.make_node("MatMul", ["second", "kernel"], ["product"]),
        helper.make_node("Add", ["product", "bias"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["mask"]),
        helper.make_node("Mul", ["encoded", "mask"], ["masked"]),
        helper.make_node("MatMul", ["masked", "decoder"], ["speech"]),
    ]
    return network(nodes, new, ("frame", "speech"), 512)


def network(nodes: list, weights: dict[str, np.ndarray], names: tuple[str, str], size: int) -> onnx.ModelProto:
    """A network of one input and one output [shape=(frames, 1, size)], its weights in half precision."""
    ends = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, ["frames", 1, size])] for name in names]
    values = [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in weights.items()]
    graph = helper.make_graph(nodes, "dtln", *ends, values)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    return in_half_precision(model)


def difference(published: Path, made: Path, size: int) -> float:
    """Largest difference between a published network, frame by frame, and a made one."""
    old, new = (onnxruntime.InferenceSession(str(path)) for path in (published, made))
    sound = np.abs(np.random.default_rng(0).standard_normal((FRAMES, 1, size))).astype(np.float32)
    state, rows = np.zeros((1, 2, UNITS, 2), np.float32), []
    frame, states = (each.name for each in old.get_inputs())
    for row in sound:
        out, state = old.run(None, {frame: row[None], states: state})
        rows.append(out[0])
    [output] = new.run(None, {new.get_inputs()[0].name: sound})
    return float(np.abs(output - np.stack(rows)).max())


def main() -> None:
    """Write both networks into the package."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for number, (make, size) in enumerate(((mask_network, 257), (frame_network, 512)), 1):
        published, made = folder / f"model_{number}.onnx", SHIPPED[number - 1]
        onnx.save(make(published), made)
        print(
            f"{made.name}: {made.stat().st_size / 1e6:.2f} MB, off by {difference(published, made, size):.5f} at most"
        )


if __name__ == "__main__":
    main()
