"""The compressor's gain: a soft-kneed curve on single samples, one low-pass for rise and fall.

The gain in dB of every sample follows from the side chain's level (no detector smoothing), then goes through one
one-pole low-pass that starts at 0 dB. The attack is its 10–90 % time, τ = attack / 2.197. These are the equations of
dasp-pytorch [1]_, whose release has no effect and does not exist here. `mixengine.jobs.match.console.compressor` is
the same by transform, for gradients.

References
----------
.. [1] C. J. Steinmetz et al., "Style transfer of audio effects with differentiable signal processing", J. Audio Eng.
   Soc. 70 (9), 2022; the package dasp-pytorch.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mixengine.audio.arrays import namespace
from mixengine.model.session import CompressorSettings

_EPS = 1e-8
SIDE_CHAINS = {"sum": lambda channels: 1.0, "mean": lambda channels: 1.0 / channels}
"""Scale of the summed channels in the level detector: their plain sum (as published), or their mean, which for a
centred sound is the level of one channel and so what a threshold in REAPER refers to."""
_MIN_ATTACK_MS, _MIN_KNEE_DB = 1e-3, 1e-6
"""Lower limits, because the equations divide by both; the difference from 0 is inaudible."""


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


def decay(attack_ms: Any, rate: float) -> Any:
    """Exponent of α in the low-pass y = (1 − α) x + α y₋₁, for its 10–90 % time."""
    return -math.log(9.0) * 1000.0 / (rate * attack_ms)


def values(settings: CompressorSettings) -> np.ndarray:
    """ReaComp's settings as the equations take them.

    Returns
    -------
    ndarray [shape=(6,)]
        Threshold in dB, ratio, attack in ms (> 0), release in ms (not used), knee in dB (> 0), make-up in dB.
    """
    return np.array(
        [
            settings.threshold_db,
            settings.ratio,
            max(settings.attack_ms, _MIN_ATTACK_MS),
            settings.release_ms,
            max(settings.knee_db, _MIN_KNEE_DB),
            settings.makeup_db,
        ]
    )


def lookahead_frames(settings: CompressorSettings, rate: int) -> int:
    """Look-ahead in frames."""
    return max(round(settings.lookahead_ms * rate / 1000.0), 0)


class GainComputer:
    """The gain of a compressor, block by block, in double precision.

    Parameters
    ----------
    values : ndarray [shape=(6,)]
        As `values` returns them.
    rate : int > 0
    side_chain : str
        A name of `SIDE_CHAINS`.
    """

    def __init__(self, values: np.ndarray, rate: int, *, side_chain: str = "sum") -> None:
        self._threshold_db, self._ratio, attack_ms, _, self._knee_db, self._makeup_db = map(float, values)
        rest = -math.expm1(decay(attack_ms, rate))
        self._filter = ([rest], [1.0, rest - 1.0])
        self._state = np.zeros(1)
        self._side_chain = side_chain

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """Amplitude, make-up included [shape=(frames,)], that the next frames [shape=(channels, frames)] ask for."""
        if not block.shape[1]:
            return np.zeros(0)  # lfilter makes up a state for no frames
        side = block.sum(axis=0) * SIDE_CHAINS[self._side_chain](len(block))
        static_gain_db = curve_db(level_db(side), self._threshold_db, self._ratio, self._knee_db)
        from scipy import signal

        gain_db, self._state = signal.lfilter(*self._filter, static_gain_db, zi=self._state)
        return 10.0 ** ((gain_db + self._makeup_db) / 20.0)
