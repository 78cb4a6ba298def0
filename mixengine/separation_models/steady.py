"""Where a denoiser takes more of a voice than the pauses explain, though these tell all about the noise.

The pauses of a recording show its steady noise (`noise_floor`). Where that noise is all there is beside the voice, and
the network takes out more than that, it takes the voice, and a gain that follows from the pauses does better. Four
things must come together:

- what the network removes as a whole, the moments in which it hears no voice, is as loud as the noise in the pauses: no
  dog barks, no cup falls, of which pauses know nothing;
- the sound stands well above that noise;
- the network keeps most of that sound: it is no noise that comes and goes;
- what it takes out of it is louder than the noise.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from mixengine.separation_models import noise_floor, tones

_REMOVED_DB = -10.0
_MIN_REMOVED_S = 0.3
_EXPLAINED_TO_DB, _EXPLAINED_OVER_DB = 1.0, 2.0
"""How far above the known noise the removed moments may lie, and over which range the share falls to none."""
_STANDS_OUT_FROM_DB, _STANDS_OUT_OVER_DB = 10.0, 4.0
_KEPT_FROM_DB, _KEPT_OVER_DB = -6.0, 3.0
_TOO_MUCH_FROM_DB, _TOO_MUCH_OVER_DB = 2.0, 2.0
"""How much louder than the known noise what is taken out must be; rain rises and falls by 1 dB."""
_NEAR_S = 0.3
_FADE_S = 0.1
_TINY = 1e-20


def share(block: np.ndarray, made: np.ndarray, rate: int, start: int = 0) -> np.ndarray:
    """How far the pauses are to decide instead of the denoiser, 0 … 1 [shape=(frames,)].

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
    before, after = (stft.forward(np.pad(each, ((skip, 0), (0, 0)))) for each in (block, made))
    power, *levels = (np.square(np.abs(each)).mean(axis=0) for each in (before, after, before - after))
    noise = noise_floor.floor_power(power, noise_floor.pauses(power, rate))
    recorded, left, taken, known = (each.sum(axis=1).astype(np.float64) for each in (power, *levels, noise))
    shares = _shares(recorded, left, taken, known, stft.hop / rate)
    shape: np.ndarray = np.interp(np.arange(len(block)) + skip, np.arange(len(shares)) * stft.hop, shares)
    return shape.astype(np.float32)


def _shares(before: np.ndarray, after: np.ndarray, taken: np.ndarray, noise: np.ndarray, hop_s: float) -> np.ndarray:
    """The share in each frame, from powers: recorded, left by the denoiser, taken out by it, and of the known noise."""
    known = noise > 0.0
    near, reach, fade = (tones.odd(seconds, hop_s) for seconds in (_NEAR_S, 2.0 * noise_floor.REACH_S, _FADE_S))
    before_near, after_near, taken_near = (ndimage.uniform_filter1d(each, near) for each in (before, after, taken))
    removed = known & (_db(after_near, before_near) < _REMOVED_DB)
    count = tones.around(removed.astype(np.float64), reach)
    excess_db = _db(
        tones.around(np.where(removed, before, 0.0), reach),
        tones.around(np.where(removed, noise, 0.0), reach),
    )
    explained = np.clip(1.0 - (excess_db - _EXPLAINED_TO_DB) / _EXPLAINED_OVER_DB, 0.0, 1.0)
    explained *= count >= _MIN_REMOVED_S / hop_s
    stands_out = np.clip((_db(before_near, noise) - _STANDS_OUT_FROM_DB) / _STANDS_OUT_OVER_DB, 0.0, 1.0)
    kept = np.clip((_db(after_near, before_near) - _KEPT_FROM_DB) / _KEPT_OVER_DB, 0.0, 1.0)
    too_much = np.clip((_db(taken_near, noise) - _TOO_MUCH_FROM_DB) / _TOO_MUCH_OVER_DB, 0.0, 1.0)
    eaten = ndimage.maximum_filter1d(stands_out * kept * too_much, near)
    shares: np.ndarray = ndimage.uniform_filter1d(explained * eaten * known, fade)
    return shares


def _db(power: np.ndarray, reference: np.ndarray) -> np.ndarray:
    ratio: np.ndarray = 10.0 * np.log10(np.maximum(power, _TINY) / np.maximum(reference, _TINY))
    return ratio
