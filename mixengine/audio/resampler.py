"""REAPER's resampler: a windowed sinc over a fixed number of source frames, tabulated at a few fractions of a frame.

This is the sinc mode of Cockos's published WDL resampler (Blackman-Harris window, cut-off 1/(1.03 step) when the rate
falls, linear between neighbouring slices of the table), as REAPER's own renders show it: it begins at a whole source
frame, what lies before that frame counts as silence, and so does what lies behind the end of the file.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np

from mixengine.audio.jit import njit
from mixengine.audio.resample_modes import points_of
from mixengine.model.session import DEFAULT_RESAMPLE_MODE

_TABULATED_POINTS = 192
_SLICES, _FINE_SLICES = 32, 2048
"""Slices of a table: up to 192 points REAPER has 32; beyond it computes every fraction, which 2048 come 130 dB near."""
_MARGIN = 1.03
_WINDOW = (0.35875, 0.48829, 0.14128, 0.01168)
_CHUNK = 16384


@functools.lru_cache(maxsize=16)
def sinc_table(points: int, cut: float) -> np.ndarray:
    """Taps of each slice, and one slice more for the interpolation.

    Parameters
    ----------
    points : int
        Even number of taps.
    cut : float
        Cut-off relative to half the source's rate, 0 … 1.

    Returns
    -------
    ndarray of float32 [shape=(slices + 1, points)]
        Row j column k: the weight of source frame i + k - points/2 + 1 at position i + j / slices.
    """
    slices = _SLICES if points <= _TABULATED_POINTS else _FINE_SLICES
    offsets = np.arange(points) - (points // 2 - 1)
    x = offsets - np.arange(slices + 1)[:, None] / slices
    phase = 2.0 * np.pi * (x / points + 0.5)
    window = sum((-1) ** n * weight * np.cos(n * phase) for n, weight in enumerate(_WINDOW))
    taps = np.sinc(cut * x) * window
    return (taps * (slices / taps[:-1].sum())).astype(np.float32)


class Resampler:
    """Reads a source at positions ``start + m * step`` (source frames) for m = 0, 1, 2 and so on.

    Parameters
    ----------
    read : callable
        From the first frame and a number of frames to audio [shape=(frames, channels), float32]; called for frames in
        a row.
    channels : int
    start : int
        Source frame at which the sound begins: frames before it count as silence.
    step : float > 0
        Source frames per frame of the result.
    mode : int
        REAPER's number of the resampling mode.
    """

    def __init__(
        self,
        read: Callable[[int, int], np.ndarray],
        channels: int,
        start: int,
        step: float,
        mode: int = DEFAULT_RESAMPLE_MODE,
    ) -> None:
        points = points_of(mode)
        self._read, self._start, self._step, self._half = read, start, step, points // 2
        self._table = sinc_table(points, 1.0 / (_MARGIN * step) if step > 1.0 else 1.0)
        self._held = np.zeros((channels, self._half - 1), np.float32)
        self._held_from, self._next, self._done = 1 - self._half, 0, 0  # source frames count from `start`

    def read(self, frames: int) -> np.ndarray:
        """The next frames [shape=(frames, channels), float32]."""
        out = np.empty((frames, len(self._held)), np.float32)
        largest = max(int(_CHUNK / self._step), 1)  # of a fast rate, little at a time
        for at in range(0, frames, largest):
            self._fill(out[at : at + largest])
        return out

    def _fill(self, out: np.ndarray) -> None:
        begin = self._done * self._step
        first = math.floor(begin) - self._half + 1
        last = math.floor((self._done + len(out) - 1) * self._step) + self._half
        if last >= self._next:
            more = self._read(self._start + self._next, last + 1 - self._next)
            kept = self._held[:, max(first - self._held_from, 0) :]
            self._held = np.concatenate([kept, more.T], axis=1)
            self._next, self._held_from = last + 1, last + 1 - self._held.shape[1]
        _interpolate(self._held, self._table, self._done, self._step, self._held_from + self._half - 1, out)
        self._done += len(out)


@njit(fastmath=True)
def _interpolate(held: np.ndarray, table: np.ndarray, done: int, step: float, held_from: int, out: np.ndarray) -> None:
    """Fill ``out`` from planar frames [shape=(channels, frames)] whose first tap belongs to position ``held_from``."""
    points, slices = table.shape[1], table.shape[0] - 1
    taps = np.empty(points, np.float32)
    for frame in range(out.shape[0]):
        position = (done + frame) * step
        whole = int(np.floor(position))
        place = (position - whole) * slices
        row = int(place)
        weight = np.float32(place - row)
        here, after = table[row], table[row + 1]
        for k in range(points):
            taps[k] = here[k] + weight * (after[k] - here[k])
        first = whole - held_from
        for channel in range(out.shape[1]):
            sound = held[channel, first : first + points]  # cut out, so that the loop runs on whole vectors
            total = np.float32(0.0)
            for k in range(points):
                total += taps[k] * sound[k]
            out[frame, channel] = total
