"""A true-peak limiter: the loudest point between the samples stays below a ceiling, and the rest is left as it is.

In three steps, so that the first one serves every gain that is tried on the same sound (`Stream` does them at once):
`TruePeaks` oversamples 8 times where the sound can come near the ceiling and keeps the largest value of each cell of a
sixth of a millisecond; `limit` turns these into a gain; `apply` multiplies. What a cell needs is held over the
look-ahead, released in two stages and smoothed over the look-ahead: the gain is down before a peak arrives, moves
without a corner, and lets a single peak go quickly but a dense passage slowly. All channels get the same gain, so that
the image stays. Where nothing passes the ceiling the gain is exactly 1.

Memory grows by some 3 MB per minute (peaks and gains of the cells); the audio itself passes in blocks.

References
----------
.. [1] ITU-R BS.1770-5 (2023), annex 2: true peak by oversampling.
.. [2] D. Giannoulis, M. Massberg, J. D. Reiss, "Digital dynamic range compressor design", J. Audio Eng. Soc. 60(6),
   2012: release in the logarithmic domain, and detectors in parallel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mixengine.mixer import limiter_kernels as kernels
from mixengine.model.units import amplitude, decibels

OVERSAMPLING = 8
LOOKAHEAD_S = 0.003
HOLD_S = 0.007
"""With the look-ahead 10 ms: half a period of 50 Hz, so that the gain does not follow the wave of a bass note. Longer
ones leave a still cleaner bass, and take more of what follows a drum."""
FAST_RELEASE_S = 0.040
SLOW_ATTACK_S, SLOW_RELEASE_S = 0.400, 0.600
"""Time constants of the reduction in dB. The slow stage follows the mean of the fast one: it takes a part of a single
peak and nearly all of a passage of half a second."""
HEAVY_DB = 3.0
"""More than this is heard as limiting."""
AUDIBLE_DB = 0.1
MARGIN_DB = 0.02
"""Whoever keeps a ceiling aims so far below: what smoothing leaves between the samples, and by what meters differ."""
_CELLS_PER_S = 6000
_TAPS = 32
_BEFORE = _TAPS // 2 - 1
_NEPER_DB = 20.0 / math.log(10.0)


def cell_frames(rate: int) -> int:
    """Frames of a cell, of which the limiter knows one peak."""
    return max(round(rate / _CELLS_PER_S), 1)


class TruePeaks:
    """The true peak of a stream, in cells and as a whole, from 8-fold oversampling.

    Parameters
    ----------
    rate : int > 0
        Frames per second.
    channels : int > 0
    threshold_dbtp : float, optional
        Where nothing can reach it, only the samples count. Default: the highest so far, which is enough for the peak of
        the whole, and fast.
    """

    def __init__(self, rate: int, channels: int, threshold_dbtp: float | None = None) -> None:
        self._threshold = None if threshold_dbtp is None else amplitude(threshold_dbtp)
        self._cell, self._phases = cell_frames(rate), _interpolator()
        self._held = np.zeros((channels, _BEFORE), np.float32)  # silence before the first frame
        self._parts: list[np.ndarray] = []
        self._peak = 0.0

    def add(self, block: np.ndarray) -> None:
        """Take the next frames [shape=(frames, channels)]."""
        self._detect(block.T, whole=False)

    def skip(self, block: np.ndarray) -> None:
        """Pass over frames [shape=(frames, channels)] whose peak is known; only for the peak of the whole.

        What lies between them and their neighbours is seen.
        """
        if len(block) <= 2 * _TAPS:
            self.add(block)
            return
        self.add(block[:_TAPS])
        self._held = np.ascontiguousarray(block[1 - _TAPS :].T, np.float32)

    def _detect(self, rows: np.ndarray, *, whole: bool) -> None:
        kept = self._held.shape[1]
        held = np.empty((len(rows), kept + rows.shape[1]), np.float32)
        held[:, :kept], held[:, kept:] = self._held, rows
        count = max(held.shape[1] - _TAPS + 1, 0)
        count = count if whole else count // self._cell * self._cell
        cells = np.zeros(-(-count // self._cell), np.float32)
        threshold = self._peak if self._threshold is None else self._threshold
        kernels.peaks(held, self._phases, threshold, self._threshold is None, self._cell, count, cells)
        self._peak = max(self._peak, float(cells.max(initial=0.0)))
        if self._threshold is not None:
            self._parts.append(cells)
        self._held = held[:, count:].copy()

    def _end(self) -> None:
        """Silence after the last frame, so that its surroundings are known."""
        self._detect(np.zeros((len(self._held), _TAPS - 1 - _BEFORE), np.float32), whole=True)
        self._held = np.zeros((len(self._held), _BEFORE), np.float32)

    def taken(self) -> np.ndarray:
        """The peaks of the cells that are known since the last call [shape=(cells,), float32]."""
        parts, self._parts = self._parts, []
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)

    def cells(self) -> np.ndarray:
        """Close the stream; the peak of each cell as an amplitude [shape=(cells,), float32]."""
        self._end()
        return self.taken()

    def dbtp(self) -> float:
        """Close the stream; its true peak in dBTP, ``-inf`` for silence."""
        self._end()
        return decibels(self._peak) if self._peak else -math.inf


@dataclass(frozen=True, slots=True)
class Limited:
    """The gain of a limiter over time, and what it takes.

    Attributes
    ----------
    gains : ndarray of float32 [shape=(cells + 1,)]
        At the borders of the cells, 0 to 1; straight lines between.
    deepest_db : float
        Largest reduction, 0 or more.
    share, heavy_share : float
        Share of the time with more than 0.1 dB, and with more than `HEAVY_DB`, 0 to 1.
    """

    gains: np.ndarray
    deepest_db: float
    share: float
    heavy_share: float


def limit(cells: np.ndarray, rate: int, ceiling_dbtp: float, gain_db: float = 0.0) -> Limited:
    """The gain that keeps cells of true peaks below a ceiling.

    Parameters
    ----------
    cells : ndarray [shape=(cells,)]
        From `TruePeaks`, with a threshold no higher than ``ceiling_dbtp - gain_db``.
    gain_db : float
        What the sound is raised by before.
    """
    follower = _Follower(rate, gain_db - ceiling_dbtp)
    reductions = follower(np.concatenate([cells, np.zeros(follower.ahead, np.float32)]))
    count = max(len(reductions), 1)
    return Limited(
        np.exp(-reductions),
        float(reductions.max(initial=0.0)) * _NEPER_DB,
        int((reductions > AUDIBLE_DB / _NEPER_DB).sum()) / count,
        int((reductions > HEAVY_DB / _NEPER_DB).sum()) / count,
    )


class _Follower:
    """Cells of true peaks in, reductions in nepers at their borders out, ``ahead`` borders later."""

    def __init__(self, rate: int, level_db: float) -> None:
        step = cell_frames(rate) / rate
        box = max(round(LOOKAHEAD_S / step / 3.0), 1)
        self.ahead = 3 * box - 2  # cells that three boxes in a row span
        times_s = (FAST_RELEASE_S, SLOW_ATTACK_S, SLOW_RELEASE_S)
        self._rates = np.array([1.0 - math.exp(-step / time_s) for time_s in times_s])
        self._level = amplitude(level_db)
        hold = self.ahead + max(round(HOLD_S / step), 1)
        self._queue, self._places = np.zeros(hold + 1), np.zeros(hold + 1, np.int64)
        self._boxes, self._sums = np.zeros((3, box)), np.zeros(3)
        self._counts, self._values = np.array([0, 0, 0, 3 * box + 1, 0]), np.zeros(3)

    def __call__(self, cells: np.ndarray) -> np.ndarray:
        """The reductions that are known with these cells."""
        out = np.empty(len(cells), np.float32)
        state = (self._queue, self._places, self._boxes, self._sums, self._counts, self._values)
        return out[: kernels.follow(cells, self._level, self._rates, self.ahead, *state, out)]


class Stream:
    """The gain of the limiter for a stream, block by block: what `limit` and `apply` do to a whole.

    Parameters
    ----------
    rate : int > 0
    ceiling_dbtp : float
    """

    def __init__(self, rate: int, ceiling_dbtp: float) -> None:
        self._rate, self._ceiling_dbtp = rate, ceiling_dbtp
        self._peaks: TruePeaks | None = None
        self._follower = _Follower(rate, -ceiling_dbtp)
        self._gains = np.zeros(0)
        self._first_border = self._frames = 0

    @staticmethod
    def latency(rate: int) -> int:
        """Frames by which the gain is late."""
        cell = cell_frames(rate)
        return _TAPS - _BEFORE - 1 + cell + _Follower(rate, 0.0).ahead * cell

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """Amplitude for each of the frames that lie `latency` before the next block's.

        Parameters
        ----------
        block : ndarray [shape=(frames, channels)]
            As many channels in every block.

        Returns
        -------
        ndarray [shape=(frames,)]
        """
        self._peaks = self._peaks or TruePeaks(self._rate, block.shape[1], self._ceiling_dbtp)
        self._peaks.add(block)
        self._gains = np.concatenate([self._gains, np.exp(-self._follower(self._peaks.taken()))])
        cell, first = cell_frames(self._rate), self._frames - self.latency(self._rate)
        self._frames += len(block)
        frames = np.arange(first, first + len(block))
        borders = np.arange(self._first_border, self._first_border + len(self._gains)) * cell
        gains = np.interp(frames, borders, self._gains) if len(borders) else np.ones(len(frames))
        done = max((first + len(block)) // cell - self._first_border, 0)
        self._gains = self._gains[done:]
        self._first_border += done
        return np.where(frames < 0, 1.0, gains)


def is_limited(limited: Limited, at: int, frames: int, rate: int) -> bool:
    """Whether anything is limited in the frames from ``at`` on, or near them."""
    cell = cell_frames(rate)
    around = -(-_TAPS // cell)
    part = limited.gains[max(at // cell - around, 0) : (at + frames) // cell + around + 2]
    return bool((part < 1.0).any())


def apply(block: np.ndarray, at: int, limited: Limited, rate: int, gain_db: float = 0.0) -> np.ndarray:
    """A block through the limiter.

    Parameters
    ----------
    block : ndarray of float32 [shape=(frames, channels)]
    at : int
        Its first frame in the stream.
    gain_db : float
        As given to `limit`.

    Returns
    -------
    ndarray of float32 [shape=(frames, channels)]
    """
    out = np.empty(block.shape, np.float32)
    rows = np.ascontiguousarray(block, np.float32)
    kernels.apply(rows, at, limited.gains, cell_frames(rate), np.float32(amplitude(gain_db)), out)
    return out


def _interpolator() -> np.ndarray:
    """Taps of the seven phases between two samples, in the order of frames [shape=(7, taps), float32].

    A low pass at half the sample rate, Kaiser window.
    """
    count = _TAPS * OVERSAMPLING + 1
    taps = np.sinc((np.arange(count) - (count - 1) / 2) / OVERSAMPLING) * np.kaiser(count, 8.0)
    taps *= OVERSAMPLING / taps.sum()
    return np.array([taps[phase::OVERSAMPLING][:_TAPS][::-1] for phase in range(1, OVERSAMPLING)], np.float32)
