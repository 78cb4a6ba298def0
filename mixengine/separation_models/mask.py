"""Spectral masks: the band of [Separation-Guide], and a Wiener filter with decision-directed a-priori SNR.

Neither needs a trained model: the band mask keeps 200 to 4000 Hz, the Wiener filter removes sound that is stationary
for longer than speech ever is. Neither separates two voices.

References
----------
Y. Ephraim, D. Malah, "Speech enhancement using a minimum mean-square error short-time spectral amplitude estimator",
IEEE TASSP 32(6), 1984. R. Martin, "Noise power spectral density estimation based on optimal smoothing and minimum
statistics", IEEE TSAP 9(5), 2001.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from mixengine.audio.stft import Stft
from mixengine.separation_models.model import Model

LOW_HZ, HIGH_HZ = 200.0, 4000.0


class BandMask(Model):
    """The mask of [Separation-Guide]: 1 from 200 to 4000 Hz, × 1.5 in frames above the 30th percentile of energy, ≤ 1.

    The limit to 1 cancels the factor, so that the mask is a plain band-pass whatever the percentile is. This flaw of
    the method is kept on purpose: the mask is here for comparison.
    """

    name = "mask-faithful"
    stems = ("speech",)
    context_s = 1.0
    hop = 512
    _stft = Stft(2048, 512)

    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        """See `Model.process`."""
        frequencies_hz = self._stft.frequencies_hz(rate)
        band = ((frequencies_hz >= LOW_HZ) & (frequencies_hz <= HIGH_HZ)).astype(np.float32)
        return {"speech": self._stft.inverse(self._stft.forward(block) * band, len(block))}


_HOP_S = 0.008
_ALPHA = 0.98
_FLOOR_DB = -20.0
_MIN_XI = 10.0 ** (-25.0 / 10.0)
_SMOOTHED_FRAMES = 8
_MINIMUM_S = 1.5
_BIAS = 4.0
"""Mean of noise power over the minimum within 1.5 s of powers averaged over 8 frames (overlapping by three quarters).
Measured on Gaussian noise; a test measures it again."""


class WienerMask(Model):
    """A Wiener gain from the decision-directed a-priori SNR; the background follows from the minimum power in 1.5 s.

    The minimum is taken over past and future frames, because files need not be processed in real time. All channels
    share one gain, which keeps the stereo image. Frames of 32 ms, every 8 ms.
    """

    name = "mask"
    stems = ("speech",)
    context_s = 6.0
    fade_s = 0.25

    def hop_at(self, rate: int) -> int:
        """See `Model.hop_at`."""
        return max(round(rate * _HOP_S), 1)

    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        """See `Model.process`."""
        hop = self.hop_at(rate)
        stft = Stft(4 * hop, hop)
        spectra = stft.forward(block)
        power = (np.abs(spectra) ** 2).mean(axis=0)
        gain = _wiener_gain(power, background(power, hop / rate))
        return {"speech": stft.inverse(spectra * gain, len(block))}


def background(power: np.ndarray, hop_s: float) -> np.ndarray:
    """Power of the stationary background, per bin.

    Parameters
    ----------
    power : ndarray [shape=(frames, bins)]
        Short-time power spectra.
    hop_s : float > 0
        Seconds from frame to frame.

    Returns
    -------
    ndarray [shape as ``power``]
    """
    smooth = ndimage.uniform_filter1d(power, _SMOOTHED_FRAMES, axis=0, mode="nearest")
    width = max(round(_MINIMUM_S / hop_s), 1)
    lowest = ndimage.minimum_filter1d(smooth, width, axis=0, mode="nearest")
    return _BIAS * ndimage.uniform_filter1d(lowest, width // 2 or 1, axis=0, mode="nearest")


def _wiener_gain(power: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Gain xi / (1 + xi) with xi = alpha · G²(previous) · gamma(previous) + (1 - alpha) · max(gamma - 1, 0)."""
    silence_power = power.max(initial=0.0) * np.float32(1e-12)
    gamma = power / np.maximum(noise, silence_power) if silence_power > 0.0 else np.zeros_like(power)
    gains = np.empty_like(power)
    previous = np.maximum(gamma[:1] - 1.0, 0.0)[0] if len(gamma) else np.zeros(0, dtype=np.float32)
    for index, current in enumerate(gamma):
        xi = np.maximum(_ALPHA * previous + (1.0 - _ALPHA) * np.maximum(current - 1.0, 0.0), _MIN_XI)
        gain = xi / (1.0 + xi)
        previous = gain * gain * current
        gains[index] = gain
    return np.maximum(gains, np.float32(10.0 ** (_FLOOR_DB / 20.0)))
