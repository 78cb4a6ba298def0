"""GTCRN, a network of 48 k parameters at 16 kHz for speech in noise, from the ONNX files that its authors publish.

Such a file takes spectra (1, bins, frames, real and imaginary part) and the recurrent states after the frames before.
Bins, frames per call and the shapes of the states are read from the file, so that other exports run too: a dynamic
frame axis means one call per block, and without further inputs there is no state. The transform has a root-Hann window
of 2 · (bins - 1) samples and half of that as hop, centred, so that the output has no delay.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mixengine.audio.stft import RootHann
from mixengine.separation_models import onnx, weights
from mixengine.separation_models.model import Model
from mixengine.separation_models.weights import Weight
from mixengine.system.errors import UserError

_RELEASE = "https://github.com/k2-fsa/sherpa-onnx/releases/download/speech-enhancement-models"
_DEFAULT_RATE = 16000
"""In Hz, for files without the metadata ``sample_rate``, such as the published ones."""


class GTCRN(Model):
    """The published file, or (``gtcrn:FILE.onnx``) another export. Every channel is processed separately.

    The state is carried from frame to frame within a block; it settles during the block's context.

    References
    ----------
    X. Rong, T. Sun, X. Zhang, Y. Hu, C. Zhu, J. Lu, "GTCRN: a speech enhancement model requiring ultralow
    computational resources", ICASSP 2024.

    Raises
    ------
    UserError
        The file is missing, damaged or not a network of this kind.
    """

    name = "gtcrn"
    stems = ("speech",)
    channels = 1
    chunk_s = 60.0
    context_s = 10.0
    fade_s = 0.5
    weight_files = {  # noqa: RUF012 - the base says Mapping
        "simple": (Weight("gtcrn_simple.onnx", f"{_RELEASE}/gtcrn_simple.onnx"),)
    }

    def __init__(self, variant: str, folder: Path) -> None:
        super().__init__(variant or "simple", folder)
        path = self._path()
        self._session = onnx.session(path, threads=1)
        try:
            self._read_shapes()
            self._check_shapes()
        except Exception as error:  # a file of another kind can fail in any way
            raise weights.damaged(path, error) from None

    def _path(self) -> Path:
        files = self.weight_files.get(self.variant)
        if files is not None:
            return weights.require(files, self.name, self.folder) / files[0].file
        path = weights.find_file(self.variant, self.name, self.folder)
        if path is None:
            raise UserError(f"gtcrn: no file '{self.variant}'; give one as --model gtcrn:FILE.onnx, or only gtcrn")
        return path

    def _read_shapes(self) -> None:
        spectrum, *states = self._session.get_inputs()
        if len(spectrum.shape) != 4 or not isinstance(spectrum.shape[1], int) or spectrum.shape[3] != 2:
            raise ValueError(f"takes {spectrum.shape}, not (1, bins, frames, 2)")
        if free := [state.name for state in states if not all(isinstance(size, int) for size in state.shape)]:
            raise ValueError(f"the size of {free[0]} is not fixed")
        _, bins, frames, _ = spectrum.shape
        self.rate = int(self._session.get_modelmeta().custom_metadata_map.get("sample_rate", _DEFAULT_RATE))
        self.hop = bins - 1
        self._stft = RootHann(2 * self.hop, self.hop)
        self._frames = frames if isinstance(frames, int) else None
        self._inputs = [spectrum.name, *(state.name for state in states)]
        self._initial_states = [np.zeros(state.shape, dtype=np.float32) for state in states]

    def _check_shapes(self) -> None:
        """Call the network once with silence: the outputs must have the shapes of the inputs."""
        inputs = [np.zeros((1, self.hop + 1, self._frames or 1, 2), dtype=np.float32), *self._initial_states]
        expected = [array.shape for array in inputs]
        shapes = [array.shape for array in self._call(inputs)]
        if shapes != expected:
            raise ValueError(f"gives {shapes} for {expected}")

    def _call(self, arrays: list[np.ndarray]) -> list[np.ndarray]:
        outputs: list[Any] = self._session.run(None, dict(zip(self._inputs, arrays, strict=True)))
        return outputs

    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        """See `Model.process`."""
        needed = -(-len(block) // self.hop) + 1
        step = self._frames or needed
        frames = -(-needed // step) * step
        spectra = self._stft.forward(np.pad(block, ((0, (frames - 1) * self.hop - len(block)), (0, 0))))
        parts = np.stack([spectra.real, spectra.imag], axis=3).transpose(0, 2, 1, 3)
        output = np.empty(parts.shape, dtype=np.float32)
        states = self._initial_states
        for at in range(0, frames, step):
            spectrum = np.ascontiguousarray(parts[:, :, at : at + step], dtype=np.float32)
            output[:, :, at : at + step], *states = self._call([spectrum, *states])
        clean = (output[..., 0] + 1j * output[..., 1]).transpose(0, 2, 1)
        return {"speech": self._stft.inverse(clean, len(block))}
