"""One look at a block of a track for everything that is a sum or an extreme: hop by hop, and over the block."""

from __future__ import annotations

import math

import numpy as np

from mixengine.audio.jit import njit
from mixengine.model.session import Track

_PART = 64
"""Samples added up in single precision before they join a sum in double precision."""
_MARGIN_S, _MIN_PAUSE_S = 0.3, 2.0


@njit(fastmath=True)
def _look(
    rows: np.ndarray, hop: int, powers: np.ndarray, sums: np.ndarray, extremes: np.ndarray
) -> None:  # pragma: no cover
    """Sums of squares and of samples of each hop [shape=(hops, channels)], and each channel's smallest and largest."""
    channels, frames = rows.shape
    for c in range(channels):
        row = rows[c]
        low, high = row[0], row[0]
        for number in range(len(powers)):
            end = min((number + 1) * hop, frames)
            power, total, at = 0.0, 0.0, number * hop
            while at < end:
                stop = min(at + _PART, end)
                squares, plain = np.float32(0.0), np.float32(0.0)
                for i in range(at, stop):
                    value = row[i]
                    squares += value * value
                    plain += value
                    low = min(low, value)
                    high = max(high, value)
                power += squares
                total += plain
                at = stop
            powers[number, c], sums[number, c] = power, total
        extremes[c, 0], extremes[c, 1] = low, high


@njit(fastmath=True)
def _product(one: np.ndarray, other: np.ndarray) -> float:  # pragma: no cover
    total, at = 0.0, 0
    while at < len(one):
        stop = min(at + _PART, len(one))
        part = np.float32(0.0)
        for i in range(at, stop):
            part += one[i] * other[i]
        total += part
        at = stop
    return total


class Hops:
    """Mean square over all channels and mean of each channel, hop by hop; of two channels their products too.

    Parameters
    ----------
    hop : int > 0
        Frames of a hop. Blocks hold whole hops, but for the last one.
    channels : int

    Attributes
    ----------
    sides : ndarray [shape=(3,)]
        Of two channels: sums of L², of R² and of L·R.
    """

    def __init__(self, hop: int, channels: int) -> None:
        self._hop, self._channels = hop, channels
        self._powers: list[np.ndarray] = []
        self._means: list[np.ndarray] = []
        self.sides = np.zeros(3)

    def add(self, rows: np.ndarray) -> np.ndarray:
        """Take a block, channels first, and return each channel's smallest and largest sample [shape=(channels, 2)]."""
        channels, frames = rows.shape
        shape = (-(-frames // self._hop), channels)
        powers, sums, extremes = np.empty(shape), np.empty(shape), np.empty((channels, 2), np.float32)
        _look(rows, self._hop, powers, sums, extremes)
        if channels == 2:
            self.sides += [*powers.sum(axis=0), _product(rows[0], rows[1])]
        lengths = np.full((shape[0], 1), float(self._hop))
        lengths[-1] = frames - (shape[0] - 1) * self._hop
        self._powers.append((powers / lengths).mean(axis=1))
        self._means.append(sums / lengths)
        return extremes

    def skip(self, frames: int) -> None:
        """Take a block in which nothing plays."""
        count = -(-frames // self._hop)
        self._powers.append(np.zeros(count))
        self._means.append(np.zeros((count, self._channels)))

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean squares [shape=(hops,)] and means [shape=(hops, channels)]."""
        empty = np.zeros(0), np.zeros((0, self._channels))
        return np.concatenate([empty[0], *self._powers]), np.concatenate([empty[1], *self._means])


def stretches(track: Track, rate: int, start_s: float, hop: int) -> list[tuple[int, int]]:
    """Where clips play: first frame of a grid that begins at ``start_s``, and the one after the last, in whole hops.

    A little silence around the clips belongs to a stretch, so that what begins and ends there is seen to; pauses of
    less than `_MIN_PAUSE_S` do not divide it.
    """
    margin = _MARGIN_S * rate
    result: list[tuple[int, int]] = []
    for clip in sorted(track.audio_clips, key=lambda clip: clip.position_s):
        if not clip.length_s > 0.0:
            continue
        first = max(math.floor(((clip.position_s - start_s) * rate - margin) / hop) * hop, 0)
        last = math.ceil(((clip.end_s - start_s) * rate + margin) / hop) * hop
        if result and first - result[-1][1] < _MIN_PAUSE_S * rate:
            result[-1] = result[-1][0], max(result[-1][1], last)
        elif last > 0:
            result.append((first, last))
    return result
