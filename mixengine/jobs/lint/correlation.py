"""How similar two recordings are, at which delay and with which sign.

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

from mixengine.jobs.lint.context import EXCERPT_RATE

_FRAME = 4096
"""0.37 s: at a lag of 20 ms the coherence is 5 % too low."""
_FLOOR = 1e-4
"""Regularisation: bins 40 dB below the strongest one are noise of the recording or of a coder."""
_MIN_HZ = 40.0
MAX_LAG_S = 0.03


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
        """Delay in s and value of the largest absolute value inside ± ``within_s``."""
        values = np.where(np.abs(self.lags_s) <= within_s, self.values, 0.0)
        at = int(np.argmax(np.abs(values)))
        return float(self.lags_s[at]), float(values[at])

    def largest(self, sign: float, within_s: float) -> float:
        """Largest value of one sign inside ± ``within_s``, as a positive number."""
        return float(np.max(np.where(np.abs(self.lags_s) <= within_s, sign * self.values, 0.0), initial=0.0))


def frames(samples: np.ndarray) -> np.ndarray:
    """Overlapping frames of a sound [shape=(frames, samples)]."""
    if len(samples) < _FRAME:
        samples = np.pad(samples, (0, _FRAME - len(samples)))
    return np.lib.stride_tricks.sliding_window_view(samples, _FRAME)[:: _FRAME // 2]


def correlate(first: np.ndarray, second: np.ndarray) -> Lags:
    """Correlation of two sounds in simultaneous `frames` [shape=(frames, samples)]."""
    from scipy import fft, signal

    window = signal.windows.hann(_FRAME, sym=False).astype(np.float32)
    a, b = fft.rfft(first * window, axis=1), fft.rfft(second * window, axis=1)
    own_a, own_b = np.square(np.abs(a)).sum(axis=0), np.square(np.abs(b)).sum(axis=0)
    cross = (a * np.conj(b)).sum(axis=0)
    cross[: round(_MIN_HZ * _FRAME / EXCERPT_RATE)] = 0.0
    white = np.sqrt((own_a + _FLOOR * own_a.max(initial=0.0)) * (own_b + _FLOOR * own_b.max(initial=0.0)))
    white = np.maximum(white, 1e-30)
    correlation = fft.irfft(cross / white, _FRAME)
    # the value that identical sounds with these spectra would reach
    max_value = float(fft.irfft(np.where(cross != 0.0, np.sqrt(own_a * own_b) / white, 0.0), _FRAME)[0])
    max_lag = round(MAX_LAG_S * EXCERPT_RATE)
    lags = np.arange(-max_lag, max_lag + 1)
    return Lags(lags / EXCERPT_RATE, correlation[lags] / max_value if max_value > 0.0 else np.zeros(len(lags)))


def residual_db(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """Residual in dB of the second sound after the first, with the best gain, is subtracted; and that gain."""
    first, second = first.astype(np.float64), second.astype(np.float64)
    own, power = float(first @ first), float(second @ second)
    if not own > 0.0 or not power > 0.0:
        return 0.0, 0.0
    gain = float(first @ second) / own
    residual = second - gain * first
    return 10.0 * float(np.log10(max(float(residual @ residual) / power, 1e-12))), gain
