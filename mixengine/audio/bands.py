"""Short-time band powers of a mono stream: one transform from which every band-limited measure follows.

Filters of the balance methods are gentle (first order), so that weighting short-time power spectra by their responses
gives the loudness of the filtered signal for any band, without filtering and without keeping the audio.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mixengine.audio.fourier import rfft
from mixengine.audio.jit import njit
from mixengine.audio.k_weighting import k_weighting
from mixengine.audio.loudness import gated_lufs
from mixengine.audio.spectrum import hann

_FRAME_S = 0.0464
_FINE_BELOW_HZ = 600.0
_BANDS_PER_OCTAVE = 12
_BATCH = 64
_WINDOW_S = 0.4
_STEP_S = 0.1

Response = Callable[[np.ndarray], np.ndarray]
"""Power gain of a filter at frequencies in Hz."""


@dataclass(frozen=True, slots=True)
class BandPowers:
    """Powers of bands over time.

    Attributes
    ----------
    frequencies_hz : ndarray [shape=(bands,)]
        Centre of each band.
    powers : ndarray [shape=(frames, bands)]
        Mean square of the signal in each band, per frame.
    times_s : ndarray [shape=(frames,)]
        Centre of each frame.
    rate : int
        Sample rate of the stream.
    """

    frequencies_hz: np.ndarray
    powers: np.ndarray
    times_s: np.ndarray
    rate: int

    def windows(self, weights: np.ndarray, *, window_s: float = _WINDOW_S) -> np.ndarray:
        """Weighted sum over bands, averaged in windows every 100 ms."""
        if not len(self.powers):
            return np.zeros(0)
        power = self.powers @ weights.astype(np.float32)
        count = max(math.floor((self.times_s[-1] - window_s) / _STEP_S + 1e-6) + 1, 0)
        starts = np.arange(count) * _STEP_S
        first = np.searchsorted(self.times_s, starts)
        last = np.searchsorted(self.times_s, starts + window_s)
        total = np.concatenate([[0.0], np.cumsum(power, dtype=np.float64)])
        return np.maximum(total[last] - total[first], 0.0) / np.maximum(last - first, 1)

    def lufs(
        self, response: Response | None = None, *, weighting: str = "bs1770", window_s: float = _WINDOW_S
    ) -> float:
        """Gated loudness (BS.1770) of the stream, through a filter if one is given."""
        weights = k_response(self.rate, weighting)(self.frequencies_hz)
        if response is not None:
            weights = weights * response(self.frequencies_hz)
        return gated_lufs(self.windows(weights, window_s=window_s))

    def active_spectrum(self, range_db: float) -> np.ndarray:
        """Mean power of each band over the frames within ``range_db`` of the strongest [shape=(bands,)]."""
        total = self.powers.sum(axis=1)
        active = total >= total.max(initial=0.0) * 10.0 ** (-range_db / 10.0)
        return self.powers[active].mean(axis=0, dtype=np.float64)


class BandMeter:
    """Computes `BandPowers` and the mean centroid and bandwidth of a mono stream, block by block."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._frame = 2 ** max(round(math.log2(rate * _FRAME_S)), 7)
        self._hop = self._frame // 2
        self._window = hann(self._frame)
        self._bins_hz = np.fft.rfftfreq(self._frame, 1.0 / rate).astype(np.float32)
        self._starts = _band_starts(self._bins_hz)
        # Parseval: factor 2 for the one-sided spectrum, the window's energy divided out
        self._scale = np.float32(2.0 / (self._frame * float(np.square(self._window).sum())))
        self._buffer = np.zeros(self._hop, dtype=np.float32)
        self._powers: list[np.ndarray] = []
        self._sums = np.zeros(2)
        self._frames = 0

    def add(self, mono: np.ndarray) -> None:
        """Analyse the next samples [shape=(samples,)]."""
        self._buffer = np.concatenate([self._buffer, mono.astype(np.float32, copy=False)])
        count = max((len(self._buffer) - self._frame) // self._hop + 1, 0)
        if count < _BATCH:
            return
        self._analyse(count)

    def _analyse(self, count: int) -> None:
        frames = np.lib.stride_tricks.sliding_window_view(self._buffer, self._frame)[:: self._hop][:count]
        for start in range(0, count, _BATCH):
            last = min(start + _BATCH, count) - 1
            if not self._buffer[start * self._hop : last * self._hop + self._frame].any():
                self._powers.append(np.zeros((last + 1 - start, len(self._starts)), np.float32))
                continue
            spectrum = rfft(frames[start : start + _BATCH] * self._window, axis=1)
            powers = np.empty((len(spectrum), len(self._starts)), np.float32)
            _gather(spectrum, self._bins_hz, self._starts, self._scale, powers, self._sums)
            self._powers.append(powers)
        self._frames += count
        self._buffer = self._buffer[count * self._hop :]

    def finish(self) -> BandPowers:
        """Close the stream and return its band powers."""
        self._buffer = np.concatenate([self._buffer, np.zeros(self._frame, dtype=np.float32)])
        self._analyse((len(self._buffer) - self._frame) // self._hop + 1)
        powers = np.concatenate(self._powers)
        stops = np.append(self._starts[1:], len(self._bins_hz))
        centres = np.array([self._bins_hz[a:b].mean() for a, b in zip(self._starts, stops, strict=True)])
        times_s = np.arange(len(powers)) * self._hop / self.rate
        return BandPowers(centres, powers, times_s, self.rate)

    @property
    def centroid_and_bandwidth(self) -> tuple[float, float]:
        """Means over frames of spectral centroid and bandwidth in Hz (magnitude-weighted, silent frames count as 0)."""
        frames = max(self._frames, 1)
        return float(self._sums[0] / frames), float(self._sums[1] / frames)


@njit(fastmath=True)
def _gather(  # pragma: no cover
    spectra: np.ndarray,
    bins_hz: np.ndarray,
    starts: np.ndarray,
    scale: np.float32,
    powers: np.ndarray,
    sums: np.ndarray,
) -> None:
    """Powers of the bands of each frame [shape=(frames, bands)]; adds centroids and bandwidths to ``sums``."""
    frames, bins = spectra.shape
    bands = len(starts)
    power = np.empty(bins, np.float32)
    for frame in range(frames):
        spectrum = spectra[frame]
        total = first = second = np.float32(0.0)
        for k in range(bins):
            power[k] = spectrum[k].real * spectrum[k].real + spectrum[k].imag * spectrum[k].imag
            magnitude = math.sqrt(power[k])
            total += magnitude
            first += magnitude * bins_hz[k]
            second += magnitude * bins_hz[k] * bins_hz[k]
        if total > 0.0:
            centroid = first / total
            sums[0] += centroid
            sums[1] += math.sqrt(max(second / total - centroid * centroid, 0.0))
        for band in range(bands):
            stop = starts[band + 1] if band + 1 < bands else bins
            band_power = np.float32(0.0)
            for k in range(starts[band], stop):
                band_power += power[k]
            powers[frame, band] = band_power * scale


def _band_starts(bins_hz: np.ndarray) -> np.ndarray:
    """First bin of each band: single bins below 600 Hz, twelfths of an octave above."""
    fine = int(np.searchsorted(bins_hz, _FINE_BELOW_HZ))
    octaves = np.log2(np.maximum(bins_hz[fine:], 1.0) / _FINE_BELOW_HZ)
    index = np.floor(octaves * _BANDS_PER_OCTAVE)
    return np.concatenate([np.arange(fine), fine + np.flatnonzero(np.diff(index, prepend=-1.0))])


def k_response(rate: int, weighting: str = "bs1770") -> Response:
    """Power response of the K-weighting (see `mixengine.audio.loudness.k_weighting`) at a sample rate."""

    def power(frequencies_hz: np.ndarray) -> np.ndarray:
        delay = np.exp(-2j * np.pi * np.minimum(frequencies_hz, rate / 2) / rate)
        gain = np.ones(len(delay))
        for b0, b1, b2, a0, a1, a2 in k_weighting(rate, weighting):
            response = (b0 + delay * (b1 + delay * b2)) / (a0 + delay * (a1 + delay * a2))
            gain *= np.square(np.abs(response))
        return gain

    return power


def band_response(rate: int, low_hz: float, high_hz: float, *, order: int = 1) -> Response:
    """Power response of the digital high pass at ``low_hz`` and low pass at ``high_hz`` (Butterworth of ``order``).

    With order 1 these are the filters of `mixengine.audio.filters.Band`; edges outside 0 … half the rate are left out.
    """

    def warped(frequencies_hz: np.ndarray | float) -> np.ndarray:
        return np.tan(np.pi * np.clip(frequencies_hz, 1e-3, 0.4999 * rate) / rate)

    def power(frequencies_hz: np.ndarray) -> np.ndarray:
        f = warped(frequencies_hz)
        gain = np.ones_like(f)
        if low_hz > 0.0:
            gain /= 1.0 + (warped(low_hz) / f) ** (2 * order)
        if high_hz < rate / 2:
            gain /= 1.0 + (f / warped(high_hz)) ** (2 * order)
        return gain

    return power
