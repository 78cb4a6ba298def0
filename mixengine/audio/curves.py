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


def automation_values(times_s: np.ndarray, automation: Automation) -> np.ndarray:
    """Values of an envelope at ``times_s`` (rising), in the envelope's own unit.

    Before the first point its value holds, after the last one its value. Volume envelopes with fader scaling are
    interpolated along the fader's travel, as REAPER draws them.
    """
    points = automation.points
    values = np.array([point.value for point in points])
    if automation.fader_scaling:
        values = fader_position(values)
    starts = np.array([point.time_s for point in points])
    index = np.clip(np.searchsorted(starts, times_s, side="right") - 1, 0, max(len(points) - 2, 0))
    result = np.full(len(times_s), values[-1])
    for i in np.unique(index) if len(points) > 1 else ():
        here = index == i
        span = starts[i + 1] - starts[i]
        x = np.clip((times_s[here] - starts[i]) / span, 0.0, 1.0) if span > 0 else np.ones(int(here.sum()))
        result[here] = values[i] + (values[i + 1] - values[i]) * _segment(x, points[i], automation.fader_scaling)
    # Two points at the very start share a time: before it the first one holds, not the second.
    result[times_s < starts[0]] = values[0]
    return fader_amplitude(result) if automation.fader_scaling else result


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
