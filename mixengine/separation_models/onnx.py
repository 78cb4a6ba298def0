"""A model in an ONNX file: ``--model onnx:FILE``, run by onnxruntime.

The file takes a waveform (batch, channels, frames) of float32 with a dynamic frame axis and returns (batch, stems,
channels, frames) or, with one stem, (batch, channels, frames). Its metadata hold ``sample_rate`` in Hz, and optionally
``stems`` (names, separated by commas), ``delay`` (frames by which the output lags), ``context_s``, ``chunk_s``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mixengine.separation_models import weights
from mixengine.separation_models.model import Model
from mixengine.system.errors import UserError


def session(path: Path, threads: int = 0) -> Any:
    """An onnxruntime session for a file, on the CPU; 0 ``threads``: the default of onnxruntime.

    Raises
    ------
    UserError
        onnxruntime cannot load the file.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has no common exception class
        raise weights.damaged(path, error) from None


class OnnxFile(Model):
    """The network in any ONNX file with the metadata above."""

    name = "onnx"

    def __init__(self, variant: str, folder: Path) -> None:
        super().__init__(variant, folder)
        path = weights.find_file(variant, self.name, folder)
        if path is None:
            raise UserError(f"onnx: no file '{variant}'; give one as --model onnx:FILE.onnx")
        self._session = session(path)
        metadata = self._session.get_modelmeta().custom_metadata_map
        shape = self._session.get_inputs()[0].shape
        if "sample_rate" not in metadata or len(shape) != 3:
            raise UserError(
                f"{path}: needs metadata 'sample_rate' and one input (batch, channels, frames); "
                f"it has {sorted(metadata)} and {shape}"
            )
        self.rate = int(metadata["sample_rate"])
        self.channels = shape[1] if isinstance(shape[1], int) else None
        self.stems = tuple(word.strip() for word in metadata.get("stems", "speech").split(","))
        self.chunk_s = float(metadata.get("chunk_s", self.chunk_s))
        self.context_s = float(metadata.get("context_s", self.context_s))
        self._delay = int(metadata.get("delay", 0))

    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        """See `Model.process`."""
        padded = np.pad(block, ((0, self._delay), (0, 0))).T[None]
        name = self._session.get_inputs()[0].name
        output = self._session.run(None, {name: np.ascontiguousarray(padded, dtype=np.float32)})[0]
        stems = output.reshape(len(self.stems), block.shape[1], -1)
        aligned = stems[:, :, self._delay : self._delay + len(block)]
        return {stem: part.T for stem, part in zip(self.stems, aligned, strict=True)}
