"""Sample peak and true peak of a stream (BS.1770-5, annex 2)."""

from __future__ import annotations

import math

import numpy as np

from mixengine.audio.jit import njit
from mixengine.model.units import decibels

_TAPS_PER_PHASE = 24
_OVERLAP = _TAPS_PER_PHASE - 1
"""Frames shared by neighbouring blocks, so that every window of the filter lies in one of them."""
_CELL = 64
"""Windows that are judged together; at least as many as a window has frames."""


class PeakMeter:
    """Sample peak and true peak of a stream so far.

    The true peak is taken from the signal oversampled 4 times (2 times from 96 kHz, not at all from 192 kHz). Cells of
    64 windows whose samples stay so far below the peak so far that they cannot raise it are not oversampled.
    """

    def __init__(self, rate: int, channels: int) -> None:
        self._factor = 4 if rate < 96000 else 2 if rate < 192000 else 1
        self._phases = _interpolator(self._factor)
        self._tail = np.zeros((channels, _OVERLAP), dtype=np.float32)
        self.sample_peak = 0.0
        self._true_peak = 0.0

    def add(self, block: np.ndarray) -> None:
        """Measure the next frames [shape=(frames, channels)]."""
        if len(block):
            # channels first: everything below runs along a channel
            rows = np.ascontiguousarray(block.T, dtype=np.float32)
            self.add_rows(rows, max(float(rows.max()), -float(rows.min())))

    def add_rows(self, rows: np.ndarray, sample_peak: float) -> None:
        """The same channels first [shape=(channels, frames), float32], with their largest absolute sample."""
        self.sample_peak = max(self.sample_peak, sample_peak)
        self._true_peak = max(self._true_peak, self.sample_peak)
        if self._factor == 1:
            return
        joined = np.concatenate([self._tail, rows], axis=1)
        self._true_peak = _oversampled(joined, self._phases, self._true_peak)
        self._tail = joined[:, -_OVERLAP:]

    @property
    def true_peak_dbtp(self) -> float:
        """True peak in dBTP, silence after the last frame included; ``-inf`` for silence."""
        peak = self._true_peak
        if self._factor > 1:
            # The filter is centred: what surrounds the newest frames is known only once something follows them.
            followed = np.concatenate([self._tail, np.zeros_like(self._tail)], axis=1)
            peak = _oversampled(followed, self._phases, peak)
        return decibels(peak) if peak else -math.inf


def _interpolator(factor: int) -> np.ndarray:
    """Taps of the phases between samples, in the order of frames [shape=(factor - 1, taps), float32].

    A low pass at the old half rate, Kaiser window. The phase that falls on the samples is left out: it gives the
    samples themselves.
    """
    count = _TAPS_PER_PHASE * factor + 1
    taps = np.sinc((np.arange(count) - (count - 1) / 2) / factor) * np.kaiser(count, 7.0)
    taps *= factor / taps.sum()
    phases = [taps[phase::factor][::-1] for phase in range(1, factor)]
    return np.array(phases, dtype=np.float32).reshape(factor - 1, _TAPS_PER_PHASE)


@njit(fastmath=True)
def _max_abs(samples: np.ndarray) -> np.float32:  # pragma: no cover
    largest = np.float32(0.0)
    for i in range(len(samples)):
        largest = max(largest, abs(samples[i]))
    return largest


@njit(fastmath=True)
def _oversampled(rows: np.ndarray, phases: np.ndarray, peak: float) -> float:  # pragma: no cover
    """The larger of ``peak`` and what lies between the frames of ``rows`` [shape=(channels, frames), float32]."""
    channels, frames = rows.shape
    windows = frames - _TAPS_PER_PHASE + 1
    if windows <= 0:
        return peak
    largest_gain = np.float32(0.0)  # how far a true peak can exceed the samples of its window
    for phase in range(phases.shape[0]):
        gain = np.float32(0.0)
        for tap in range(_TAPS_PER_PHASE):
            gain += abs(phases[phase, tap])
        largest_gain = max(largest_gain, gain)
    cells = (windows - 1) // _CELL + 1
    loudest = np.empty(cells, np.float32)
    between = np.empty(_CELL, np.float32)
    for c in range(channels):
        row = rows[c]
        first = 0  # the loudest cell first: it raises the peak, and most others need not be computed
        for cell in range(cells):
            loudest[cell] = _max_abs(row[cell * _CELL : cell * _CELL + _CELL + _TAPS_PER_PHASE - 1])
            if loudest[cell] > loudest[first]:
                first = cell
        for number in range(cells + 1):
            cell = first if number == 0 else number - 1
            if (number and cell == first) or largest_gain * loudest[cell] <= peak:
                continue
            start = cell * _CELL
            count = min(_CELL, windows - start)
            for phase in range(phases.shape[0]):
                between[:] = 0.0
                for tap in range(_TAPS_PER_PHASE):
                    weight, samples = phases[phase, tap], row[start + tap : start + tap + count]
                    for i in range(count):
                        between[i] += weight * samples[i]
                peak = max(peak, _max_abs(between))
    return peak
