"""How close an estimate comes to a clean signal: SI-SDR, SDR, and the level between them.

References
----------
J. Le Roux, S. Wisdom, H. Erdogan, J. R. Hershey, "SDR – half-baked or well done?", ICASSP 2019.
E. Vincent, R. Gribonval, C. Févotte, "Performance measurement in blind audio source separation", IEEE TASLP 14(4),
2006.
"""

from __future__ import annotations

import numpy as np
from scipy import fft, linalg

MAX_DB = 120.0
"""Ratio of a perfect estimate (beyond this is rounding); a silent estimate gets its negative."""
_TINY = 1e-30


def si_sdr_db(reference: np.ndarray, estimate: np.ndarray) -> float:
    """Scale-invariant signal-to-distortion ratio of one channel, both means removed.

    Parameters
    ----------
    reference, estimate : ndarray [shape=(samples,)]

    Returns
    -------
    float
        In dB, at most `MAX_DB`; NaN where the reference is silent.
    """
    reference = np.asarray(reference, dtype=np.float64) - np.mean(reference)
    estimate = np.asarray(estimate, dtype=np.float64) - np.mean(estimate)
    power = float(reference @ reference)
    if power <= _TINY:
        return float("nan")
    target = (estimate @ reference) / power * reference
    return _ratio_db(target, estimate - target)


def sdr_db(reference: np.ndarray, estimate: np.ndarray, taps: int = 512) -> float:
    """Signal-to-distortion ratio of one source as in BSS Eval: a filter of ``taps`` may stand between the two.

    Parameters
    ----------
    reference, estimate : ndarray [shape=(samples,)]

    Returns
    -------
    float
        In dB, at most `MAX_DB`; NaN where the reference is silent.
    """
    reference, estimate = (np.asarray(signal, dtype=np.float64) for signal in (reference, estimate))
    if float(reference @ reference) <= _TINY:
        return float("nan")
    size = fft.next_fast_len(len(reference) + taps, real=True)
    spectrum = fft.rfft(reference, size)
    own = fft.irfft(np.abs(spectrum) ** 2, size)[:taps]
    cross = fft.irfft(np.conj(spectrum) * fft.rfft(estimate, size), size)[:taps]
    own[0] += 1e-10 * own[0]
    response = linalg.solve_toeplitz(own, cross)
    target = fft.irfft(spectrum * fft.rfft(response, size), size)[: len(reference) + taps - 1]
    return _ratio_db(target, np.pad(estimate, (0, taps - 1)) - target)


def level_error_db(reference: np.ndarray, estimate: np.ndarray) -> float:
    """How much louder the reference's part in the estimate is than the reference, in dB; NaN for silence."""
    power = float(np.dot(reference, reference))
    share = float(np.dot(estimate, reference)) / power if power > _TINY else 0.0
    return 20.0 * float(np.log10(share)) if share > 0.0 else float("nan")


def _ratio_db(target: np.ndarray, error: np.ndarray) -> float:
    target_power, error_power = float(target @ target), float(error @ error)
    if target_power <= _TINY:
        return -MAX_DB
    if error_power <= target_power * 10 ** (-MAX_DB / 10):
        return MAX_DB
    return 10.0 * float(np.log10(target_power / error_power))
