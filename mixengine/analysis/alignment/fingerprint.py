"""How a sound moves, 50 times a second in eight bands: enough to see that two recordings hold the same.

Levels in dB rise and fall alike through other microphones, rooms and codecs, and a difference over time knows no gain
and no equaliser. One byte per band and frame is kept: 1.4 MB an hour.
"""

from __future__ import annotations

import base64
import math
import zlib

import numpy as np

from mixengine.analysis.alignment import lags

FRAME_S = 0.02
BANDS = 8
_EDGES_HZ = np.geomspace(150.0, 5500.0, BANDS + 1)
_MIN_RATE = 14000
"""Sound is averaged down to no less than this before it is measured: what is left holds the bands."""
_RANGE_DB = 50.0
"""Below the loud frames of its band a level counts as silence."""
_LOUD = 95.0
_MAX_STEP_DB = 12.0
"""Steeper rises and falls count as this much: no single click decides."""
_FULL = 127.0


class FingerprintMeter:
    """Measures a mono sound that comes in blocks.

    Parameters
    ----------
    rate : int > 0
    """

    def __init__(self, rate: int) -> None:
        from scipy import fft

        self._factor = max(rate // _MIN_RATE, 1)
        self._rate = rate / self._factor
        self._hop = FRAME_S * self._rate
        self._window = lags.window(math.ceil(2.0 * self._hop))
        self._size = fft.next_fast_len(len(self._window), real=True)
        frequencies = np.fft.rfftfreq(self._size, 1.0 / self._rate)
        inside = (frequencies >= _EDGES_HZ[:-1, None]) & (frequencies < _EDGES_HZ[1:, None])
        self._weights = inside.T.astype(np.float32)
        self._rest = np.zeros(0, np.float32)
        self._odd = np.zeros(0, np.float32)
        self._begin = 0
        self._frame = 0
        self._parts: list[tuple[int, np.ndarray]] = []

    def add(self, samples: np.ndarray) -> None:
        """Add what comes next [shape=(frames,)]."""
        if len(self._odd):
            samples = np.concatenate([self._odd, samples])
        count = len(samples) // self._factor
        self._odd = samples[count * self._factor :].astype(np.float32)
        averaged = samples[: count * self._factor].reshape(count, self._factor)
        weights = np.full(self._factor, 1.0 / self._factor, np.float32)
        self._rest = np.concatenate([self._rest, (averaged @ weights).astype(np.float32)])
        self._measure()

    def skip(self, frames: int) -> None:
        """Leave out a pause of so many frames."""
        if frames <= 0:
            return
        self._end()
        self._begin += round(frames / self._factor)
        self._frame = math.ceil(self._begin / self._hop)

    def finish(self) -> np.ndarray:
        """Rises and falls of the bands, ±127 for ±12 dB within 40 ms [shape=(frames, bands), dtype=int8]."""
        self._end()
        count = max((first + len(part) for first, part in self._parts), default=0)
        powers = np.zeros((count, BANDS), np.float32)
        for first, part in self._parts:
            powers[first : first + len(part)] = part
        return moves(powers)

    def _end(self) -> None:
        """Measure what is left, as if silence followed."""
        if len(self._rest):
            left = self._rest
            self._rest = np.concatenate([left, np.zeros(len(self._window), np.float32)])
            self._measure()
            self._begin += len(self._rest) - len(self._window)
        self._rest, self._odd = np.zeros(0, np.float32), np.zeros(0, np.float32)

    def _measure(self) -> None:
        from scipy import fft

        available = self._begin + len(self._rest) - len(self._window)
        last = math.floor(available / self._hop + 1e-9) if available >= 0 else -1
        if last < self._frame:
            return
        starts = np.round(np.arange(self._frame, last + 1) * self._hop).astype(int) - self._begin
        starts = starts[starts + len(self._window) <= len(self._rest)]
        if not len(starts):
            return
        rows = np.lib.stride_tricks.sliding_window_view(self._rest, len(self._window))[starts] * self._window
        spectra = fft.rfft(rows, self._size, axis=1)
        powers = (np.square(spectra.real) + np.square(spectra.imag)) @ self._weights
        self._parts.append((self._frame, powers.astype(np.float32)))
        self._frame += len(starts)
        kept = max(round(self._frame * self._hop) - self._begin, 0)
        self._rest = self._rest[kept:]
        self._begin += kept


def moves(powers: np.ndarray) -> np.ndarray:
    """Band powers [shape=(frames, bands)] as steps in dB over two frames, see `FingerprintMeter.finish`."""
    if not len(powers):
        return np.zeros((0, BANDS), np.int8)
    loud = np.zeros(powers.shape[1])
    for band, row in enumerate(powers.T):
        sounding = row[row > 0.0]
        loud[band] = np.percentile(sounding, _LOUD) if len(sounding) else 0.0
    floor = np.maximum(loud * 10.0 ** (-_RANGE_DB / 10.0), 1e-30).astype(np.float32)
    levels_db = 10.0 * np.log10(powers + floor)
    steps = np.zeros(powers.shape, np.float32)
    steps[1:-1] = levels_db[2:] - levels_db[:-2]
    return np.round(np.clip(steps / _MAX_STEP_DB, -1.0, 1.0) * _FULL).astype(np.int8)


def packed(fingerprint: np.ndarray) -> str:
    """A fingerprint as text for the cache."""
    return base64.b64encode(zlib.compress(np.ascontiguousarray(fingerprint).tobytes(), 1)).decode()


def unpacked(text: str) -> np.ndarray:
    """The fingerprint of a text [shape=(frames, bands), dtype=int8]."""
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), np.int8).reshape(-1, BANDS)
