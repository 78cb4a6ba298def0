"""Envelope arithmetic: REAPER's fader curve and the shapes between points."""

from __future__ import annotations

import math
from collections.abc import Sequence

from reaper_sim.tree import Point

_TOP = 10.0 ** (12 / 20)


def to_raw(mode: int, amplitude: float) -> float:
    """``ScaleToEnvelopeMode``: linear amplitude → the envelope's own value."""
    if mode != 1:
        return amplitude
    q = (-1.0 + math.sqrt(1.0 + 8.0 * max(amplitude, 0.0) / _TOP)) / 2.0
    return 1000.0 * q ** (1 / 3)


def from_raw(mode: int, raw: float) -> float:
    """``ScaleFromEnvelopeMode``: the envelope's own value → linear amplitude."""
    if mode != 1:
        return raw
    cube = (max(raw, 0.0) / 1000.0) ** 3
    return _TOP / 2.0 * (cube + cube * cube)


def evaluate(points: Sequence[Point], mode: int, time: float) -> float:
    """Raw value at a time; the shape of a segment is that of its first point."""
    if not points:
        return to_raw(mode, 1.0)
    if time < points[0].time:
        return to_raw(mode, points[0].value)
    at = max(index for index, point in enumerate(points) if point.time <= time)
    first = to_raw(mode, points[at].value)
    if at + 1 == len(points):
        return first
    last = to_raw(mode, points[at + 1].value)
    x = (time - points[at].time) / (points[at + 1].time - points[at].time)
    return first + (last - first) * _shape(points[at].shape, points[at].tension, x)


def _shape(shape: int, tension: float, x: float) -> float:
    if shape == 1:
        return 0.0
    if shape == 2:
        return x * x * (3.0 - 2.0 * x)
    if shape == 3:
        return 1.0 - (1.0 - x) ** 3
    if shape == 4:
        return x**3
    if shape == 5:
        # close to REAPER's bezier only near tension 0
        return x ** (2.0**-tension) if tension <= 0 else 1.0 - (1.0 - x) ** (2.0**tension)
    return x
