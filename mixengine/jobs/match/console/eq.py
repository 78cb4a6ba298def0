"""The six-band equaliser: cookbook biquads [1]_ with a true Q, by transform (differentiable) and as a stream.

The response of a biquad has a closed form. With s = sin²(w/2), c = cos²(w/2) (index 0 at the band's frequency),
A = 10^(gain/40) and α = sin w0 / 2Q, up to a factor common to numerator and denominator:

    peak        2 (s0 − s) + j αA sin w      over  2 (s0 − s) + j (α/A) sin w
    low shelf   A (A s0 c − s c0 + j √A α sin w / 2)  over  s0 c − A s c0 + j √A α sin w / 2
    high shelf  the same with s and c exchanged, conjugated

which, unlike the coefficients, loses nothing in single precision where the frequency is low and the Q high.

References
----------
.. [1] R. Bristow-Johnson, "Cookbook formulae for audio equalizer biquad filter coefficients", W3C note, 2021.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import signal

from mixengine.audio import biquads, reaeq
from mixengine.audio.arrays import constant, namespace
from mixengine.jobs.match.console.parameters import BANDS
from mixengine.jobs.match.console.transform import transform_bins, transform_length
from mixengine.model.session import EqBand

KINDS = {name: name if name.endswith("shelf") else "band" for name in BANDS}
"""Band of the console → kind of ReaEQ band."""


def response(values: Any, n_fft: int, rate: int) -> Any:
    """Complex response of the equaliser at the bins of a transform.

    Parameters
    ----------
    values : array or tensor [shape=(…, 18)]
        Gain in dB, frequency in Hz below half the rate, and Q of each band.

    Returns
    -------
    complex array or tensor [shape=(…, n_fft // 2 + 1)]
    """
    sin2, cos2, sine = (constant(part, values) for part in transform_bins(n_fft))
    return response_at(values, sin2, cos2, sine, rate)


def response_at(values: Any, sin2: Any, cos2: Any, sine: Any, rate: int) -> Any:
    """`response` at any angles w, given as sin²(w/2), cos²(w/2) and sin w [shape=(bins,)]."""
    xp = namespace(values)
    top, bottom = 1.0, 1.0
    for index, name in enumerate(BANDS):
        gain_db, frequency_hz, q = (values[..., 3 * index + part, None] for part in range(3))
        half_angle = frequency_hz * (math.pi / rate)
        s0, c0 = xp.sin(half_angle) ** 2, xp.cos(half_angle) ** 2
        a, alpha = 10.0 ** (gain_db / 40.0), xp.sin(2.0 * half_angle) / (2.0 * q)
        if name == "low_shelf":
            slope = xp.sqrt(a) * alpha * 0.5j * sine
            upper, lower = a * (a * s0 * cos2 - sin2 * c0 + slope), s0 * cos2 - a * sin2 * c0 + slope
        elif name == "high_shelf":
            slope = xp.sqrt(a) * alpha * -0.5j * sine
            upper, lower = a * (a * c0 * sin2 - cos2 * s0 + slope), c0 * sin2 - a * cos2 * s0 + slope
        else:
            apart, slope = 2.0 * (s0 - sin2), 1j * alpha * sine
            upper, lower = apart + a * slope, apart + slope / a
        top, bottom = top * upper, bottom * lower
    return top / bottom


def filtered(x: Any, values: Any, rate: int, tail: int | None = None) -> Any:
    """A signal [shape=(…, channels, frames)] through the equaliser [shape=(…, 18)], from rest, by transform."""
    xp = namespace(x)
    n_fft = transform_length(x.shape[-1], tail)
    curve = response(values, n_fft, rate)[..., None, :]
    return xp.fft.irfft(xp.fft.rfft(x, n_fft) * curve, n_fft)[..., : x.shape[-1]]


def response_db(values: np.ndarray, hz: np.ndarray, rate: int) -> np.ndarray:
    """Gain in dB at ``hz`` (up to half the rate)."""
    angle = np.pi * np.minimum(hz / rate, 0.5)
    curve = response_at(values, np.sin(angle) ** 2, np.cos(angle) ** 2, np.sin(2.0 * angle), rate)
    return 20.0 * np.log10(np.maximum(np.abs(curve), 1e-12))


def bands(values: np.ndarray, rate: int) -> tuple[EqBand, ...]:
    """The six bands as bands of ReaEQ at the console's rate, with the Q converted to the width that does the same."""
    return tuple(
        EqBand(kind, float(hz), float(gain_db), octaves(kind, float(hz), float(gain_db), float(q), rate))
        for kind, (gain_db, hz, q) in zip(KINDS.values(), np.reshape(values, (6, 3)), strict=True)
    )


def octaves(kind: str, hz: float, gain_db: float, q: float, rate: int) -> float:
    """The width at which a band of ReaEQ has the quality factor ``q`` > 0; may be beyond what ReaEQ can be set to."""
    if kind.endswith("shelf"):  # 1/Q² = (A + 1/A) (1/S − 1) + 2 with the slope 1/S = N²
        a = 10.0 ** (gain_db / 40.0)
        return math.sqrt(max(1.0 + (1.0 / q**2 - 2.0) / (a + 1.0 / a), 0.0))
    return 2.0 / math.log(2.0) * math.asinh(0.5 / q) / reaeq.warp(2.0 * math.pi * hz / rate)


class Equalizer:
    """Audio through the bands, block by block, in double precision."""

    def __init__(self, values: np.ndarray, rate: int) -> None:
        self._sos = np.array(
            [
                _section(kind, gain_db, hz, q, rate)
                for kind, (gain_db, hz, q) in zip(KINDS.values(), np.reshape(values, (6, 3)), strict=True)
            ]
        )
        self._state: np.ndarray | None = None

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """Filter the next frames [shape=(channels, frames)]."""
        if self._state is None:
            self._state = np.zeros((len(self._sos), block.shape[0], 2))
        out, self._state = signal.sosfilt(self._sos, block, zi=self._state)
        return out


def _section(kind: str, gain_db: float, hz: float, q: float, rate: int) -> list[float]:
    omega = 2.0 * math.pi * hz / rate
    alpha, a = math.sin(omega) / (2.0 * q), 10.0 ** (gain_db / 40.0)
    return biquads.section(_DESIGNS[kind](math.cos(omega), alpha, a))


_DESIGNS = {"band": biquads.peak, "low_shelf": biquads.low_shelf, "high_shelf": biquads.high_shelf}
