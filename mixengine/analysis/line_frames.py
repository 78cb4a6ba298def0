"""Short-time pointers of the lines at multiples of a frequency that may drift."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import fft

from mixengine.audio.reading import Overlapping, Read

HOP_S, FRAME_S = 0.1, 0.4
"""Frames so long part lines 10 Hz apart."""
OVERLAP = 2.0
"""Frames overlap by three quarters: so many of them tell as much as one."""
NOTHING, NOTHING_S = 1e-9, 0.005
"""Digital silence: no sample of so many seconds is above that, which is far below the last bit of any file."""
_BESIDE = (4, 5, 6)
"""Bins on both sides of a line that show what else is there."""
_BETWEEN_HZ = (80.0, 2000.0)
_BATCH = 64
NO_WORD = 1e6
"""Noise of a frame that lies beyond an end or holds digital silence: its lines are shorter than they are."""
_ROWS = 4096


@dataclass(frozen=True, slots=True)
class Lines:
    """Pointers of lines in frames of a recording.

    Attributes
    ----------
    values : ndarray of complex [shape=(frames, channels, lines)]
        Amplitude and phase of each line, as turned back by its frequency.
    noise : ndarray [shape=(frames, lines)]
        Power beside each line, of all channels together, as the square of an amplitude.
    between : ndarray [shape=(frames,)]
        Mean power of a bin between the lines, 80 Hz to 2 kHz; 0 in frames beyond an end.
    level : ndarray [shape=(frames,)]
        Power of all bins up to the highest line or 2 kHz.
    blank : ndarray of bool [shape=(frames, channels)]
        Frames that hold digital silence.
    """

    values: np.ndarray
    noise: np.ndarray
    between: np.ndarray
    level: np.ndarray
    blank: np.ndarray

    def turned(self, phase: np.ndarray) -> Lines:
        """The same, turned back further by multiples of ``phase`` [shape=(frames,)]."""
        values = self.values.copy()
        turn_back(values, phase, np.arange(1, values.shape[2] + 1))
        return replace(self, values=values)


def turn_back(values: np.ndarray, phase: np.ndarray, orders: np.ndarray) -> None:
    """Turn lines [shape=(frames, channels, lines)] back by multiples of ``phase`` [shape=(frames,)], in place."""
    for first in range(0, len(values), _ROWS):
        rows = slice(first, first + _ROWS)
        values[rows] *= np.exp(-1j * phase[rows, None] * orders).astype(np.complex64)[:, None, :]


def silence(samples: np.ndarray, rate: int) -> np.ndarray:
    """Samples within digital silence of at least `NOTHING_S` [shape=(frames, channels)]."""
    nothing, min_run = np.abs(samples) <= NOTHING, min_silence(rate)
    if not nothing.any() or len(samples) < min_run:
        return np.zeros_like(nothing)
    starts = np.pad(_runs(nothing, min_run), ((min_run, min_run - 1), (0, 0)))
    counts = np.cumsum(starts, axis=0, dtype=np.int32)
    within: np.ndarray = counts[min_run:] > counts[:-min_run]
    return within


def min_silence(rate: int) -> int:
    """Samples without sound that make digital silence."""
    return max(round(NOTHING_S * rate), 2)


class LineFrames:
    """Frames of a recording, one each `HOP_S`, the first centred on its start.

    Parameters
    ----------
    rate, channels, frames : int > 0

    Attributes
    ----------
    hop : int
        Frames of the recording between two of these.
    hop_s : float
        The same in seconds: `HOP_S`, as far as the rate is a multiple of 10 Hz.
    """

    def __init__(self, rate: int, channels: int, frames: int) -> None:
        self.hop = round(HOP_S * rate)
        self.hop_s = self.hop / rate
        self.count = frames // self.hop + 1
        self._size = 2 * round(FRAME_S * rate / 2)
        self._bin_hz = rate / self._size
        self._rate, self._channels, self._frames = rate, channels, frames

    def at(self, read: Read, frequencies_hz: Sequence[np.ndarray], orders: int) -> list[Lines]:
        """Lines at the multiples 1 … ``orders`` of each of some frequencies [shape=(frames,)], in one pass.

        Multiples above 0.45 of the sample rate are left out.
        """
        wanted = [_Wanted(hz, orders, self._bin_hz, 0.45 * self._rate, self._channels) for hz in frequencies_hz]
        top = max(each.bins_needed for each in wanted)
        blank = np.zeros((self.count, self._channels), bool)
        for first, spectra, silent in self._spectra(read, top):
            blank[first : first + len(silent)] = silent
            for each in wanted:
                each.take(first, spectra)
        half = self._size // 2
        middles = np.arange(self.count) * self.hop
        whole = (middles >= half) & (middles + half <= self._frames)
        return [each.lines(self.hop_s, whole, blank) for each in wanted]

    def _spectra(self, read: Read, bins: int) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Some frames: the first, their spectra [shape=(count, channels, bins)] and which hold digital silence.

        A sine's bin is its amplitude.
        """
        read = Overlapping(read)
        half = self._size // 2
        window = np.hanning(self._size + 1)[:-1].astype(np.float32)
        # phases count from the middle of a frame
        scale = (2.0 / window.sum() * (-1.0) ** np.arange(bins)).astype(np.float32)
        for first in range(0, self.count, _BATCH):
            last = min(first + _BATCH, self.count)
            begin, end = first * self.hop - half, (last - 1) * self.hop + half
            block = read(max(begin, 0), min(end, self._frames) - max(begin, 0))
            block = np.pad(block, ((max(-begin, 0), max(end - self._frames, 0)), (0, 0)))
            framed = np.lib.stride_tricks.sliding_window_view(block, self._size, axis=0)[:: self.hop]
            yield first, fft.rfft(framed * window, axis=-1)[..., :bins] * scale, self._silent(block)

    def _silent(self, block: np.ndarray) -> np.ndarray:
        """Which frames of a block hold a run of digital silence [shape=(count, channels)]."""
        nothing, min_run = np.abs(block) <= NOTHING, min_silence(self._rate)
        inside = self._size - min_run + 1
        counts = _summed(_runs(nothing, min_run))
        silent: np.ndarray = (counts[inside:] - counts[:-inside])[:: self.hop] > 0
        return silent


