"""Whether what a denoiser took out is noise, or the sound itself: a singer taken for a speaker, or an instrument.

Noise is there whether the voice sounds or not: what was taken out hardly follows the level of the recording, most of it
remains where the recording is quiet, and its spectrum is flat. What a network takes out of a song goes up and down with
the song, is lost where the song is quiet, and has the song's harmonics. A logistic model of five such numbers over 20 s
says how sure that is. Where nearly everything is taken away for so long, the network is doubted in any case.
"""

from __future__ import annotations

import numpy as np

from mixengine.separation_models import tones

REACH_S = 10.0
"""Seconds before and after a moment that are looked at."""
STEP_S = 0.5
FEATURES = ("loss_db", "flatness", "follows", "left_in_quiet_db", "lost_in_quiet_db")
"""What `describe` says: loss of level; flatness of what was taken out; correlation of its level (dB) with that of the
recording; its level in the quietest fifth against its mean; level of what remains there against the recording."""

_FRAME_S = 0.05
_MIN_FRAMES = 10
_SOUNDING_DB = -70.0
_QUIET_SHARE = 20.0
_TINY = 1e-24
_MIN_TAKEN = 1e-9
"""What is taken out counts as 90 dB below the recording where it is less."""
_LIMITS = np.array([[0.0, 20.0], [0.0, 1.0], [-1.0, 1.0], [-30.0, 5.0], [-40.0, 0.0]])
_FROM, _OVER = 0.5, 0.2
"""Probability from which the network is doubted, and over which range it grows to certainty."""

_LOSS_FROM_DB, _LOSS_OVER_DB = 12.0, 3.0
"""A network that takes away so much over 20 s is doubted whatever it was; 5 dB below noise speech loses 6 dB."""

# From tools/train_doubt.py, in the order of `FEATURES`; the last weight is the constant.
# fmt: off
_MEANS = np.array([4.74, 0.767, 0.301, -6.117, -14.249])
_SPREADS = np.array([6.998, 0.197, 0.513, 7.942, 12.694])
_WEIGHTS = np.array([0.166, -1.592, 0.66, -0.842, -2.256, -0.886])
# fmt: on


def doubt(block: np.ndarray, made: np.ndarray, share: np.ndarray, rate: int, start: int = 0) -> np.ndarray:
    """How far a denoiser is to be doubted, 0 … 1 [shape=(frames,)]; for the parameters see `describe`."""
    rows = describe(block, made, share, rate, start)
    at = positions(len(block), rate, start)
    logit = (rows - _MEANS) / _SPREADS @ _WEIGHTS[:-1] + _WEIGHTS[-1]
    probability = np.nan_to_num(1.0 / (1.0 + np.exp(-logit)), nan=0.0)
    doubts = np.clip((probability - _FROM) / _OVER, 0.0, 1.0)
    doubts = np.maximum(doubts, np.clip((np.nan_to_num(rows[:, 0], nan=0.0) - _LOSS_FROM_DB) / _LOSS_OVER_DB, 0.0, 1.0))
    shape: np.ndarray = np.interp(np.arange(start, start + len(block)), at, doubts).astype(np.float32)
    return shape


def positions(frames: int, rate: int, start: int) -> np.ndarray:
    """Every half second of the file within a stretch, at least one [shape=(steps,), unit=frames of the file]."""
    step = max(round(STEP_S * rate), 1)
    at = np.arange(-(-start // step), -(-(start + frames) // step)) * step
    return at if len(at) else np.array([start])


def describe(block: np.ndarray, made: np.ndarray, share: np.ndarray, rate: int, start: int = 0) -> np.ndarray:
    """The `FEATURES` around each of `positions` [shape=(steps, features)]; NaN where hardly anything sounds.

    Parameters
    ----------
    block, made : ndarray of float32 [shape=(frames, channels)]
        A stretch of the recording and what the denoiser made of it.
    share : ndarray [shape=(frames,), range 0 to 1]
        How far each frame goes through the denoiser; those that do not are not looked at.
    rate : int > 0
    start : int >= 0
        Position of the stretch in the file, in frames.
    """
    size = max(round(_FRAME_S * rate), 1)
    lead = start % size
    does_count = (share > 0.0).astype(np.float32)[:, None]
    taken = (block - made) * does_count
    before, after, out, counted = (_frame_powers(each, lead, size) for each in (block, made, taken, does_count))
    flatness = tones.flatness_around(taken, rate, start)
    reach = round(REACH_S / _FRAME_S)
    rows = []
    for at in positions(len(block), rate, start):
        middle = (at - start + lead) // size
        near = slice(max(middle - reach, 0), middle + reach)
        level_db = 10.0 * np.log10(before[near])
        counts = counted[near] > 0.5
        if counts.any():
            counts &= level_db > np.percentile(level_db[counts], 95.0) + _SOUNDING_DB
        if counts.sum() < _MIN_FRAMES:
            rows.append(np.full(len(FEATURES), np.nan))
            continue
        values = _values(before[near][counts], after[near][counts], out[near][counts])
        flat = flatness[min(at - start, len(block) - 1)]
        rows.append(np.clip(np.array([values[0], flat, *values[1:]]), *_LIMITS.T))
    return np.array(rows)


def _frame_powers(block: np.ndarray, lead: int, size: int) -> np.ndarray:
    """Mean power of each frame of the file that a stretch touches [shape=(frames,)]."""
    padded = np.pad(block, ((lead, -(lead + len(block)) % size), (0, 0)))
    mean: np.ndarray = np.square(padded, dtype=np.float64).reshape(-1, size * block.shape[1]).mean(axis=1) + _TINY
    return mean


def _values(before: np.ndarray, after: np.ndarray, out: np.ndarray) -> list[float]:
    """All `FEATURES` but the flatness, from powers of sounding frames."""
    out = np.maximum(out, _MIN_TAKEN * before)
    before_db, out_db = 10.0 * np.log10(before), 10.0 * np.log10(out)
    quiet = before_db <= np.percentile(before_db, _QUIET_SHARE)
    spread = before_db.std() * out_db.std()
    follows = np.mean((before_db - before_db.mean()) * (out_db - out_db.mean())) / spread if spread > 1e-6 else 1.0
    return [
        10.0 * float(np.log10(before.sum() / after.sum())),
        float(follows),
        10.0 * float(np.log10(out[quiet].mean() / out.mean())),
        10.0 * float(np.log10(after[quiet].mean() / before[quiet].mean())),
    ]
