"""DTLN, two small recurrent networks at 16 kHz for speech in noise, shipped with mixengine.

The first network lowers the spectrum of a frame, the second works on what comes out, in a learnt transform. Frames of
32 ms every 8 ms overlap and add, so that the output has no delay. The weights are those that the authors published,
in half precision and for whole recordings at once (``tools/convert_dtln.py``).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import fft, ndimage

from mixengine.separation_models import onnx
from mixengine.separation_models.model import Model

SHIPPED = tuple(Path(__file__).with_name(f"dtln_{number}.onnx") for number in (1, 2))
_FRAME, _HOP = 512, 128
_LEVEL, _MIN_LEVEL = 0.06, 1e-6
"""Level (RMS) that the networks get, at which they do best on speech in noise; what is softer than the latter is not
raised by more."""
_LEVEL_FRAMES = 500
"""The level is that of 4 s to either side."""


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

    def __init__(self, variant: str, folder: Path) -> None:
        super().__init__(variant, folder)
        self._mask_of, self._speech_of = (_network(path) for path in SHIPPED)

    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        """See `Model.process`."""
        gain = _to_level(block[:, 0])
        count = -(-len(block) // _HOP) + _FRAME // _HOP - 1
        padded = np.pad(block[:, 0] * gain, (_FRAME - _HOP, count * _HOP - len(block)))
        spectra = fft.rfft(np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[::_HOP], axis=1)
        frames = fft.irfft(spectra * self._mask_of(np.abs(spectra)), _FRAME, axis=1)
        speech = _overlapped(self._speech_of(frames))[_FRAME - _HOP :][: len(block)]
        return {"speech": (speech / gain)[:, None]}


def _to_level(samples: np.ndarray) -> np.ndarray:
    """Gain that brings the level of the surroundings to that of the training [shape=(samples,)].

    The networks know absolute levels: far below it they leave nothing of the speech.
    """
    frames = -(-len(samples) // _HOP)
    powers = np.square(np.pad(samples, (0, frames * _HOP - len(samples))), dtype=np.float64).reshape(-1, _HOP)
    around, inside = (
        ndimage.uniform_filter1d(each, 2 * _LEVEL_FRAMES + 1, mode="constant")
        for each in (powers.mean(axis=1), np.ones(frames))
    )
    levels = np.sqrt(np.maximum(around / inside, 0.0))
    gains = _LEVEL / np.maximum(levels, _MIN_LEVEL)
    curve: np.ndarray = np.interp(np.arange(len(samples)), (np.arange(frames) + 0.5) * _HOP, gains).astype(np.float32)
    return curve


def _network(path: Path):
    """Rows [shape=(frames, size)] → rows."""
    session = onnx.session(path, threads=1)
    [source] = session.get_inputs()

    def run(rows: np.ndarray) -> np.ndarray:
        [made] = session.run(None, {source.name: rows[:, None].astype(np.float32)})
        return made[:, 0]

    return run


def _overlapped(frames: np.ndarray) -> np.ndarray:
    """The sum of frames, each a hop after the one before [shape=(samples,)]."""
    parts = frames.reshape(len(frames), _FRAME // _HOP, _HOP)
    out = np.zeros((len(frames) + parts.shape[1] - 1, _HOP), np.float32)
    for place in range(parts.shape[1]):
        out[place : place + len(frames)] += parts[:, place]
    return out.reshape(-1)
