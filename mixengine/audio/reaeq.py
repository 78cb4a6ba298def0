"""ReaEQ's bands as digital filters: their response, and audio through them.

What is certain, and what is not
--------------------------------
Certain: a band's unit of width is the octave (0.01 … 4), its gain a linear amplitude, its frequency Hz; the kinds are
those of `mixengine.hosts.rpp.reaeq.BAND_KINDS` (decoded from public projects). Public tools turn the width into a
quality factor by ``Q = sqrt(2^N) / (2^N - 1)`` in both directions and users find the curves alike.

Inferred, for Cockos publishes no formula: every band is the biquad of the Audio EQ Cookbook [1]_ with this Q, without
its extra factor for the warping of width near half the rate (for a 6 dB cut of one octave at a rate of 48 kHz the two
differ by at most 0.15 dB at 4 kHz and 0.6 dB at 8 kHz). A shelf takes the same Q; one public converter reports that
ReaEQ does not make shelves steeper than about 0.9 octaves, which is not modelled, so that mixengine itself writes only
``band``, the surest kind. Pass, notch and all pass bands ignore the gain.

References
----------
.. [1] R. Bristow-Johnson, "Cookbook formulae for audio equalizer biquad filter coefficients", W3C note, 2021.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from mixengine.model.session import EqBand

_FLOOR_DB = -120.0
_MAX_RELATIVE_FREQUENCY = 0.4999
"""Upper limit of a band's frequency, relative to the sample rate."""

_Biquad = tuple[list[float], list[float]]


def sos(bands: Sequence[EqBand], rate: int) -> np.ndarray:
    """Second-order sections of the enabled bands.

    Parameters
    ----------
    bands : sequence of EqBand
        Frequencies > 0 Hz, widths > 0 octaves; gains under -120 dB count as -120 dB.
    rate : int > 0
        Sample rate in Hz.

    Returns
    -------
    ndarray [shape=(bands, 6)]
        As `scipy.signal.sosfilt` takes them; no rows for no bands.

    Raises
    ------
    ValueError
        A kind of band is not modelled, or a frequency or width is not above zero.
    """
    sections = [_section(band, rate) for band in bands if band.enabled]
    return np.array(sections).reshape(-1, 6)


def response_db(bands: Sequence[EqBand], frequencies_hz: np.ndarray, rate: int) -> np.ndarray:
    """Gain in dB of all bands together at ``frequencies_hz`` (those above half the rate count as half the rate).

    Returns
    -------
    ndarray [same shape as frequencies_hz]
        Never below -240 dB per band, also where a notch is silent.

    Raises
    ------
    ValueError
        As `sos`.
    """
    frequencies_hz = np.asarray(frequencies_hz, dtype=float)
    z = np.exp(-2j * np.pi * np.minimum(frequencies_hz, rate / 2) / rate)
    total_db = np.zeros(frequencies_hz.shape)
    for b0, b1, b2, a0, a1, a2 in sos(bands, rate):
        gain = np.abs((b0 + (b1 + b2 * z) * z) / (a0 + (a1 + a2 * z) * z))
        total_db += 20.0 * np.log10(np.maximum(gain, 1e-12))
    return total_db


class ReaEqFilter:
    """Audio through the bands, block by block."""

    def __init__(self, bands: Sequence[EqBand], rate: int) -> None:
        self._sos = sos(bands, rate)
        self._state: np.ndarray | None = None

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """Filter the next frames [shape=(frames, channels)]."""
        if not len(self._sos) or not block.size:
            return block
        if self._state is None:
            self._state = np.zeros((len(self._sos), 2, block.shape[1]))
        from scipy import signal

        out, self._state = signal.sosfilt(self._sos, block, axis=0, zi=self._state)
        return out


def _section(band: EqBand, rate: int) -> list[float]:
    if band.kind not in _DESIGNS:
        raise ValueError(f"ReaEQ band of kind '{band.kind}' is not modelled")
    if not (band.frequency_hz > 0.0 and band.bandwidth_oct > 0.0):
        raise ValueError(f"ReaEQ band at {band.frequency_hz:g} Hz, {band.bandwidth_oct:g} octaves wide")
    omega = 2.0 * math.pi * min(band.frequency_hz / rate, _MAX_RELATIVE_FREQUENCY)
    # sin(omega) / (2 Q) with Q = sqrt(2^N) / (2^N - 1)
    alpha = math.sin(omega) * math.sinh(0.5 * math.log(2.0) * band.bandwidth_oct)
    root_gain = 10.0 ** (max(band.gain_db, _FLOOR_DB) / 40.0)
    numerator, denominator = _DESIGNS[band.kind](math.cos(omega), alpha, root_gain)
    return [value / denominator[0] for value in (*numerator, *denominator)]


def _peak(cos: float, alpha: float, a: float) -> _Biquad:
    return [1 + alpha * a, -2 * cos, 1 - alpha * a], [1 + alpha / a, -2 * cos, 1 - alpha / a]


def _low_shelf(cos: float, alpha: float, a: float) -> _Biquad:
    slope = 2 * math.sqrt(a) * alpha
    return (
        [
            a * ((a + 1) - (a - 1) * cos + slope),
            2 * a * ((a - 1) - (a + 1) * cos),
            a * ((a + 1) - (a - 1) * cos - slope),
        ],
        [(a + 1) + (a - 1) * cos + slope, -2 * ((a - 1) + (a + 1) * cos), (a + 1) + (a - 1) * cos - slope],
    )


def _high_shelf(cos: float, alpha: float, a: float) -> _Biquad:
    numerator, denominator = _low_shelf(-cos, alpha, a)
    # a high shelf is the low shelf mirrored at a quarter of the rate: z becomes -z
    return [numerator[0], -numerator[1], numerator[2]], [denominator[0], -denominator[1], denominator[2]]


def _low_pass(cos: float, alpha: float, _a: float) -> _Biquad:
    return [(1 - cos) / 2, 1 - cos, (1 - cos) / 2], [1 + alpha, -2 * cos, 1 - alpha]


def _high_pass(cos: float, alpha: float, _a: float) -> _Biquad:
    return [(1 + cos) / 2, -(1 + cos), (1 + cos) / 2], [1 + alpha, -2 * cos, 1 - alpha]


def _all_pass(cos: float, alpha: float, _a: float) -> _Biquad:
    return [1 - alpha, -2 * cos, 1 + alpha], [1 + alpha, -2 * cos, 1 - alpha]


def _notch(cos: float, alpha: float, _a: float) -> _Biquad:
    return [1.0, -2 * cos, 1.0], [1 + alpha, -2 * cos, 1 - alpha]


def _band_pass(cos: float, alpha: float, _a: float) -> _Biquad:
    return [alpha, 0.0, -alpha], [1 + alpha, -2 * cos, 1 - alpha]


_DESIGNS: dict[str, Callable[[float, float, float], _Biquad]] = {
    "band": _peak,
    "band_2": _peak,
    "band_9": _peak,
    "low_shelf": _low_shelf,
    "high_shelf": _high_shelf,
    "low_pass": _low_pass,
    "high_pass": _high_pass,
    "all_pass": _all_pass,
    "notch": _notch,
    "band_pass": _band_pass,
}
"""Kind of band → its biquad from cos(omega), alpha and the square root of its gain."""
