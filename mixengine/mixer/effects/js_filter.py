"""JS filters of REAPER's own set whose law is plain: transfer functions of at most second order. They have no latency.

References
----------
Cockos, JSFX ``filters/dc_remove`` and ``filters/resonantlowpass``; LOSER (Michael Gruhn), ``loser/3BandEQ``, which
REAPER brings along: what their recurrences add up to.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from mixengine.mixer.effects.kind import Kind
from mixengine.model.effects import JsFilter
from mixengine.model.session import Effect
from mixengine.model.units import amplitude

Transfer = tuple[np.ndarray, np.ndarray]
"""Numerator and denominator in powers of 1/z."""
_DC_POLE = 0.999
_MAX_POLE = 1.0 - 1e-6
_ANY_RATE = 48000


def _without_dc(_: tuple[float, ...], __: int) -> Transfer:
    return np.array([1.0, -1.0]), np.array([1.0, -_DC_POLE])


def _resonant_low_pass(sliders: tuple[float, ...], rate: int) -> Transfer:
    """Two one-pole low passes in a row, with the difference of their states fed back into the first."""
    frequency_hz, resonance = sliders
    step = 2.0 * frequency_hz / rate
    feedback = resonance + resonance / (1.0 - step)
    kept = 1.0 - step + step * feedback
    return np.array([step**2]), np.array([1.0, step**2 * feedback - (1.0 - step) - kept, (1.0 - step) * kept])


def _three_bands(sliders: tuple[float, ...], rate: int) -> Transfer:
    """A one-pole low pass and what another leaves over as low and high, the rest as middle, each with a gain."""
    low, low_hz, middle, high_hz, high, level = sliders
    low, middle, high, level = (amplitude(gain_db) for gain_db in (low, middle, high, level))
    lower = math.exp(-2.0 * math.pi * min(low_hz, high_hz, rate) / rate)
    upper = math.exp(-2.0 * math.pi * max(min(high_hz, rate), low_hz) / rate)
    ones = np.convolve([1.0, -lower], [1.0, -upper])
    below = (low - middle) * (1.0 - lower) * np.array([1.0, -upper, 0.0])
    above = (middle - high) * (1.0 - upper) * np.array([1.0, -lower, 0.0])
    return level * (high * ones + below + above), ones


LAWS: Mapping[str, Callable[[tuple[float, ...], int], Transfer]] = MappingProxyType(
    {
        "filters/dc_remove": _without_dc,
        "filters/resonantlowpass": _resonant_low_pass,
        "loser/3BandEQ": _three_bands,
    }
)
"""File of a JS filter → its transfer function from its sliders and the sample rate."""


class Filter:
    """Audio through a transfer function."""

    def __init__(self, effect: Effect, rate: int) -> None:
        self._transfer = LAWS[_filter(effect).file](_filter(effect).sliders, rate)
        self._state: np.ndarray | None = None

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """See `Linear`."""
        from scipy import signal

        if self._state is None:
            self._state = np.zeros((max(map(len, self._transfer)) - 1, block.shape[1]))
        out, self._state = signal.lfilter(*self._transfer, block.astype(float), axis=0, zi=self._state)
        return out.astype(block.dtype)


def problem(effect: Effect) -> str:
    """Sliders at which it would not come to rest, and what its place in the chain asks for that is not modelled."""
    with np.errstate(all="ignore"):
        try:
            _, denominator = LAWS[_filter(effect).file](_filter(effect).sliders, _ANY_RATE)
            stable = bool(np.all(np.abs(np.roots(denominator)) < _MAX_POLE))
        except (ArithmeticError, ValueError, np.linalg.LinAlgError):
            stable = False
    if not stable:
        return "its sliders make it ring without end"
    return f"its {effect.notes[0]} is not modelled" if effect.notes else ""


def _filter(effect: Effect) -> JsFilter:
    assert effect.js_filter is not None  # guaranteed by `Kind.fits`
    return effect.js_filter


KIND = Kind(fits=lambda effect: effect.js_filter is not None, make=Filter, problem=problem)
