"""The compressor of the console: by transform (differentiable), and as a stream with `mixengine.audio.compressor`."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixengine.audio.arrays import namespace
from mixengine.audio.compressor import SIDE_CHAINS, GainComputer, curve_db, level_db
from mixengine.audio.delay import Delay
from mixengine.jobs.match.console.transform import one_pole


def compressed(
    x: Any, values: Any, rate: int, *, lookahead: int, side_chain: str = "sum", tail: int | None = None
) -> Any:
    """A signal [shape=(…, channels, frames)] through the compressor, from rest, by transform.

    Parameters
    ----------
    values : array or tensor [shape=(…, 6)]
        Threshold in dB, ratio, attack in ms, release (not used), knee in dB, make-up in dB.
    lookahead : int ≥ 0
        Frames by which the audio is delayed relative to its gain.
    tail : int, optional
        See `transform.transform_length`.
    """
    xp = namespace(x)
    threshold_db, ratio, attack_ms, _, knee_db, makeup_db = (values[..., index, None] for index in range(6))
    side = xp.sum(x, -2) * SIDE_CHAINS[side_chain](x.shape[-2])
    gain_db = one_pole(curve_db(level_db(side), threshold_db, ratio, knee_db), attack_ms, rate, tail)
    gain = 10.0 ** ((gain_db + makeup_db) / 20.0)
    return delayed(x, lookahead) * gain[..., None, :]


def delayed(x: Any, frames: int) -> Any:
    """The signal delayed by ``frames``, zeros before, of unchanged length."""
    if not frames:
        return x
    xp = namespace(x)
    silence = xp.zeros_like(x[..., : min(frames, x.shape[-1])])
    return xp.concatenate([silence, x[..., : max(x.shape[-1] - frames, 0)]], -1)


class Compressor:
    """Audio through the compressor, block by block, in double precision; delayed by ``lookahead`` frames.

    Parameters
    ----------
    values : ndarray [shape=(6,)]
        As `compressed` takes them.
    """

    def __init__(self, values: np.ndarray, rate: int, *, lookahead: int, side_chain: str = "sum") -> None:
        self._gain = GainComputer(values, rate, side_chain=side_chain)
        self._delay = Delay(lookahead)

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """The next frames [shape=(channels, frames)]."""
        return self._delay(block.T).T * self._gain(block)
