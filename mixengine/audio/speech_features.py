"""Features for speech detection: the power of eight bands and the strength of voicing, every 10 ms of a stream.

The stream is resampled to 8 kHz, which holds the bands that carry speech, so every sample rate gives the same frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soxr
from scipy import fft, ndimage, signal

HOP_S = 0.01
EDGES_HZ = (200.0, 300.0, 450.0, 650.0, 950.0, 1350.0, 1900.0, 2700.0, 3700.0)
"""Edges of the bands, each about 1.4 times the one before: as wide as formants, so a band is seldom half empty."""

RANGE_DB = 90.0
"""Levels further below the loudest frame of the track count as silence."""
SPEECH_RANGE_DB = 36.0
"""Dynamic range of a voice below its loud frames: 30 dB (speech intelligibility index) and a margin."""
CAP_DB = 15.0
"""Upper limit of a band's excess over the background."""

_RATE = 8000
_HOP = 80
_FRAME = 256
_BATCH = 512
_PITCH_HZ = (80.0, 400.0)
_VOICED_HZ = (100.0, 1500.0)
"""Range in which harmonics are resolved by a frame of 32 ms, also under noise."""
_MAX_SAMPLE = 1e8
"""Samples are limited to this: larger ones, which only a damaged file holds, would overflow as powers."""
_BIN_DB = 0.5
_CHUNK_FRAMES = 100
_NOISE_REACH_CHUNKS = 10
_LOUD_REACH_CHUNKS = 30


class StreamResampler:
    """Resamples a mono stream in blocks of any size; NaN and infinite samples become silence.

    Parameters
    ----------
    rate, target : int > 0
        Samples per second before and after.
    """

    def __init__(self, rate: int, target: int) -> None:
        self._resampler = soxr.ResampleStream(rate, target, 1, dtype="float32") if rate != target else None

    def add(self, mono: np.ndarray, *, last: bool = False) -> np.ndarray:
        """Resample the next samples [shape=(samples,)]; ``last`` flushes the filter."""
        with np.errstate(over="ignore"):
            mono = np.asarray(mono, dtype=np.float32)
        mono = finite(mono)
        return mono if self._resampler is None else self._resampler.resample_chunk(mono, last=last)


def finite(mono: np.ndarray) -> np.ndarray:
    """The samples with 0 in place of NaN and infinity, and no larger than 1e8."""
    with np.errstate(invalid="ignore"):  # inf - inf
        clean = np.isfinite(mono.sum(dtype=np.float64))
    return np.clip(mono if clean else np.nan_to_num(mono, nan=0.0, posinf=0.0, neginf=0.0), -_MAX_SAMPLE, _MAX_SAMPLE)


@dataclass(frozen=True, slots=True)
class Features:
    """Features of a stream every 10 ms.

    Attributes
    ----------
    powers : ndarray of float32 [shape=(frames, bands)]
        Power of each band, in units of the squared input.
    voicing : ndarray of float32 [shape=(frames,)]
        Height of the largest peak of the autocorrelation at lags of 80 to 400 Hz: about 0.2 in noise, 0.5 to 0.9 in
        vowels.
    periods : ndarray of uint8 [shape=(frames,)]
        The lag of that peak, in samples at 8 kHz.
    """

    powers: np.ndarray
    voicing: np.ndarray
    periods: np.ndarray


