"""REAPER's laws as plain formulas, written out a second time: what the product is compared with."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np


def resampled(
    source: Callable[[np.ndarray], np.ndarray], start: int, step: float, m: np.ndarray, points: int = 192
) -> np.ndarray:
    """Frames ``m`` of a source [from frame numbers to shape=(…, channels)] that begins at ``start``.

    A sinc under a Blackman-Harris window, linear between 32 fractions of a frame up to 192 points, exact beyond.
    """
    cut = 1.0 / (1.03 * step) if step > 1.0 else 1.0
    k = np.arange(points) - points // 2 + 1

    def taps(fraction: np.ndarray) -> np.ndarray:
        x = k - fraction[..., None]
        v = 2.0 * math.pi * (x / points + 0.5)
        window = 0.35875 - 0.48829 * np.cos(v) + 0.14128 * np.cos(2.0 * v) - 0.01168 * np.cos(3.0 * v)
        return np.sinc(cut * x) * window

    slices = taps(np.arange(33) / 32.0)
    scale = slices[:-1].sum() / 32.0
    position = start + m * step
    whole = np.floor(position).astype(int)
    fraction = position - whole
    if points <= 192:
        slot = np.floor(fraction * 32.0).astype(int)
        part = (fraction * 32.0 - slot)[:, None]
        weights = (1.0 - part) * slices[slot] + part * slices[slot + 1]
    else:
        weights = taps(fraction)
    first = int(whole.min()) + int(k[0])
    numbers = np.arange(first, int(whole.max()) + int(k[-1]) + 1)
    sound = source(numbers) * (numbers >= start)[:, None]
    return np.einsum("nk,nkc->nc", weights / scale, sound[whole[:, None] + k - first])


def early_pan(pan: float) -> tuple[float, float]:
    """Left and right of a pan at the 0 dB law in projects that state no taper."""
    angle = (1.0 + pan) * math.pi / 4.0
    factor = 1.0 + math.sqrt(2.0) - 1.0 / math.cos(math.pi * pan / 4.0)
    return factor * math.cos(angle), factor * math.sin(angle)
