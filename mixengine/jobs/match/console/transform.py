"""Recursive filters by transform, long enough that the ringing does not wrap around (no time aliasing)."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from scipy import fft

from mixengine.audio.arrays import constant, namespace
from mixengine.audio.compressor import decay


def transform_length(frames: int, tail: int | None = None) -> int:
    """Length of a transform in which a filter's ringing does not wrap around to the start.

    Parameters
    ----------
    frames : int > 0
        Of the signal.
    tail : int ≥ 0, optional
        Frames after which the ringing may be cut off; default: as long as the signal, as published.
    """
    return int(fft.next_fast_len(frames + (frames - 1 if tail is None else min(tail, frames - 1)), real=True))


def one_pole(x: Any, attack_ms: Any, rate: float, tail: int | None = None) -> Any:
    """The low-pass y = (1 − α) x + α y₋₁, α = exp(−ln 9 / (rate · attack)), from rest, by transform.

    Parameters
    ----------
    x : array or tensor [shape=(…, frames)]
    attack_ms : array or tensor [shape=(…, 1)]
        10–90 % time.
    """
    xp = namespace(x)
    n_fft = transform_length(x.shape[-1], tail)
    sin2, _, sine = (constant(part, x) for part in transform_bins(n_fft))
    rest = -xp.expm1(decay(attack_ms, rate))  # 1 − α, not rounded away
    # 1 − α e^(−jw) = (1 − α) + 2 α sin²(w/2) + j α sin w
    curve = rest / (rest + (1.0 - rest) * (2.0 * sin2 + 1j * sine))
    return xp.fft.irfft(xp.fft.rfft(x, n_fft) * curve, n_fft)[..., : x.shape[-1]]


@functools.lru_cache(maxsize=8)
def transform_bins(n_fft: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """sin²(w/2), cos²(w/2) and sin w of the bins."""
    half = np.pi * np.arange(n_fft // 2 + 1) / n_fft
    return np.sin(half) ** 2, np.cos(half) ** 2, np.sin(2.0 * half)
