"""How much later one recording is than another, to a fraction of a sample, and how much of it is in it.

The cross-correlation is whitened by both averaged spectra (the smoothed coherence transform [1]_), so that an
equaliser, or the difference of two microphones, hardly changes it and its peak is narrow. The height of the peak is a
coherence: 1 for the same sound, near 0 for different sounds that play the same notes. It does not depend on gains.

References
----------
.. [1] G. C. Carter, A. H. Nuttall, P. G. Cable, "The smoothed coherence transform", Proc. IEEE 61 (1973).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FRAME_S = 0.3715
"""At a lag of 20 ms that nobody allowed for the coherence is 5 % too low."""
FLOOR = 1e-4
"""Regularisation: bins 40 dB below the strongest one are noise of the recording or of a coder."""
MIN_HZ = 40.0
MAX_LAG_S = 0.03
_FINER = 4
_BESIDE_S = 0.002
"""What lies so near to a peak belongs to it."""


@dataclass(frozen=True, slots=True)
class Lags:
    """Correlation of two sounds over the delay of the first against the second.

    Attributes
    ----------
    lags_s : ndarray [shape=(lags,)]
        Positive where the first comes later.
    values : ndarray [shape=(lags,)]
        -1 … 1.
    """

    lags_s: np.ndarray
    values: np.ndarray

    def strongest(self, within_s: float) -> tuple[float, float]:
        """Delay in s and value of the largest absolute value inside ± ``within_s``; the delay between two lags."""
        values = np.where(np.abs(self.lags_s) <= within_s, self.values, 0.0)
        at = int(np.argmax(np.abs(values)))
        return self.delay_s(at), float(values[at])

    def delay_s(self, at: int) -> float:
        """Where the peak at an index really lies, between two lags."""
        return float(self.lags_s[at]) + self._between(at)

    def largest(self, sign: float, within_s: float) -> float:
        """Largest value of one sign inside ± ``within_s``, as a positive number."""
        return float(np.max(np.where(np.abs(self.lags_s) <= within_s, sign * self.values, 0.0), initial=0.0))

    def score(self, within_s: float = MAX_LAG_S) -> float:
        """Deviations by which the strongest value stands above those before it, or above those after it.

        A room answers on one side of the sound only; the other shows what is chance.
        """
        lag_s, value = self.strongest(within_s)
        inside = np.abs(self.lags_s) <= within_s
        sides = (self.lags_s < lag_s - _BESIDE_S, self.lags_s > lag_s + _BESIDE_S)
        rests = [self.values[inside & side] for side in sides]
        deviations = [float(np.sqrt(np.mean(np.square(rest)))) for rest in rests if len(rest) >= inside.sum() // 8]
        deviation = min(deviations, default=0.0)
        return abs(value) / deviation if deviation > 0.0 else 0.0

    def _between(self, at: int) -> float:
        if not 0 < at < len(self.values) - 1:
            return 0.0
        before, here, after = np.abs(self.values[at - 1 : at + 2]).tolist()
        bend = before - 2.0 * here + after
        step_s = float(self.lags_s[1] - self.lags_s[0])
        return float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5)) * step_s if bend < 0.0 else 0.0


@dataclass(frozen=True)
class Spectra:
    """Simultaneous frames of two sounds as spectra.

    Attributes
    ----------
    first, second : ndarray [shape=(frames, bins)]
        Complex.
    size : int
        Samples of a frame.
    rate : int
    """

    first: np.ndarray
    second: np.ndarray
    size: int
    rate: int

    @property
    def low(self) -> int:
        """The first bin that counts: at `MIN_HZ`."""
        return round(MIN_HZ * self.size / self.rate)

    def lags(self, chosen: np.ndarray | None = None, max_lag_s: float = MAX_LAG_S) -> Lags:
        """Correlation over the delay of the second sound against the first, over all or some frames."""
        a, b = (self.first, self.second) if chosen is None else (self.first[chosen], self.second[chosen])
        return correlation(b, a, self.size, self.rate, max_lag_s)

    def response(self, source: int, chosen: np.ndarray | None = None, max_lag_s: float = MAX_LAG_S) -> Lags:
        """How one sound follows from the other, over the delay of the second: a room's response to the one without it.

        Whitened by that one only, so that what comes before the direct sound stays empty however loud reflections are,
        and weighted by how far both are coherent, so that noise is not whitened too.

        Parameters
        ----------
        source : int
            0 where the second follows from the first, 1 where the first follows from the second.
        """
        a, b = (self.first, self.second) if chosen is None else (self.first[chosen], self.second[chosen])
        powers, cross = (_power(a), _power(b)), _cross(b, a, self.size, self.rate)
        coherent = np.square(np.abs(cross)) / np.maximum(powers[0] * powers[1], 1e-30)
        white = np.maximum(powers[source] + FLOOR * powers[source].max(initial=0.0), 1e-30)
        return Lags(*_over_lags(coherent * cross / white, self.size, self.rate, max_lag_s))

    def powers(self) -> tuple[np.ndarray, np.ndarray]:
        """Power of each frame of both, above `MIN_HZ`."""
        scale = 2.0 / self.size**2
        a, b = (np.square(np.abs(rows[:, self.low :])).sum(axis=1) * scale for rows in (self.first, self.second))
        return a, b

    @classmethod
    def joined(cls, parts: list[Spectra]) -> Spectra:
        """The frames of several stretches as one."""
        first, second = (np.concatenate(rows) for rows in zip(*((p.first, p.second) for p in parts), strict=True))
        return cls(first, second, parts[0].size, parts[0].rate)


def frame_size(rate: int, frame_s: float = FRAME_S) -> int:
    """Samples of a frame: a power of two."""
    return int(2 ** round(np.log2(frame_s * rate)))


def window(size: int) -> np.ndarray:
    """What frames are multiplied by: Hann's, periodic. `scipy.signal` has it too, and takes a second to import."""
    return np.asarray(0.5 - 0.5 * np.cos(2.0 * np.pi / size * np.arange(size)), np.float32)


