"""ReaEQ's bands as digital filters: their response, and audio through them.

The law
-------
From REAPER's own renders (6.01 to 6.25, nulled at −120 dB): every band is a biquad of the Audio EQ Cookbook with, at
w = 2π f / rate and a width of N octaves,

    α = sin w · sinh(ln 2 / 2 · N · k),  k = w / sin w below a quarter of the rate, else π/2

and a shelf has the slope S = 1 / max(N, 0.915)². At −120 dB ("-inf") a band is a notch, a low shelf the high pass and a
high shelf the low pass with this α. Pass bands ignore their gain. Seen were bands and notches of 2 to 4 octaves, and
shelves and passes of 2; the slope at other widths is from a public converter.

Not seen in any render: all pass, notch, band pass and parallel types (the last is not modelled), and an output gain.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from mixengine.audio import biquads
from mixengine.audio.biquads import Biquad
from mixengine.model.session import EqBand

SILENT_DB = -120.0
"""ReaEQ's "-inf": its knob goes no lower."""
_MAX_RELATIVE_FREQUENCY = 0.4999
"""Upper limit of a band's frequency, relative to the sample rate."""
MIN_SHELF_OCT = 0.915
"""A shelf gets no steeper when it is narrower."""


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
    return each_response_db(bands, frequencies_hz, rate).sum(axis=0)


def each_response_db(bands: Sequence[EqBand], frequencies_hz: np.ndarray, rate: int) -> np.ndarray:
    """`response_db` of each band by itself [shape=(bands, …)]."""
    frequencies_hz = np.asarray(frequencies_hz, dtype=float)
    z = np.exp(-2j * np.pi * np.minimum(frequencies_hz, rate / 2) / rate)
    b0, b1, b2, a0, a1, a2 = sos(bands, rate).T.reshape(6, -1, *(1,) * z.ndim)
    gain = np.abs((b0 + (b1 + b2 * z) * z) / (a0 + (a1 + a2 * z) * z))
    return 20.0 * np.log10(np.maximum(gain, 1e-12))


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
    kind = SPECIALS.get(band.kind, band.kind) if band.gain_db <= _SPECIAL_DB else band.kind
    if kind not in _DESIGNS:
        raise ValueError(f"ReaEQ band of kind '{band.kind}' is not modelled")
    if not (band.frequency_hz > 0.0 and band.bandwidth_oct > 0.0):
        raise ValueError(f"ReaEQ band at {band.frequency_hz:g} Hz, {band.bandwidth_oct:g} octaves wide")
    omega = 2.0 * math.pi * min(band.frequency_hz / rate, _MAX_RELATIVE_FREQUENCY)
    a = 10.0 ** (max(band.gain_db, SILENT_DB) / 40.0)
    alpha = (
        shelf_alpha(omega, band.bandwidth_oct, a) if kind.endswith("shelf") else width_alpha(omega, band.bandwidth_oct)
    )
    return biquads.section(_DESIGNS[kind](math.cos(omega), alpha, a))


def warp(omega: float) -> float:
    """By how much ReaEQ widens a band at an angular frequency: k of the law."""
    return omega / math.sin(omega) if omega < math.pi / 2.0 else math.pi / 2.0


def width_alpha(omega: float, octaves: float) -> float:
    """α of a band of this width."""
    return math.sin(omega) * math.sinh(0.5 * math.log(2.0) * octaves * warp(omega))


def shelf_alpha(omega: float, octaves: float, a: float) -> float:
    """α of a shelf of this width, at the square root ``a`` of its gain."""
    one_over_slope = max(octaves, MIN_SHELF_OCT) ** 2
    return 0.5 * math.sin(omega) * math.sqrt((a + 1.0 / a) * (one_over_slope - 1.0) + 2.0)


_DESIGNS: Mapping[str, Callable[[float, float, float], Biquad]] = MappingProxyType(
    {
        "band": biquads.peak,
        "band_2": biquads.peak,
        "band_9": biquads.peak,
        "low_shelf": biquads.low_shelf,
        "high_shelf": biquads.high_shelf,
        "low_pass": biquads.low_pass,
        "high_pass": biquads.high_pass,
        "all_pass": biquads.all_pass,
        "notch": biquads.notch,
        "band_pass": biquads.band_pass,
    }
)
"""Kind of band → its biquad from cos(omega), alpha and the square root of its gain."""
SPECIALS: Mapping[str, str] = MappingProxyType(
    {"band": "notch", "band_2": "notch", "band_9": "notch", "low_shelf": "high_pass", "high_shelf": "low_pass"}
)
"""Kind of band → what it is at `SILENT_DB`."""
_SPECIAL_DB = SILENT_DB + 1e-6
UNSEEN_KINDS = frozenset({"all_pass", "notch", "band_pass"})
"""Kinds that no render of REAPER's showed."""
