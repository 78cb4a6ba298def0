"""The compressor's curve, and the published compressor of dasp-pytorch [1]_.

There the gain in dB of every sample follows from the level of the summed channels (no detector smoothing), then goes
through one one-pole low-pass that starts at 0 dB. The attack is its 10–90 % time, τ = attack / 2.197; the release has
no effect and does not exist here. `mixengine.jobs.match.console.compressor` is the same by transform, for gradients.
What REAPER does is in `mixengine.audio.reacomp`.

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


def lookahead_frames(settings: CompressorSettings, rate: int) -> int:
    """Look-ahead in frames."""
    return max(round(settings.lookahead_ms * rate / 1000.0), 0)


class GainComputer:
    """The gain of a compressor, block by block, in double precision.

    Parameters
    ----------
    values : ndarray [shape=(6,)]
        Threshold in dB, ratio, attack in ms (> 0), release in ms (not used), knee in dB (> 0), make-up in dB.
    rate : int > 0
    """

    def __init__(self, values: np.ndarray, rate: int) -> None:
        self._threshold_db, self._ratio, attack_ms, _, self._knee_db, self._makeup_db = map(float, values)
        rest = -math.expm1(decay(attack_ms, rate))
        self._filter = ([rest], [1.0, rest - 1.0])
        self._state = np.zeros(1)

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """Amplitude, make-up included [shape=(frames,)], that the next frames [shape=(channels, frames)] ask for."""
        if not block.shape[1]:
            return np.zeros(0)  # lfilter makes up a state for no frames
        static_gain_db = curve_db(level_db(block.sum(axis=0)), self._threshold_db, self._ratio, self._knee_db)
        from scipy import signal

        gain_db, self._state = signal.lfilter(*self._filter, static_gain_db, zi=self._state)
        return 10.0 ** ((gain_db + self._makeup_db) / 20.0)
