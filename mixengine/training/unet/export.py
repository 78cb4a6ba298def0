"""Exports the trained network to ONNX: weights in half precision, compared with the original.

Needs the extra ``train`` (torch, onnx, onnxscript).
"""

from __future__ import annotations

import contextlib
import io
import warnings
from pathlib import Path

import numpy as np
import torch

from mixengine.separation_models.unet_bands import BANDS
from mixengine.separation_models.unet_model import STRIDE
from mixengine.system import extras
from mixengine.system.atomic import write_atomically
from mixengine.system.errors import UserError
from mixengine.training.unet.network import MaskNet

TOLERANCE = 0.02
"""Largest allowed difference of a gain (0 … 1) due to half precision, for typical input."""


def export(net: MaskNet, path: Path) -> float:
    """Write ``net`` to ``path``; returns the largest difference of a gain between file and network.

    Raises
    ------
    UserError
        A library is missing, or the gains of the file differ from the network's by more than `TOLERANCE`; nothing is
        written then.
    """
    try:
        import onnx
        import onnxscript  # noqa: F401 - torch's exporter needs it
    except ImportError as error:
        raise UserError(f"export needs {error.name}: {extras.install_line('train')}") from None
    frames = STRIDE * torch.export.Dim("quarters", min=2)
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            net.eval(),
            (torch.rand(1, 40 * STRIDE, BANDS),),
            dynamo=True,
            input_names=["power"],
            output_names=["gain"],
            dynamic_shapes=({1: frames},),
            verbose=False,
        )
    assert program is not None  # None only without dynamo
    proto = in_half_precision(_without_metadata(program.model_proto))
    difference = 0.0

    def save(partial: Path) -> None:
        nonlocal difference
        onnx.save(proto, partial)
        difference = _difference(net, partial)
        if difference > TOLERANCE:
            raise UserError(
                f"{path}: the exported network differs by {difference:.4f} from the trained one; nothing was written"
            )

    write_atomically(path, save, sync=False)
    return difference


def _without_metadata(model):
    """Remove the source locations of nodes."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        del part.metadata_props[:]
        part.doc_string = ""
    return model


def in_half_precision(model):
    """Store weights as 16-bit floats, with a cast node to 32 bit for each."""
    from onnx import TensorProto, helper, numpy_helper

    graph, casts = model.graph, []
    for weight in graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < 256:
            continue
        name = weight.name
        weight.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}_16"))
        casts.append(helper.make_node("Cast", [f"{name}_16"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    return model


def _powers(frames: int, rng: np.random.Generator) -> np.ndarray:
    """Synthetic band powers [shape=(1, frames, bands)]: tilted noise with syllables, digital silence at the end."""
    syllables = 10 ** (3 * np.sin(np.arange(frames) / 7.0)[:, None] * rng.random(BANDS) - 4)
    tilt = (1 + np.arange(BANDS)) ** -1.5
    power = rng.exponential(size=(frames, BANDS)) * (syllables + 1e-5) * tilt
    power[-2 * STRIDE :] = 0.0
    return power[None].astype(np.float32)


def _difference(net: MaskNet, path: Path) -> float:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    difference = 0.0
    for frames in (2 * STRIDE, 50 * STRIDE, 500 * STRIDE):
        power = _powers(frames, rng)
        with torch.no_grad():
            expected = net(torch.from_numpy(power)).numpy()
        # a NaN counts as the largest difference
        difference = float(
            np.nan_to_num(np.abs(session.run(None, {"power": power})[0] - expected), nan=1.0).max(initial=difference)
        )
    return difference