def frames(samples: np.ndarray, size: int) -> np.ndarray:
    """Frames of a sound, overlapping by half [shape=(frames, size)]."""
    if len(samples) < size:
        samples = np.pad(samples, (0, size - len(samples)))
    return np.lib.stride_tricks.sliding_window_view(samples, size)[:: size // 2]


def correlate(first: np.ndarray, second: np.ndarray, rate: int, max_lag_s: float = MAX_LAG_S) -> Lags:
    """Correlation of two sounds in simultaneous `frames` over the delay of the first against the second."""
    from scipy import fft

    size = first.shape[1]
    taper = window(size)
    return correlation(fft.rfft(first * taper, axis=1), fft.rfft(second * taper, axis=1), size, rate, max_lag_s)


def correlation(a: np.ndarray, b: np.ndarray, size: int, rate: int, max_lag_s: float) -> Lags:
    """`correlate` of spectra [shape=(frames, bins)] of frames of ``size``."""
    from scipy import fft

    own_a, own_b = _power(a), _power(b)
    cross = _cross(a, b, size, rate)
    white = np.sqrt((own_a + FLOOR * own_a.max(initial=0.0)) * (own_b + FLOOR * own_b.max(initial=0.0)))
    white = np.maximum(white, 1e-30)
    # the value that identical sounds with these spectra would reach
    max_value = float(fft.irfft(np.where(cross != 0.0, np.sqrt(own_a * own_b) / white, 0.0), size)[0])
    lags_s, values = _over_lags(cross / white, size, rate, max_lag_s)
    return Lags(lags_s, values / max_value if max_value > 0.0 else np.zeros(len(values)))


def _cross(a: np.ndarray, b: np.ndarray, size: int, rate: int) -> np.ndarray:
    """Cross spectrum above `MIN_HZ`."""
    cross = np.einsum("ij,ij->j", a, np.conj(b)).astype(np.complex128)
    cross[: round(MIN_HZ * size / rate)] = 0.0
    return cross


def _over_lags(spectrum: np.ndarray, size: int, rate: int, max_lag_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Delays, finer than samples, and values of a whitened cross spectrum."""
    from scipy import fft

    values = fft.irfft(spectrum, size * _FINER) * _FINER
    max_lag = min(round(max_lag_s * rate), size // 2 - 1) * _FINER
    lags = np.arange(-max_lag, max_lag + 1)
    return lags / (rate * _FINER), values[lags]


def _power(rows: np.ndarray) -> np.ndarray:
    return (np.square(rows.real) + np.square(rows.imag)).sum(axis=0, dtype=np.float64)


def spectra(first: np.ndarray, second: np.ndarray, starts: np.ndarray, size: int, rate: int) -> Spectra:
    """Frames of both sounds, those of the second at places of their own, also between samples.

    Parameters
    ----------
    first, second : ndarray [shape=(samples,)]
    starts : ndarray [shape=(frames,)]
        Where the frames of ``second`` begin in it, in samples; those of ``first`` begin at every half frame.
    """
    from scipy import fft

    taper = window(size)
    hop = size // 2
    count = min(len(starts), max((len(first) - size) // hop + 1, 0))
    whole = np.floor(starts[:count]).astype(int)
    usable = (whole >= 0) & (whole + size <= len(second))
    whole, between = whole[usable], (starts[:count] - np.floor(starts[:count]))[usable]
    if not len(whole):
        none = np.zeros((0, size // 2 + 1), np.complex64)
        return Spectra(none, none, size, rate)
    a = frames(first, size)[:count][usable] * taper
    b = np.lib.stride_tricks.sliding_window_view(second, size)[whole] * taper
    turn = np.exp(2j * np.pi / size * np.outer(between, np.arange(size // 2 + 1))).astype(np.complex64)
    return Spectra(fft.rfft(a, axis=1), fft.rfft(b, axis=1) * turn, size, rate)
