"""The shipped U-Net as a separation model: speech from noise, at the sample rate of the file, run by onnxruntime.

Nothing is resampled: frames last 32 ms at every rate. Two channels share one gain, which keeps the stereo image; in
files with more channels each channel is treated as a separate microphone.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

from mixengine.audio.stft import RootHann
from mixengine.separation_models import onnx, unet_bands
from mixengine.separation_models.model import Model
from mixengine.system.errors import UserError

SHIPPED = Path(__file__).with_name("unet.onnx")
STRIDE = 4
"""The number of frames is a multiple of this: the network halves its time axis twice."""
_POWER_SCALE = 512.0
"""Scales powers to those of 16 kHz with frames of 512 samples, on which the network was trained."""
_LEVEL_FRAMES = 187
_MAX_MAKEUP = 10.0 ** (6.0 / 20.0)
_CAUTION_FROM_DB, _CAUTION_OVER_DB, _MAX_CAUTION = 12.0, 10.0, 0.7
"""Ratio of speech to noise above which gains are softened, the range over which that increases, and its maximum; tuned
on the held-out recordings."""
_UNDERESTIMATE = 1.5
"""Exponent correcting the speech power, which the gains underestimate in loud noise; tuned on held-out recordings."""


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
        The file is missing or not such a network.
    """

    name = "unet"
    stems = ("speech",)
    chunk_s = 30.0
    context_s = 7.0
    fade_s = 0.05

    def __init__(self, variant: str = "", folder: Path = SHIPPED.parent) -> None:
        super().__init__(variant, folder)
        self._net = _load_network(Path(variant) if variant else SHIPPED)

    def hop_at(self, rate: int) -> int:
        """See `Model.hop_at`."""
        return STRIDE * unet_bands.hop(rate)

    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        """See `Model.process`."""
        width = 2 if block.shape[1] == 2 else 1
        parts = [self._denoise(block[:, at : at + width], rate) for at in range(0, block.shape[1], width)]
        return {"speech": np.concatenate(parts, axis=1)}

    def _denoise(self, block: np.ndarray, rate: int) -> np.ndarray:
        stft = frames_at(rate)
        frames = -(-(len(block) + 2 * stft.hop) // (STRIDE * stft.hop)) * STRIDE
        spectra = stft.forward(np.pad(block, ((0, (frames - 1) * stft.hop - len(block)), (0, 0))))
        gains = self.gains(spectra, rate)
        power = np.square(np.abs(spectra)).sum(axis=0)
        gains = _soften_gains(power, gains)
        makeup = _makeup_gains(power, gains)
        return stft.inverse(spectra * (gains * makeup[:, None]), len(block))

    def gains(self, spectra: np.ndarray, rate: int) -> np.ndarray:
        """Gain 0 … 1 per frame and bin [shape=(frames, bins)] for spectra [shape=(channels, frames, bins)]."""
        power = np.square(np.abs(spectra)).mean(axis=0) * (_POWER_SCALE / frames_at(rate).size ** 2)
        [gains] = self._net.run(None, {"power": (power @ unet_bands.analysis(rate))[None]})
        return gains[0] @ unet_bands.synthesis(rate)


def _soften_gains(power: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """Soften gains where there is little noise: what they remove from clean speech is mostly sharp consonants.

    Gains are raised to a power below 1. The ratio of speech to noise within 3 s is estimated from the gains themselves.
    Pauses are still lowered: a gain of −60 dB becomes −18 dB at the strongest, where the noise is faint anyway.
    """
    speech, noise = (
        # double precision: a running sum keeps the rounding errors of earlier loud frames
        ndimage.uniform_filter1d((part * power).sum(axis=1, dtype=np.float64), _LEVEL_FRAMES, mode="constant")
        for part in (gains, 1.0 - gains)
    )
    ratio_db = 10.0 * np.log10(np.maximum(speech, 1e-20) / np.maximum(noise, 1e-20))
    caution = np.clip((ratio_db - _CAUTION_FROM_DB) / _CAUTION_OVER_DB, 0.0, _MAX_CAUTION)
    return gains ** (1.0 - caution[:, None]).astype(gains.dtype)


def _makeup_gains(power: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """Gain 1 … `_MAX_MAKEUP` per frame that restores the level of the speech.

    The optimal gain for a noisy bin lowers the speech in it too. As speech and noise are uncorrelated, the sum of
    gain × power is the power of the speech, and the sum of gain² × power is the power of the output.
    """
    speech_power = ndimage.uniform_filter1d((gains * power).sum(axis=1), _LEVEL_FRAMES, mode="constant")
    output_power = ndimage.uniform_filter1d((gains**2 * power).sum(axis=1), _LEVEL_FRAMES, mode="constant")
    ratio = np.divide(speech_power, output_power, out=np.ones_like(speech_power), where=output_power > 1e-20)
    # at least 1 but for rounding of the running sums, which can make near-zero powers negative
    return np.minimum(np.maximum(ratio, 1.0) ** (_UNDERESTIMATE / 2), _MAX_MAKEUP)


@lru_cache(maxsize=2)
def _load_network(path: Path) -> Any:
    if not path.is_file():
        raise UserError(f"{path}: the network is missing; install mixengine again, or give one that `train unet` made")
    network = onnx.session(path, threads=1)
    inputs, outputs = network.get_inputs(), network.get_outputs()
    if [each.name for each in (*inputs, *outputs)] != ["power", "gain"] or inputs[0].shape[-1:] != [unet_bands.BANDS]:
        raise UserError(f"{path}: not a network of `train unet` (power in {unet_bands.BANDS} bands in, gain out)")
    return network
