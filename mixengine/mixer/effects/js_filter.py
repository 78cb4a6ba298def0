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

Transfer = tuple[np.ndarray, np.ndarray]
"""Numerator and denominator in powers of 1/z."""
_DC_POLE = 0.999
_MAX_POLE = 1.0 - 1e-6
_DB_PER_NEPER = 8.65617025
"""Of LOSER's plug-ins; 20 / ln 10 is 8.6859."""


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
    low, middle, high, level = (math.exp(gain_db / _DB_PER_NEPER) for gain_db in (low, middle, high, level))
    low_gain, low_poles = _one_pole(min(low_hz, high_hz, rate), rate)
    rest_gain, rest_poles = _one_pole(max(min(high_hz, rate), low_hz), rate)
    poles = np.convolve(low_poles, rest_poles)
    below = (low - middle) * low_gain * np.pad(rest_poles, (0, 1))
    below_high = (middle - high) * rest_gain * np.pad(low_poles, (0, 1))
    return level * (high * poles + below + below_high), poles


def _one_pole(frequency_hz: float, rate: int) -> tuple[float, np.ndarray]:
    """Gain and denominator of a one-pole low pass; at 0 Hz it passes nothing and has no pole."""
    if frequency_hz <= 0.0:
        return 0.0, np.array([1.0, 0.0])
    pole = math.exp(-2.0 * math.pi * frequency_hz / rate)
    return 1.0 - pole, np.array([1.0, -pole])


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
    """What its place in the chain asks for that is not modelled."""
    return f"its {effect.notes[0]} is not modelled" if effect.notes else ""


def problem_at(effect: Effect, rate: int) -> str:
    """Sliders at which it would not come to rest."""
    with np.errstate(all="ignore"):
        try:
            _, denominator = LAWS[_filter(effect).file](_filter(effect).sliders, rate)
            stable = bool(np.all(np.abs(np.roots(denominator)) < _MAX_POLE))
        except (ArithmeticError, ValueError, np.linalg.LinAlgError):
            stable = False
    return "" if stable else f"its sliders make it ring without end at {rate} Hz"


def _filter(effect: Effect) -> JsFilter:
    assert effect.js_filter is not None  # guaranteed by `Kind.fits`
    return effect.js_filter


KIND = Kind(fits=lambda effect: effect.js_filter is not None, make=Filter, problem=problem, problem_at=problem_at)
