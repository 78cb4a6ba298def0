"""Integrated loudness as [Diff-MST] measures it: pyloudnorm with its default filters.

The gating is that of BS.1770; the K filters are cookbook approximations, up to 0.04 LU from the standard, and the
number of gating blocks is rounded, so that the last one may extend beyond the signal. Only for checkpoints, whose input
must be levelled as in their training.

References
----------
.. [1] C. Steinmetz, J. Reiss, "pyloudnorm: a simple yet flexible loudness meter in Python", AES 150 (2021).
"""

from __future__ import annotations

import numpy as np
from scipy import signal

from mixengine.audio.k_weighting import k_weighting
from mixengine.audio.loudness import channel_weights, gated_lufs
from mixengine.jobs.match.console.parameters import RATE

_BLOCK_S = 0.4
_STEP = 0.25


def integrated_lufs(samples: np.ndarray, rate: int = RATE) -> float:
    """Gated loudness in LUFS; ``-inf`` for silence, or when nothing reaches -70 LUFS.

    Parameters
    ----------
    samples : ndarray [shape=(frames, channels)]
        At least 0.4 s. A single channel counts once.
    rate : int > 0

    Raises
    ------
    ValueError
        Shorter than 0.4 s.
    """
    if len(samples) < _BLOCK_S * rate:
        raise ValueError(f"{len(samples)} frames are less than the meter's block of {_BLOCK_S} s at {rate} Hz")
    weighted = signal.sosfilt(k_weighting(rate, "pyloudnorm"), np.asarray(samples, dtype=np.float64), axis=0)
    power = np.square(weighted) @ channel_weights(samples.shape[1])
    blocks = round((len(samples) / rate - _BLOCK_S) / (_BLOCK_S * _STEP)) + 1
    starts = [int(_BLOCK_S * (block * _STEP) * rate) for block in range(blocks)]
    stops = [int(_BLOCK_S * (block * _STEP + 1.0) * rate) for block in range(blocks)]
    sums = np.array([power[start:stop].sum() for start, stop in zip(starts, stops, strict=True)])
    return gated_lufs(sums / (_BLOCK_S * rate))
