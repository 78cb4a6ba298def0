"""The U-Net as a model to separate with: speech out of noise, at the file's own rate, by onnxruntime.

Nothing is resampled: frames last 32 ms at every rate. Two channels share one gain, so that the stereo image stays; in
files with more channels every one is a microphone of its own.
"""

from __future__ import annotations

import importlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

from mixengine.audio.stft import RootHann
from mixengine.separation_models import unet_bands
from mixengine.separation_models.model import Model
from mixengine.system.errors import UserError

SHIPPED = Path(__file__).with_name("unet.onnx")
STRIDE = 4
"""Frames come in fours: the network halves time twice."""
_POWER_SCALE = 512.0
"""Powers are as at 16 kHz with frames of 512 samples, where the network was trained."""
_LEVEL_FRAMES = 187
_MOST_MAKEUP = 10.0 ** (6.0 / 20.0)
_CAUTION_FROM_DB, _CAUTION_OVER_DB, _MOST_CAUTION = 12.0, 10.0, 0.7
"""Speech over noise where caution begins and how far it grows; measured on what was set aside."""
_UNDERESTIMATE = 1.5
"""The gains tell too little of the speech's power where there is much noise; measured on what was set aside."""


@lru_cache(maxsize=8)
def frames_at(rate: int) -> RootHann:
    """The transform at ``rate`` Hz, in frames of 32 ms."""
    hop = unet_bands.hop(rate)
    return RootHann(2 * hop, hop)


class UNet(Model):
    """The mask network that mixengine ships, or (``unet:FILE.onnx``) one that ``mixengine train unet`` made.

    Raises
    ------
    UserError
        The file is missing or no such network.
    """

    name = "unet"
    stems = ("speech",)
    chunk_s = 30.0
    context_s = 7.0
    fade_s = 0.05

    def __init__(self, variant: str = "", folder: Path = SHIPPED.parent) -> None:
        super().__init__(variant, folder)
        self._net = _opened(Path(variant) if variant else SHIPPED)

    def hop_at(self, rate: int) -> int:
        """See `Model.hop_at`."""
        return STRIDE * unet_bands.hop(rate)

    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        """See `Model.process`."""
        width = 2 if block.shape[1] == 2 else 1
        parts = [self._cleaned(block[:, at : at + width], rate) for at in range(0, block.shape[1], width)]
        return {"speech": np.concatenate(parts, axis=1)}

    def _cleaned(self, block: np.ndarray, rate: int) -> np.ndarray:
        stft = frames_at(rate)
        frames = -(-(len(block) + 2 * stft.hop) // (STRIDE * stft.hop)) * STRIDE
        spectra = stft.forward(np.pad(block, ((0, (frames - 1) * stft.hop - len(block)), (0, 0))))
        gains = self.gains(spectra, rate)
        power = np.square(np.abs(spectra)).sum(axis=0)
        gains = _cautious(power, gains)
        makeup = _makeup(power, gains)
        return stft.inverse(spectra * (gains * makeup[:, None]), len(block))

    def gains(self, spectra: np.ndarray, rate: int) -> np.ndarray:
        """Gain 0 … 1 per frame and bin [shape=(frames, bins)] for spectra [shape=(channels, frames, bins)]."""
        power = np.square(np.abs(spectra)).mean(axis=0) * (_POWER_SCALE / frames_at(rate).size ** 2)
        [gains] = self._net.run(None, {"power": (power @ unet_bands.analysis(rate))[None]})
        return gains[0] @ unet_bands.synthesis(rate)


def _cautious(power: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """Gains to a power below 1 where little noise is around: in clean speech what gets lost is mostly sharp consonants.

    The ratio of speech to noise within 3 s follows from the gains themselves. Pauses still go far down: a gain of
    −60 dB becomes −18 dB at the most cautious, where the noise is faint anyway.
    """
    speech, noise = (
        # double precision: a running sum keeps the rounding of what was loud before
        ndimage.uniform_filter1d((part * power).sum(axis=1, dtype=np.float64), _LEVEL_FRAMES, mode="constant")
        for part in (gains, 1.0 - gains)
    )
    ratio_db = 10.0 * np.log10(np.maximum(speech, 1e-20) / np.maximum(noise, 1e-20))
    caution = np.clip((ratio_db - _CAUTION_FROM_DB) / _CAUTION_OVER_DB, 0.0, _MOST_CAUTION)
    return gains ** (1.0 - caution[:, None]).astype(gains.dtype)


def _makeup(power: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """Gain 1 … `_MOST_MAKEUP` per frame that gives the speech its level back.

    The best gain for a noisy bin turns the speech in it down too. Speech and noise being uncorrelated, gain × power
    adds up to the power of the speech, and gain² × power is what comes out.
    """
    kept = ndimage.uniform_filter1d((gains * power).sum(axis=1), _LEVEL_FRAMES, mode="constant")
    out = ndimage.uniform_filter1d((gains**2 * power).sum(axis=1), _LEVEL_FRAMES, mode="constant")
    ratio = np.divide(kept, out, out=np.ones_like(kept), where=out > 1e-20)
    # never below 1 but by the rounding of the running sums, which may turn what is next to nothing negative
    return np.minimum(np.maximum(ratio, 1.0) ** (_UNDERESTIMATE / 2), _MOST_MAKEUP)


@lru_cache(maxsize=2)
def _opened(path: Path) -> Any:
    if not path.is_file():
        raise UserError(f"{path}: the network is missing; install mixengine again, or give one that `train unet` made")
    onnxruntime = importlib.import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return _checked(onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"]))
    except Exception as error:  # onnxruntime has no common class for what it raises
        raise UserError(f"{path}: no network of mixengine's ({str(error).splitlines()[0]:.120})") from None


def _checked(session: Any) -> Any:
    [inputs], [outputs] = session.get_inputs(), session.get_outputs()
    if (inputs.name, outputs.name) != ("power", "gain") or inputs.shape[-1] != unet_bands.BANDS:
        raise ValueError(f"it takes {inputs.name} {inputs.shape}, not power in {unet_bands.BANDS} bands")
    return session
