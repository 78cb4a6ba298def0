"""Noise lowered only as far as the pauses of a recording explain it.

The noise is measured in pauses: stretches in which the level stays where it is, near the lowest of the surroundings,
and whose spectrum shows no tones. A reverberant tail falls, a breath swells, a held note has harmonics, digital silence
holds no noise: none of them is taken for it. Where no pause is near, nothing is known about the noise and nothing is
done. Under the voice the gain is a decision-directed one [1]_, forwards and backwards in time, the larger of the two:
neither onsets nor tails are cut. In the pauses it is the floor.

References
----------
.. [1] Y. Ephraim, D. Malah, "Speech enhancement using a minimum mean-square error short-time spectral amplitude
   estimator", IEEE TASSP 32(6), 1984.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from mixengine.separation_models import tones
from mixengine.separation_models.tones import frames_at

REACH_S = tones.REACH_S
"""A pause tells of the noise so long before and after it; the context that `lowered` needs on both sides."""
_STEADY_S = 0.3
_MAX_SPREAD_DB = 1.5
_MAX_FALL_DB = 0.7
"""Change of the level within 0.3 s: a gong and a room die away slowly, noise stays."""
_NEAR_LOWEST_DB = 6.0
_LOWEST = 0.05
_MIN_PAUSE_S = 0.3
_MIN_FLATNESS = 0.85
_MAX_PEAK = 5.0
"""A soft note under noise leaves the spectrum flat but for its partials."""
_ALPHA = 0.92
_MIN_XI = 10.0 ** (-25.0 / 10.0)
_FADE_FRAMES = 5
"""How fast the gain goes to the floor at the edges of a pause."""
_SILENCE = 1e-14
_RANGE_DB = 90.0
"""What lies so far below the loudest frame is silence, and no noise."""


def lowered(block: np.ndarray, rate: int, floor: float, *, skip: int = 0) -> np.ndarray:
    """The block with its steady noise lowered.

    Parameters
    ----------
    block : ndarray of float32 [shape=(frames, channels)]
        Two channels share their gains; more are separate microphones.
    rate : int > 0
    floor : float
        Smallest gain, 0 … 1.
    skip : int >= 0
        Frames between the grid of all blocks and the first of this one, so that blocks give what the whole gives.

    Returns
    -------
    ndarray of float32 [shape as ``block``]
    """
    stft = frames_at(rate)
    padded = np.pad(block, ((skip % stft.hop, 0), (0, 0)))
    width = 2 if block.shape[1] == 2 else 1
    parts = []
    for at in range(0, block.shape[1], width):
        spectra = stft.forward(padded[:, at : at + width])
        power = np.square(np.abs(spectra)).mean(axis=0)
        pause = pauses(power, rate)
        gains = _gains(power, floor_power(power, pause), pause, floor)
        parts.append(stft.inverse(spectra * gains, len(padded))[skip % stft.hop :])
    return np.concatenate(parts, axis=1)


def _gains(power: np.ndarray, noise: np.ndarray, pause: np.ndarray, floor: float) -> np.ndarray:
    """Gains ``floor`` … 1 [shape as ``power``]; 1 where the noise is not known."""
    known = noise.sum(axis=1) > 0.0
    if not known.any():
        return np.ones_like(power)
    gamma = power / np.maximum(noise, _SILENCE)
    gains = np.maximum(_decided(gamma), _decided(gamma[::-1])[::-1])
    resting = ndimage.uniform_filter1d(ndimage.binary_erosion(pause, np.ones(3)).astype(np.float32), _FADE_FRAMES)
    gains = np.maximum(gains * (1.0 - resting[:, None]), np.float32(floor))
    gains[~known] = 1.0
    return gains


def _decided(gamma: np.ndarray) -> np.ndarray:
    """Gain xi / (1 + xi) with xi = alpha · G²(previous) · gamma(previous) + (1 - alpha) · max(gamma - 1, 0)."""
    gains = np.empty_like(gamma)
    previous = np.maximum(gamma[0] - 1.0, 0.0)
    for index, current in enumerate(gamma):
        xi = np.maximum(_ALPHA * previous + (1.0 - _ALPHA) * np.maximum(current - 1.0, 0.0), _MIN_XI)
        gains[index] = xi / (1.0 + xi)
        previous = np.square(gains[index]) * current
    return gains


def floor_power(power: np.ndarray, pause: np.ndarray) -> np.ndarray:
    """Power of the noise in each frame and bin; 0 where no pause is near.

    Parameters
    ----------
    power : ndarray [shape=(frames, bins)]
        Short-time power spectra of `frames_at`.
    pause : ndarray of bool [shape=(frames,)]
        See `pauses`.
    """
    size = tones.odd(2 * REACH_S)
    frames = tones.around(pause.astype(np.float64), size)
    sums = tones.around(np.where(pause[:, None], power, 0.0).astype(np.float64), size)
    enough = frames >= _MIN_PAUSE_S / tones.HOP_S
    noise = np.where(enough[:, None], sums / np.maximum(frames, 1.0)[:, None], 0.0)
    smooth: np.ndarray = ndimage.uniform_filter1d(noise, 3, axis=1, mode="nearest").astype(np.float32)
    return smooth


def pauses(power: np.ndarray, rate: int) -> np.ndarray:
    """Which frames hold steady noise and nothing else [shape=(frames,)]."""
    if not len(power):
        return np.zeros(0, dtype=bool)
    size = tones.odd(_STEADY_S)
    level_db = 10.0 * np.log10(np.maximum(ndimage.uniform_filter1d(power.sum(axis=1), 3, mode="nearest"), _SILENCE))
    mean = ndimage.uniform_filter1d(level_db, size, mode="nearest")
    spread_db = np.sqrt(np.maximum(ndimage.uniform_filter1d(np.square(level_db), size, mode="nearest") - mean**2, 0.0))
    reach = tones.odd(2 * REACH_S)
    silent = ndimage.maximum_filter1d(level_db, size, mode="nearest") < level_db.max() - _RANGE_DB
    silent |= level_db <= 10.0 * np.log10(_SILENCE) + 1.0
    lowest_db = ndimage.percentile_filter(
        np.where(silent, level_db.max(), mean)[::4], 100.0 * _LOWEST, max(reach // 4, 1), mode="nearest"
    )
    lowest_db = np.repeat(lowest_db, 4)[: len(mean)]
    steady = (spread_db < _MAX_SPREAD_DB) & (mean < lowest_db + _NEAR_LOWEST_DB)
    steady &= ~silent
    padded = np.pad(mean, size // 2, mode="edge")
    steady &= np.abs(padded[size - 1 :] - padded[: len(mean)]) < _MAX_FALL_DB
    if steady.any():
        steady &= _is_toneless(power, rate, size)
    runs: np.ndarray = ndimage.binary_opening(steady, np.ones(size // 2))
    return runs


def _is_toneless(power: np.ndarray, rate: int, size: int) -> np.ndarray:
    """Where the mean spectrum of 0.3 s is flat, and no bin stands far above its neighbours [shape=(frames,)]."""
    mean, flatness = tones.flatness(power, tones.inside(frames_at(rate), rate, tones.VOICE_HZ), size)
    toneless: np.ndarray = flatness > _MIN_FLATNESS
    at = np.flatnonzero(toneless)
    envelope = ndimage.median_filter(mean[at], (1, tones.ENVELOPE_BINS), mode="nearest")
    toneless[at] = (mean[at] / envelope).max(axis=1) < _MAX_PEAK
    return toneless