class _Wanted:
    """The lines of one frequency, filled from batch to batch."""

    def __init__(self, frequency_hz: np.ndarray, orders: int, bin_hz: float, top_hz: float, channels: int) -> None:
        self._hz, self._bin_hz = frequency_hz, bin_hz
        self._orders = np.arange(1, max(min(orders, int(top_hz / (frequency_hz.max() + 1.0))), 1) + 1)
        self.bins_needed = int(self._orders[-1] * frequency_hz.max() / bin_hz) + 2 + max(_BESIDE)
        between = np.arange(int(_BETWEEN_HZ[0] / bin_hz), int(min(_BETWEEN_HZ[1], top_hz) / bin_hz))
        self.bins_needed = max(self.bins_needed, int(between[-1]) + 1)
        apart = np.abs(between * bin_hz / frequency_hz.mean() % 1.0 - 0.5) < 0.5 - 10.0 / frequency_hz.mean()
        self._between = between[apart]
        shape = (len(frequency_hz), len(self._orders))
        self._sum = np.zeros(shape[0], np.float32)
        self._values = np.zeros((shape[0], channels, shape[1]), np.complex64)
        self._noise, self._level = np.zeros(shape, np.float32), np.zeros(shape[0], np.float32)

    def take(self, first: int, spectra: np.ndarray) -> None:
        """Some frames from ``first`` on."""
        rows = slice(first, first + len(spectra))
        hz = self._hz[rows, None] * self._orders
        bins = np.round(hz / self._bin_hz).astype(int)
        off = hz / self._bin_hz - bins
        # the transform of Hann's window beside its middle
        answer = np.sinc(off) / (1.0 - np.square(off))
        picked = np.take_along_axis(spectra, bins[:, None, :], axis=2)
        self._values[rows] = picked / answer[:, None, :]
        power = np.square(np.abs(spectra)).sum(axis=1)
        beside = [np.take_along_axis(power, np.abs(bins + sign * by), axis=1) for by in _BESIDE for sign in (1, -1)]
        self._noise[rows] = np.mean(beside, axis=0)
        self._level[rows] = power[:, self._between].mean(axis=1)
        self._sum[rows] = power[:, 1 : self.bins_needed].sum(axis=1)

    def lines(self, hop_s: float, whole: np.ndarray, blank: np.ndarray) -> Lines:
        """All of them, turned back by the frequency's own phase; those beyond an end or in silence say nothing."""
        self._noise[~whole | blank.all(axis=1)], self._level[~whole] = NO_WORD, 0.0
        turn_back(self._values, phase_of(self._hz, hop_s), self._orders)
        return Lines(self._values, self._noise, self._level, self._sum, blank)


def phase_of(frequency_hz: np.ndarray, hop_s: float) -> np.ndarray:
    """Phase of a pointer of that frequency, which is linear from frame to frame [shape=(frames,)]."""
    steps = 0.5 * (frequency_hz[1:] + frequency_hz[:-1]) * (2.0 * np.pi * hop_s)
    return np.concatenate([[0.0], np.cumsum(steps)])


def _runs(flags: np.ndarray, min_run: int) -> np.ndarray:
    """Where ``min_run`` flags in a row begin [shape=(frames - min_run + 1, channels)]."""
    counts = _summed(flags)
    begins: np.ndarray = counts[min_run:] - counts[:-min_run] == min_run
    return begins


def _summed(values: np.ndarray) -> np.ndarray:
    """Sums over time, the first of nothing."""
    return np.concatenate([np.zeros((1, values.shape[1]), np.int32), np.cumsum(values, axis=0, dtype=np.int32)])
