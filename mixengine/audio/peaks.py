"""Sample peak and true peak of a stream (BS.1770-5, annex 2)."""

from __future__ import annotations

import math

import numpy as np
from scipy import signal

from mixengine.model.units import decibels

_TAPS_PER_PHASE = 24
_OVERLAP = _TAPS_PER_PHASE + 1
"""Frames shared by neighbouring stretches: one more than the filter spans, or the peaks between the last frame of one
and the first of the next would be missed."""
_STRETCH = 2048
_MAX_PHASE_GAIN = 2.25
"""Largest sum of absolute taps of one phase: an upper limit of how far a true peak can exceed the samples."""


class PeakMeter:
    """Sample peak and true peak of a stream so far.

    The true peak is taken from the signal oversampled 4 times (2 times from 96 kHz, not at all from 192 kHz). Stretches
    whose samples stay 7 dB below the peak so far cannot raise it and are not oversampled.
    """

    def __init__(self, rate: int, channels: int) -> None:
        self._factor = 4 if rate < 96000 else 2 if rate < 192000 else 1
        self._phases = _interpolator(self._factor) if self._factor > 1 else np.zeros((_TAPS_PER_PHASE, 0), np.float32)
        self._tail = np.zeros((channels, _OVERLAP), dtype=np.float32)
        self.sample_peak = 0.0
        self._true_peak = 0.0

    def add(self, block: np.ndarray) -> None:
        """Measure the next frames [shape=(frames, channels)]."""
        if not len(block):
            return
        # channels first: everything below runs along a channel, which is many times faster than across two columns
        rows = np.ascontiguousarray(block.T, dtype=np.float32)
        self.sample_peak = max(self.sample_peak, float(rows.max()), -float(rows.min()))
        self._true_peak = max(self._true_peak, self.sample_peak)
        if self._factor == 1:
            return
        joined = np.concatenate([self._tail, rows], axis=1)
        self._true_peak = self._oversampled(joined, self._true_peak)
        self._tail = joined[:, -_OVERLAP:]

    @property
    def true_peak_dbtp(self) -> float:
        """True peak in dBTP, silence after the last frame included; ``-inf`` for silence."""
        peak = self._true_peak
        if self._factor > 1:
            # The filter is centred: what surrounds the newest frames is known only once something follows them.
            peak = self._oversampled(np.concatenate([self._tail, np.zeros_like(self._tail)], axis=1), peak)
        return decibels(peak) if peak else -math.inf

    def _oversampled(self, joined: np.ndarray, peak: float) -> float:
        """The larger of ``peak`` and what lies between the frames of ``joined`` [shape=(channels, frames)]."""
        starts = np.arange(0, max(joined.shape[1] - _OVERLAP, 1), _STRETCH)
        loudest = np.maximum.reduceat(np.abs(joined).max(axis=0), starts)
        loudest[:-1] = np.maximum(loudest[:-1], loudest[1:])  # a stretch reaches into the next one
        for index in np.argsort(-loudest):
            if _MAX_PHASE_GAIN * float(loudest[index]) <= peak:
                break
            piece = joined[:, starts[index] : starts[index] + _STRETCH + _OVERLAP]
            windows = np.lib.stride_tricks.sliding_window_view(piece, _TAPS_PER_PHASE, axis=1)
            fine = windows @ self._phases
            peak = max(peak, float(fine.max(initial=0.0)), -float(fine.min(initial=0.0)))
        return peak


def _interpolator(factor: int) -> np.ndarray:
    """Taps of the phases between samples, ready to multiply windows of frames [shape=(taps, factor - 1)].

    The phase that falls on the samples is left out: it gives the samples themselves.
    """
    count = _TAPS_PER_PHASE * factor + 1
    taps = (signal.firwin(count, 1.0 / factor, window=("kaiser", 7.0)) * factor).astype(np.float32)
    return np.stack([taps[phase::factor][::-1] for phase in range(1, factor)], axis=1)
