"""GTCRN, a network of 48 k parameters at 16 kHz for speech in noise, from the ONNX files that its makers publish.

Such a file takes spectra (1, bins, frames, real and imaginary part) and the states that it left after the frames
before. Bins, frames per call and the states' shapes are read from the file, so that other exports run too: with free
frames a block goes through at once, and without further inputs there is no state. The transform has a root-Hann window
of 2 · (bins - 1) samples and half of that as hop, centred, so that the answer is not late.
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
_USUAL_RATE = 16000
"""In Hz, of files without the metadata ``sample_rate``, as the makers' own are."""


class GTCRN(Model):
    """The published file, or (``gtcrn:FILE.onnx``) another export. Every channel is cleaned on its own.

    The state goes from frame to frame within a block, and a block's context lets it settle.

    References
    ----------
    X. Rong, T. Sun, X. Zhang, Y. Hu, C. Zhu, J. Lu, "GTCRN: a speech enhancement model requiring ultralow
    computational resources", ICASSP 2024.

    Raises
    ------
    UserError
        The file is missing, damaged or no such network.
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
            self._try_out()
        except Exception as error:  # whatever a file of another kind makes of it
            raise weights.damaged(path, error) from None

    def _path(self) -> Path:
        known = self.weight_files.get(self.variant)
        if known is not None:
            return weights.require(known, self.name, self.folder) / known[0].file
        path = weights.own(self.variant, self.name, self.folder)
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
        self.rate = int(self._session.get_modelmeta().custom_metadata_map.get("sample_rate", _USUAL_RATE))
        self.hop = bins - 1
        self._stft = RootHann(2 * self.hop, self.hop)
        self._frames = frames if isinstance(frames, int) else None
        self._inputs = [spectrum.name, *(state.name for state in states)]
        self._at_rest = [np.zeros(state.shape, dtype=np.float32) for state in states]

    def _try_out(self) -> None:
        """One call with silence: the answers must be a spectrum, and states that go in again."""
        asked = [np.zeros((1, self.hop + 1, self._frames or 1, 2), dtype=np.float32), *self._at_rest]
        wanted = [array.shape for array in asked]
        found = [array.shape for array in self._call(asked)]
        if found != wanted:
            raise ValueError(f"gives {found} for {wanted}")

    def _call(self, arrays: list[np.ndarray]) -> list[np.ndarray]:
        answers: list[Any] = self._session.run(None, dict(zip(self._inputs, arrays, strict=True)))
        return answers

    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        """See `Model.process`."""
        needed = -(-len(block) // self.hop) + 1
        step = self._frames or needed
        frames = -(-needed // step) * step
        spectra = self._stft.forward(np.pad(block, ((0, (frames - 1) * self.hop - len(block)), (0, 0))))
        parts = np.stack([spectra.real, spectra.imag], axis=3).transpose(0, 2, 1, 3)
        answer = np.empty(parts.shape, dtype=np.float32)
        states = self._at_rest
        for at in range(0, frames, step):
            heard = np.ascontiguousarray(parts[:, :, at : at + step], dtype=np.float32)
            answer[:, :, at : at + step], *states = self._call([heard, *states])
        clean = (answer[..., 0] + 1j * answer[..., 1]).transpose(0, 2, 1)
        return {"speech": self._stft.inverse(clean, len(block))}
