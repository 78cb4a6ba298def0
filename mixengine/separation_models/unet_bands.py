"""The mel bands of the network's input and output, at any sample rate.

A frame lasts 32 ms at every rate, so that a bin is 31.25 Hz wide at every rate and one network serves all of them;
nothing is resampled. Bands follow the mel scale but are never narrower than a bin. Above 8 kHz, where the network was
not trained, the mean of its gains above 6.5 kHz is used.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

HOP_S = 0.016
BIN_HZ = 1 / (2 * HOP_S)
BANDS = 128
TOP_HZ = 8000.0
_MEL_BREAK_HZ = 700.0
_EXTENDED_FROM_HZ = 6500.0


def hop(rate: int) -> int:
    """Samples between frames at ``rate`` Hz; a frame is twice as long."""
    return max(1, round(HOP_S * rate))


@lru_cache(maxsize=1)
def centres_hz() -> np.ndarray:
    """Centre frequencies of the `BANDS` bands, 0 … 8 kHz: one bin apart, then equally spaced in mel."""
    low, high = 0.0, 1.0
    for _ in range(60):
        growth = (low + high) / 2
        low, high = (growth, high) if _centres_for(growth)[-1] < TOP_HZ else (low, growth)
    return _centres_for((low + high) / 2)


def _centres_for(growth: float) -> np.ndarray:
    centres = [0.0]
    while len(centres) < BANDS:
        centres.append(centres[-1] + max(BIN_HZ, growth * (centres[-1] + _MEL_BREAK_HZ)))
    return np.array(centres)


@lru_cache(maxsize=16)
def synthesis(rate: int) -> np.ndarray:
    """Matrix (bands, bins) that spreads band gains over the bins of a frame, linearly between centres."""
    size = 2 * hop(rate)
    bins_hz = np.arange(size // 2 + 1) * rate / size
    centres = centres_hz()
    matrix = np.stack([np.interp(bins_hz, centres, row) for row in np.eye(BANDS)])
    above = bins_hz > TOP_HZ
    extended = centres >= _EXTENDED_FROM_HZ
    matrix[:, above] = (extended / extended.sum())[:, None]
    return matrix.astype(np.float32)


@lru_cache(maxsize=16)
def analysis(rate: int) -> np.ndarray:
    """Matrix (bins, bands): mean power in each band. Bands above the Nyquist frequency stay empty."""
    size = 2 * hop(rate)
    weights = synthesis(rate).T.copy()
    weights[np.arange(len(weights)) * rate / size > TOP_HZ] = 0.0
    total = weights.sum(axis=0)
    return (weights / np.where(total > 0, total, 1.0)).astype(np.float32)
