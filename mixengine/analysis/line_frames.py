"""Short-time pointers of the lines at multiples of a frequency that may drift."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import fft

from mixengine.audio.reading import Overlapping, Read

HOP_S, FRAME_S = 0.1, 0.4
"""Frames so long part lines 10 Hz apart."""
OVERLAP = 2.0
"""Frames overlap by three quarters: so many of them tell as much as one."""
SILENT = 1e-20
_BESIDE = (4, 5, 6)
"""Bins on both sides of a line that show what else is there."""
_BETWEEN_HZ = (80.0, 2000.0)
_BATCH = 64
_NO_WORD = 1e6
"""Noise of a frame that lies beyond an end of the recording: its lines are shorter than they are."""


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
        Mean power of a bin between the lines, 80 Hz to 2 kHz.
    """

    values: np.ndarray
    noise: np.ndarray
    between: np.ndarray

    def turned(self, phase: np.ndarray) -> Lines:
        """The same, turned back further by multiples of ``phase`` [shape=(frames,)]."""
        orders = np.arange(1, self.values.shape[2] + 1)
        turn = np.exp(-1j * phase[:, None] * orders)[:, None, :]
        return Lines((self.values * turn).astype(np.complex64), self.noise, self.between)


class LineFrames:
    """Frames of a recording, one each `HOP_S`, the first centred on its start.

    Parameters
    ----------
    rate, channels, frames : int > 0
    """

    def __init__(self, rate: int, channels: int, frames: int) -> None:
        self.hop = round(HOP_S * rate)
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
        for first, spectra in self._spectra(read, top):
            for each in wanted:
                each.take(first, spectra)
        half = self._size // 2
        middles = np.arange(self.count) * self.hop
        whole = (middles >= half) & (middles + half <= self._frames)
        return [each.lines(self._rate, self.hop, whole) for each in wanted]

    def _spectra(self, read: Read, bins: int) -> Iterator[tuple[int, np.ndarray]]:
        """First frame and spectra of some frames [shape=(count, channels, bins)], a sine's amplitude at its bin."""
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
            yield first, fft.rfft(framed * window, axis=-1)[..., :bins] * scale


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

    def lines(self, rate: int, hop: int, whole: np.ndarray) -> Lines:
        """All of them, turned back by the frequency's own phase; those beyond an end of the recording say nothing."""
        self._noise[~whole], self._level[~whole] = _NO_WORD, 0.0
        steps = 0.5 * (self._hz[1:] + self._hz[:-1]) * (2.0 * np.pi * hop / rate)
        phase = np.concatenate([[0.0], np.cumsum(steps)])
        return Lines(self._values, self._noise, self._level).turned(phase)
