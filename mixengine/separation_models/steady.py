"""Where a denoiser may take no more than the pauses explain: at a voice that stands well above a steady noise.

The pauses of a recording show its steady noise (`noise_floor`). Where that noise is all there is beside the voice, a
gain that follows from it takes as much of the noise as a network, and is not mistaken in the voice. Three things must
come together:

- what the network removes as a whole, the moments in which it hears no voice, is as loud as the noise in the pauses: no
  dog barks, no cup falls, of which pauses know nothing;
- the sound stands well above that noise;
- the network itself keeps most of that sound: it is no noise that comes and goes.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from mixengine.separation_models import noise_floor, tones

_REMOVED_DB = -10.0
_MIN_REMOVED_S = 0.3
_EXPLAINED_TO_DB, _EXPLAINED_OVER_DB = 2.0, 2.0
"""How far above the known noise the removed moments may lie, and over which range the share falls to none."""
_STANDS_OUT_FROM_DB, _STANDS_OUT_OVER_DB = 10.0, 4.0
"""Speech 10 dB and more above made noise: 0.1 to 0.4 dB better than the network, 5 dB above it as good."""
_KEPT_FROM_DB, _KEPT_OVER_DB = -6.0, 3.0
_NEAR_S = 0.3
_FADE_S = 0.1
_TINY = 1e-20


def share(block: np.ndarray, made: np.ndarray, rate: int, start: int = 0) -> np.ndarray:
    """How far the steady noise is all that is to be removed, 0 … 1 [shape=(frames,)].

    Parameters
    ----------
    block, made : ndarray of float32 [shape=(frames, channels)]
        A stretch of the recording and what the denoiser made of it.
    rate : int > 0
    start : int >= 0
        Position of the stretch in the file, in frames.
    """
    stft = tones.frames_at(rate)
    skip = start % stft.hop
    powers = [np.square(np.abs(stft.forward(np.pad(each, ((skip, 0), (0, 0)))))).mean(axis=0) for each in (block, made)]
    noise = noise_floor.floor_power(powers[0], noise_floor.pauses(powers[0], rate)).sum(axis=1)
    shares = _shares(powers[0].sum(axis=1), powers[1].sum(axis=1), noise, stft.hop / rate)
    shape: np.ndarray = np.interp(np.arange(len(block)) + skip, np.arange(len(shares)) * stft.hop, shares)
    return shape.astype(np.float32)


def _shares(before: np.ndarray, after: np.ndarray, noise: np.ndarray, hop_s: float) -> np.ndarray:
    """The share in each frame, from the powers of the recording, of what the denoiser made, and of the known noise."""
    known = noise > 0.0
    near, reach, fade = (tones.odd(seconds, hop_s) for seconds in (_NEAR_S, 2.0 * noise_floor.REACH_S, _FADE_S))
    before_near, after_near = (ndimage.uniform_filter1d(each.astype(np.float64), near) for each in (before, after))
    removed = known & (_db(after_near, before_near) < _REMOVED_DB)
    count = tones.around(removed.astype(np.float64), reach)
    excess_db = _db(
        tones.around(np.where(removed, before, 0.0).astype(np.float64), reach),
        tones.around(np.where(removed, noise, 0.0).astype(np.float64), reach),
    )
    explained = np.clip(1.0 - (excess_db - _EXPLAINED_TO_DB) / _EXPLAINED_OVER_DB, 0.0, 1.0)
    explained *= count >= _MIN_REMOVED_S / hop_s
    stands_out = np.clip((_db(before_near, noise) - _STANDS_OUT_FROM_DB) / _STANDS_OUT_OVER_DB, 0.0, 1.0)
    kept = np.clip((_db(after_near, before_near) - _KEPT_FROM_DB) / _KEPT_OVER_DB, 0.0, 1.0)
    sounding = ndimage.maximum_filter1d(stands_out * kept, near)
    shares: np.ndarray = ndimage.uniform_filter1d(explained * sounding * known, fade)
    return shares


def _db(power: np.ndarray, reference: np.ndarray) -> np.ndarray:
    ratio: np.ndarray = 10.0 * np.log10(np.maximum(power, _TINY) / np.maximum(reference, _TINY))
    return ratio