class FeatureStream:
    """Computes the features of a mono stream, block by block; memory grows by ten numbers per frame.

    Frame i is centred on the middle of the i-th 10 ms of the stream.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._samples = 0
        self._clean = StreamResampler(rate, _RATE)
        self._buffer = np.zeros((_FRAME - _HOP) // 2, dtype=np.float32)
        self._window = signal.windows.hann(_FRAME, sym=False).astype(np.float32)
        self._starts = np.searchsorted(np.fft.rfftfreq(_FRAME, 1.0 / _RATE), EDGES_HZ)
        voiced = [round(hz * 2 * _FRAME / _RATE) for hz in _VOICED_HZ]
        self._unvoiced_bins = np.r_[0 : voiced[0], voiced[1] : _FRAME + 1]
        self._lags = slice(round(_RATE / _PITCH_HZ[1]), round(_RATE / _PITCH_HZ[0]))
        # Divided by the window's own autocorrelation, which falls with the lag: else low voices would seem less voiced.
        fall = np.correlate(self._window, self._window, "full")[_FRAME - 1 :]
        self._fall = fall[self._lags] / fall[0]
        self._powers: list[np.ndarray] = []
        self._voicing: list[np.ndarray] = []
        self._periods: list[np.ndarray] = []

    def add(self, mono: np.ndarray) -> None:
        """Analyse the next samples [shape=(samples,)]."""
        self._samples += len(mono)
        self._buffer = np.concatenate([self._buffer, self._clean.add(mono)])
        count = max((len(self._buffer) - _FRAME) // _HOP + 1, 0)
        self._analyse(count // _BATCH * _BATCH)

    def _analyse(self, count: int) -> None:
        if not count:
            return
        frames = np.lib.stride_tricks.sliding_window_view(self._buffer, _FRAME)[::_HOP][:count]
        for start in range(0, count, _BATCH):
            spectrum = fft.rfft(frames[start : start + _BATCH] * self._window, 2 * _FRAME, axis=1)
            power = np.square(spectrum.real) + np.square(spectrum.imag)
            self._powers.append(np.add.reduceat(power[:, ::2], self._starts, axis=1)[:, :-1])
            # The correlation of the square root: a single strong harmonic does not drown the others.
            magnitude = np.sqrt(power)
            magnitude[:, self._unvoiced_bins] = 0.0
            correlation = fft.irfft(magnitude, axis=1)
            peaks = correlation[:, self._lags] / self._fall
            lag = peaks.argmax(axis=1)
            self._periods.append((lag + self._lags.start).astype(np.uint8))
            peak, own = np.take_along_axis(peaks, lag[:, None], axis=1)[:, 0], correlation[:, 0]
            self._voicing.append(np.where(own > 0.0, peak / np.where(own > 0.0, own, 1.0), 0.0).astype(np.float32))
        self._buffer = self._buffer[count * _HOP :].copy()

    def finish(self) -> Features:
        """Close the stream and return its features."""
        frames = -(-self._samples * 100 // self._rate)
        missing = frames - sum(map(len, self._powers))
        tail = np.concatenate([self._buffer, self._clean.add(np.zeros(0), last=True)])
        self._buffer = np.pad(tail, (0, max(missing * _HOP + _FRAME - len(tail), 0)))
        self._analyse(missing)
        if not frames:
            return Features(np.zeros((0, len(EDGES_HZ) - 1)), np.zeros(0), np.zeros(0, dtype=np.uint8))
        return Features(*(np.concatenate(part)[:frames] for part in (self._powers, self._voicing, self._periods)))


def relative_db(powers: np.ndarray) -> np.ndarray:
    """Levels in dB below the largest of the track, smoothed over 50 ms and not below -90 [shape as ``powers``]."""
    smooth = ndimage.uniform_filter1d(powers.astype(np.float64), 5, axis=0, mode="constant")
    top = smooth.max(initial=0.0)
    if top <= 0.0:
        return np.full(smooth.shape, -RANGE_DB)
    return 10.0 * np.log10(np.maximum(smooth / top, 10.0 ** (-RANGE_DB / 10.0)))


def excess_over_background_db(powers: np.ndarray) -> np.ndarray:
    """Mean over bands of the excess over the background, 0 to 15 dB [shape=(frames,)]."""
    excess_db = np.zeros(len(powers))
    level_db = relative_db(powers)
    sounding = level_db.max(axis=1, initial=-RANGE_DB) > -RANGE_DB
    if not sounding.any():
        return excess_db
    # Start at the first sound, so that leading silence shifts the result and does not change it.
    first = int(np.argmax(sounding))
    inside = slice(first, None)
    for band_db in level_db[inside].T:
        reference_db = _reference_db(band_db, sounding[inside])
        excess_db[inside] += np.clip(band_db - reference_db, 0.0, CAP_DB) / level_db.shape[1]
    return ndimage.uniform_filter1d(excess_db, 7, mode="constant")


def _reference_db(band_db: np.ndarray, sounding: np.ndarray) -> np.ndarray:
    """Background level of a band, from a sliding histogram in steps of 1 s [shape=(frames,)]."""
    bins = int(RANGE_DB / _BIN_DB) + 1
    chunks = -(-len(band_db) // _CHUNK_FRAMES)
    index = ((band_db + RANGE_DB) / _BIN_DB).astype(int) + np.arange(len(band_db)) // _CHUNK_FRAMES * bins
    counts = np.bincount(index[sounding], minlength=chunks * bins).reshape(chunks, bins)
    running = np.concatenate([np.zeros((1, bins), dtype=int), np.cumsum(counts, axis=0)])
    at = np.arange(chunks)
    around = (
        running[np.minimum(at + _NOISE_REACH_CHUNKS + 1, chunks)] - running[np.maximum(at - _NOISE_REACH_CHUNKS, 0)]
    )
    below = np.cumsum(around, axis=1) / np.maximum(around.sum(axis=1, keepdims=True), 1)
    floor_db, loud_db = ((below < part).sum(axis=1) * _BIN_DB - RANGE_DB for part in (0.10, 0.95))
    loud_db = ndimage.maximum_filter1d(loud_db, 2 * _LOUD_REACH_CHUNKS + 1, mode="nearest")
    reference_db = np.maximum(floor_db, loud_db - SPEECH_RANGE_DB)
    return np.interp(np.arange(len(band_db)), (at + 0.5) * _CHUNK_FRAMES, reference_db)
