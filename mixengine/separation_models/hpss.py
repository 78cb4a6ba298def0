"""Harmonic and percussive parts by median filters over the spectrogram (Fitzgerald 2010, masks of Driedger 2014)."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from mixengine.audio.stft import Stft
from mixengine.separation_models.model import Model

_HOP_S = 0.023
_FRAMES = 17
"""Width of the median filter over time: 0.4 s."""
_BINS = 17
"""Width of the median filter over frequency: 180 Hz."""
_TINY = np.float32(1e-20)


class HarmonicPercussive(Model):
    """What is smooth along time is ``harmonic``, along frequency ``percussive``; the two sum to the input.

    The masks are soft (power 2). Frames last 92 ms, and the output depends on less than half a second to either side,
    so that blocks give the same result as the whole file.

    References
    ----------
    D. Fitzgerald, "Harmonic/percussive separation using median filtering", DAFx 2010.
    """

    name = "hpss"
    stems = ("harmonic", "percussive")
    context_s = 3.0

    def hop_at(self, rate: int) -> int:
        """See `Model.hop_at`."""
        return max(round(rate * _HOP_S), 1)

    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        """See `Model.process`."""
        hop = self.hop_at(rate)
        stft = Stft(4 * hop, hop)
        spectra = stft.forward(block)
        power = np.abs(spectra) ** 2
        # the median of the squares is the square of the median, so this already is the soft mask's power 2
        along_time = _median(power.swapaxes(1, 2), _FRAMES).swapaxes(1, 2)
        along_frequency = _median(power, _BINS)
        mask = (along_time + 0.5 * _TINY) / (along_time + along_frequency + _TINY)
        harmonic = stft.inverse(spectra * mask, len(block))
        return {"harmonic": harmonic, "percussive": block - harmonic}


def _median(power: np.ndarray, width: int) -> np.ndarray:
    """Running median of odd width over the last axis; edge values are repeated.

    All rows are filtered as one long row, because scipy's filter is many times faster in one dimension.
    """
    half = width // 2
    rows = np.pad(power, ((0, 0), (0, 0), (half, half)), mode="edge")
    return ndimage.median_filter(rows.reshape(-1), size=width, mode="nearest").reshape(rows.shape)[..., half:-half]
