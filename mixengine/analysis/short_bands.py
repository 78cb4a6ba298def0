"""Short-time powers of a few wide bands, and the level of the voice around each moment."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy import fft, ndimage

from mixengine.audio.reading import Overlapping, Read

STEP_S = 0.005
_BATCH = 400
_GATE = 0.1
"""Frames 10 dB below the mean do not count as speaking, as in BS.1770."""
_AROUND_S = 3.0
SILENT = 1e-14


def short_powers(read: Read, rate: int, frames: int, edges_hz: Sequence[float], frame_s: float) -> np.ndarray:
    """Power in each band every `STEP_S`, of all channels together.

    Parameters
    ----------
    read : callable
        Reads the recording from its start.
    edges_hz : sequence of float
        Ascending; one band between each two.
    frame_s : float
        Length of a frame, centred on its step.

    Returns
    -------
    ndarray [shape=(steps, bands)]
        Mean squares, as of a sine its square over 2.
    """
    hop, half = max(round(STEP_S * rate), 1), max(round(frame_s * rate / 2), 1)
    count, read = frames // hop + 1, Overlapping(read)
    window = np.hanning(2 * half + 1)[:-1].astype(np.float32)
    scale = 2.0 / (2 * half * float(np.square(window, dtype=np.float64).sum()))
    bins = np.round(np.array(edges_hz) * 2 * half / rate).astype(int)
    out = np.zeros((count, len(edges_hz) - 1))
    for first in range(0, count, _BATCH):
        last = min(first + _BATCH, count)
        begin, end = first * hop - half, (last - 1) * hop + half
        block = read(max(begin, 0), min(end, frames) - max(begin, 0))
        block = np.pad(block, ((max(-begin, 0), max(end - frames, 0)), (0, 0)))
        framed = np.lib.stride_tricks.sliding_window_view(block, 2 * half, axis=0)[::hop]
        power = np.square(np.abs(fft.rfft(framed * window, axis=-1))).sum(axis=1) * scale
        for band, (low, high) in enumerate(pairwise(bins.tolist())):
            out[first:last, band] = power[:, low : max(high, low + 1)].sum(axis=1)
    return out


def voice_db(powers: np.ndarray) -> np.ndarray:
    """Level of what speaks within some seconds of each step, in dB [shape=(steps,)].

    Parameters
    ----------
    powers : ndarray [shape=(steps,)]
        Of all that the voice holds.
    """
    speaks = powers > max(_GATE * powers[powers > SILENT].mean() if (powers > SILENT).any() else 0.0, SILENT)
    size = _AROUND_S / STEP_S
    weight = ndimage.gaussian_filter1d(speaks.astype(float), size, mode="constant")
    around = ndimage.gaussian_filter1d(np.where(speaks, powers, 0.0), size, mode="constant")
    # far from all speech the mean of all of it
    whole = powers[speaks].mean() if speaks.any() else SILENT
    level_db: np.ndarray = 10.0 * np.log10(np.where(weight > 1e-3, around / np.maximum(weight, 1e-3), whole) + SILENT)
    return level_db


def runs(inside: np.ndarray, max_gap: int, shortest: int, longest: int) -> list[tuple[int, int]]:
    """First step and the one after the last of each run, gaps of up to ``max_gap`` steps closed."""
    closed = ndimage.binary_closing(np.pad(inside, max_gap + 1), np.ones(max_gap + 1)) if max_gap else np.pad(inside, 1)
    edges = np.flatnonzero(np.diff(closed.astype(np.int8))) - (max_gap if max_gap else 0)
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2) if shortest <= b - a <= longest]
