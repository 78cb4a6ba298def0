"""REAPER's curves: item fades, envelope segments, the fader scale.

The shapes were established by others from REAPER's renders and by the SWS extension's sources; none was measured
against REAPER by this project. See docs/architecture.md for what is certain.
"""

from __future__ import annotations

import numpy as np

from mixengine.model.session import EQUAL_POWER, Automation, EnvelopePoint, Fade
from mixengine.model.units import MAX_FADER_DB, amplitude

_MAX_AMPLITUDE = amplitude(MAX_FADER_DB)


def fade_gain(x: np.ndarray, fade: Fade, *, out: bool = False) -> np.ndarray:
    """Amplitude of a fade at ``x`` = 0 (silent end) … 1 (full).

    Parameters
    ----------
    x : ndarray
        Position measured from the silent end, so that a fade-out passes its distance to the clip's end.
    fade : Fade
        Shape and curve.
    out : bool
        A fade-out bends the other way for the same curve number.
    """
    x = np.clip(x, 0.0, 1.0)
    curve = -fade.curve if out else fade.curve
    return _FADES[fade.shape](x, curve)


def _bent(base, up, down):
    """A shape that its curve blends towards ``up`` (curve 1) or ``down`` (curve -1)."""

    def gain(x: np.ndarray, curve: float) -> np.ndarray:
        return (1.0 - abs(curve)) * base(x) + abs(curve) * (up(x) if curve >= 0 else down(x))

    return gain


def _warp(x: np.ndarray, t: float) -> np.ndarray:
    """Bend 0…1 so that the middle moves; t = 0.5 leaves it straight."""
    g = x if abs(t - 0.5) < 1e-9 else (np.sqrt(x * (1.0 - 2.0 * t) + t * t) - t) / (1.0 - 2.0 * t)
    return (2.0 * t - 1.0) * g * g + (2.0 - 2.0 * t) * g


def _s_curve(x: np.ndarray, curve: float) -> np.ndarray:
    x = _warp(x, (curve + 2.0) / 4.0)
    return x * x * (3.0 - 2.0 * x)


def _steep_s_curve(x: np.ndarray, curve: float) -> np.ndarray:
    x = _warp(x, (5.0 * curve + 8.0) / 16.0)
    return np.where(x <= 0.5, 8.0 * x**4, 1.0 - 8.0 * (1.0 - x) ** 4)


def _equal_power(x: np.ndarray) -> np.ndarray:
    y = (1.0 - x) ** 2
    return 1.0 - y * (2.0 - np.pi / 4.0 - (1.0 - np.pi / 4.0) * y)


def _equal_power_fade(x: np.ndarray, curve: float) -> np.ndarray:
    """Bent upwards it is the power complement of the other side's bend, so that a crossfade keeps its power."""
    bend = abs(curve)
    if curve >= 0.0:
        return (1.0 - bend) * _equal_power(x) + bend * x**4
    other = (1.0 - bend) * _equal_power(1.0 - x) + bend * (1.0 - x) ** 4
    return np.sqrt(1.0 - other * other)


_linear = _bent(lambda x: x, lambda x: x**4, lambda x: 1.0 - (1.0 - x) ** 4)
_FADES = {
    0: _linear,
    1: _bent(lambda x: x * (2.0 - x), lambda x: x**4, lambda x: np.sqrt(1.0 - (1.0 - x) ** 8)),
    2: _bent(lambda x: x, lambda x: x * x, lambda x: x * (2.0 - x)),
    3: _linear,
    4: _linear,
    5: _s_curve,
    6: _steep_s_curve,
    EQUAL_POWER: _equal_power_fade,
}


def fader_position(amplitude: np.ndarray) -> np.ndarray:
    """REAPER's fader travel (0…1, 1 is +12 dB) of a linear amplitude, in closed form."""
    q = (np.sqrt(1.0 + 8.0 * np.maximum(amplitude, 0.0) / _MAX_AMPLITUDE) - 1.0) / 2.0
    return np.cbrt(q)


def fader_amplitude(position: np.ndarray) -> np.ndarray:
    """Linear amplitude at a fader position: (A/2)·(p³ + p⁶), A = +12 dB."""
    cube = np.maximum(position, 0.0) ** 3
    return _MAX_AMPLITUDE / 2.0 * (cube + cube * cube)


class Curve:
    """The values of an envelope, whose points are read once.

    Before the first point its value holds, after the last one its value. Volume envelopes with fader scaling are
    interpolated along the fader's travel, as REAPER draws them.
    """

    def __init__(self, automation: Automation) -> None:
        self._points, self._on_fader = automation.points, automation.fader_scaling
        self._starts_s = np.array([point.time_s for point in self._points])
        values = np.array([point.value for point in self._points])
        self._positions = fader_position(values) if self._on_fader else values

    def at(self, times_s: np.ndarray) -> np.ndarray:
        """Values at ``times_s`` (rising), in the envelope's own unit."""
        result = np.empty(len(times_s))
        if not len(times_s):
            return result
        first, last = np.searchsorted(self._starts_s, times_s[[0, -1]], side="right") - 1
        ends = [*np.searchsorted(times_s, self._starts_s[first + 1 : last + 1]), len(times_s)]
        begin = 0
        for number, end in enumerate(ends, int(first)):
            if end > begin:
                result[begin:end] = self._piece(number, times_s[begin:end])
                begin = end
        return result

    def _piece(self, number: int, times_s: np.ndarray) -> np.ndarray | float:
        """Values between a point and the next one."""
        before, after = max(number, 0), min(number + 1, len(self._points) - 1)
        start, rise = self._positions[before], self._positions[after] - self._positions[before]
        if number < 0 or rise == 0.0:
            position = start
        else:
            x = (times_s - self._starts_s[before]) / (self._starts_s[after] - self._starts_s[before])
            position = start + rise * _segment(x, self._points[before], self._on_fader)
        return fader_amplitude(position) if self._on_fader else position


def automation_values(times_s: np.ndarray, automation: Automation) -> np.ndarray:
    """Values of an envelope at ``times_s`` (rising), in the envelope's own unit."""
    return Curve(automation).at(times_s)


def _segment(x: np.ndarray, point: EnvelopePoint, fader_scaling: bool) -> np.ndarray:
    if point.shape == 1:
        return (x >= 1.0).astype(float)
    if point.shape == 2:
        return x * x * (3.0 - 2.0 * x)
    if point.shape == 3:
        return 1.0 - (1.0 - x) ** 3
    if point.shape == 4:
        return x**3
    if point.shape == 5:
        return _bezier(x, point.tension, fader_scaling)
    return x


def _bezier(x: np.ndarray, tension: float, fader_scaling: bool) -> np.ndarray:
    """Cubic bezier in the unit square; tension 0 is a straight line, ±1 hugs a corner."""
    tension = min(max(tension, -1.0), 1.0)
    b = 1.0 - abs(tension)
    x1, x2 = b / 4.0, 3.0 * b / 4.0
    y1, y2 = (1.0 - 7.0 * b / 8.0, 1.0 - b / 8.0) if fader_scaling else (1.0 - 3.0 * b / 4.0, 1.0 - b / 4.0)
    if tension > 0:
        x1, x2, y1, y2 = 1.0 - x2, 1.0 - x1, 1.0 - y2, 1.0 - y1
    u = np.linspace(0.0, 1.0, 1025)
    v = 1.0 - u
    curve_x = 3 * v * v * u * x1 + 3 * v * u * u * x2 + u**3
    curve_y = 3 * v * v * u * y1 + 3 * v * u * u * y2 + u**3
    return np.interp(x, curve_x, curve_y)
