"""The compressor: a soft-kneed curve on single samples, one low-pass for rise and fall, the audio delayed behind it.

The gain in dB of every sample follows from the side chain's level (no detector smoothing), then goes through one
one-pole low-pass that starts at 0 dB. The attack is its 10–90 % time, τ = attack / 2.197; the published release has no
effect and does not exist here.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import signal

from mixengine.style.arrays import namespace
from mixengine.style.console.transform import decay, one_pole

_EPS = 1e-8
SIDE_CHAINS = {"sum": lambda channels: 1.0, "mean": lambda channels: 1.0 / channels}
"""What the level is taken of: the plain sum of the channels (published), or their mean, which for a centred sound is
the level of one channel and so what a threshold in REAPER means."""


def level_db(side: Any) -> Any:
    """20 log10 max(|x|, 1e-8)."""
    xp = namespace(side)
    return 20.0 * xp.log10(xp.clip(xp.abs(side), _EPS, None))


def curve_db(level: Any, threshold_db: Any, ratio: Any, knee_db: Any) -> Any:
    """Static gain in dB, ≤ 0, at a level in dB.

    Parameters
    ----------
    ratio : ≥ 1
    knee_db : > 0
        Width of the quadratic transition around the threshold.
    """
    xp = namespace(level)
    over = level - threshold_db
    # (1/R − 1) (x − T + W/2)² / 2W inside the knee, (1/R − 1) (x − T) above it
    bent = xp.minimum(xp.clip(over + knee_db / 2, 0.0, None), knee_db + 0.0 * over)
    return (1.0 / ratio - 1.0) * (bent**2 / (2.0 * knee_db) + xp.clip(over - knee_db / 2, 0.0, None))


def compressed(
    x: Any, values: Any, rate: int, *, lookahead: int, side_chain: str = "sum", tail: int | None = None
) -> Any:
    """A signal [shape=(…, channels, frames)] through the compressor, from rest, by transform.

    Parameters
    ----------
    values : array or tensor [shape=(…, 6)]
        Threshold in dB, ratio, attack in ms, release (not used), knee in dB, make-up in dB.
    lookahead : int ≥ 0
        Frames by which the audio is delayed behind its gain.
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
    """The signal ``frames`` later, silence before, as long as it was."""
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
        self._threshold_db, self._ratio, attack_ms, _, self._knee_db, self._makeup_db = map(float, values)
        rest = -math.expm1(decay(attack_ms, rate))
        self._filter = ([rest], [1.0, rest - 1.0])
        self._state = np.zeros(1)
        self._lookahead, self._side_chain = lookahead, side_chain
        self._late: np.ndarray | None = None

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """The next frames [shape=(channels, frames)]."""
        side = block.sum(axis=0) * SIDE_CHAINS[self._side_chain](len(block))
        wanted_db = curve_db(level_db(side), self._threshold_db, self._ratio, self._knee_db)
        gain_db, self._state = signal.lfilter(*self._filter, wanted_db, zi=self._state)
        if self._late is None:
            self._late = np.zeros((len(block), self._lookahead))
        joined = np.concatenate([self._late, block], axis=1)
        self._late = joined[:, block.shape[1] :]
        return joined[:, : block.shape[1]] * 10.0 ** ((gain_db + self._makeup_db) / 20.0)
