"""Spectral centroid and bandwidth of a stream, as librosa defines them."""

from __future__ import annotations

import numpy as np

from mixengine.audio.fourier import rfft

FRAME = 2048
HOP = 512
_BATCH = 256


def hann(frames: int) -> np.ndarray:
    """Periodic Hann window [shape=(frames,), float32]."""
    return (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(frames) / frames)).astype(np.float32)


class CentroidMeter:
    """Means over frames of spectral centroid and bandwidth of a mono stream.

    Frames of 2048 samples every 512, Hann window, the first centred on sample 0 (zeros around the signal): the same
    numbers as ``librosa.feature.spectral_centroid(...).mean()`` and ``spectral_bandwidth(...).mean()``. Silent
    frames count as 0 Hz, which is a flaw of the definition and not repaired here.
    """

    def __init__(self, rate: int) -> None:
        self._frequencies = np.fft.rfftfreq(FRAME, 1.0 / rate)
        self._window = hann(FRAME)
        self._buffer = np.zeros(FRAME // 2, dtype=np.float32)
        self._sums = np.zeros(2)
        self._frames = 0

    def add(self, mono: np.ndarray) -> None:
        """Analyse the next samples [shape=(samples,)]."""
        self._buffer = np.concatenate([self._buffer, mono.astype(np.float32)])
        count = (len(self._buffer) - FRAME) // HOP + 1 if len(self._buffer) >= FRAME else 0
        if count < _BATCH:
            return
        self._sums += _sums(self._buffer, count, self._frequencies, self._window)
        self._frames += count
        self._buffer = self._buffer[count * HOP :]

    def result(self) -> tuple[float, float]:
        """Mean centroid and mean bandwidth in Hz; (0, 0) for an empty stream. May be called at any time."""
        rest = np.concatenate([self._buffer, np.zeros(FRAME // 2, dtype=np.float32)])
        count = max((len(rest) - FRAME) // HOP + 1, 0)
        sums = self._sums + _sums(rest, count, self._frequencies, self._window)
        mean = sums / max(self._frames + count, 1)
        return float(mean[0]), float(mean[1])


def _sums(samples: np.ndarray, count: int, frequencies: np.ndarray, window: np.ndarray) -> np.ndarray:
    """Centroid and bandwidth summed over the first ``count`` frames."""
    sums = np.zeros(2)
    if not count:
        return sums
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP][:count]
    for start in range(0, count, _BATCH):
        magnitude = np.abs(rfft(frames[start : start + _BATCH] * window, axis=1)).astype(np.float64)
        total = magnitude.sum(axis=1)
        share = magnitude / np.where(total > 0.0, total, 1.0)[:, None]
        centroid = share @ frequencies
        second = share @ np.square(frequencies)
        sums += centroid.sum(), np.sqrt(np.maximum(second - np.square(centroid), 0.0) * (total > 0)).sum()
    return sums
