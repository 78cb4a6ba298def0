"""The product of what the user drew and what a job draws, in one envelope.

Where one of them is constant, the other's own shape says it. Where both move, or where only a part of a bent segment
is left, no shape of REAPER's does: there straight pieces come within a tenth of a decibel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise

import numpy as np

from mixengine.audio.curves import automation_values
from mixengine.jobs.envelopes.ramps import LINEAR
from mixengine.model.session import Automation, EnvelopePoint

_SQUARE = 1
_MAX_ERROR_DB = 0.1
_FLOOR = 1e-3
"""Of the gain: what is softer is not compared."""
_STEPS = 24
_MAX_HALVINGS = 7
_JUMP_S = 1e-4
"""How long before a jump the curve before it ends."""
_EDGE = 1e-6
_SAME_S = 1e-9

Gain = Callable[[np.ndarray], np.ndarray]


def stretch(users: Automation, start_s: float, end_s: float) -> tuple[float, float]:
    """What must be drawn anew for points from ``start_s`` to ``end_s``: all of a bent segment that they cut in two."""
    for point, after in pairwise(users.points):
        if point.shape in (LINEAR, _SQUARE) or point.value == after.value:
            continue
        if point.time_s < start_s < after.time_s:
            start_s = point.time_s
        if point.time_s < end_s < after.time_s:
            end_s = after.time_s
    return start_s, end_s


def points(
    users: Automation, inside: tuple[EnvelopePoint, ...], drawn: tuple[EnvelopePoint, ...]
) -> tuple[EnvelopePoint, ...]:
    """The points of the product.

    Parameters
    ----------
    users : Automation
        The envelope as the user drew it.
    inside : tuple of EnvelopePoint
        Its points in the stretch.
    drawn : tuple of EnvelopePoint
        The job's; before and after them their ends hold.
    """
    own = Automation(users.kind, drawn, fader_scaling=users.fader_scaling)

    def gain(times_s: np.ndarray) -> np.ndarray:
        return automation_values(times_s, users) * automation_values(times_s, own)

    drawn_s = np.array([point.time_s for point in drawn])
    merged = [*drawn, *(point for point in inside if not np.any(np.abs(drawn_s - point.time_s) <= _SAME_S))]
    merged.sort(key=lambda point: point.time_s)
    if earlier := [point for point in users.points if point.time_s <= merged[-1].time_s]:
        # the user's segment continues after the last point
        merged[-1] = replace(merged[-1], shape=earlier[-1].shape, tension=earlier[-1].tension)
    values = gain(np.array([point.time_s for point in merged]))
    merged = [replace(point, value=float(value)) for point, value in zip(merged, values, strict=True)]
    result: list[EnvelopePoint] = []
    for point, after in pairwise(merged):
        shapes = [point, *_at(users.points, point.time_s), *_at(drawn, point.time_s)]
        result += _segment(gain, point, after, shapes, users.fader_scaling)
    return (*result, merged[-1])


def _at(points: tuple[EnvelopePoint, ...], time_s: float) -> list[EnvelopePoint]:
    """The point whose segment holds a moment, if there is one."""
    return [point for point in points if point.time_s <= time_s][-1:]


def _segment(
    gain: Gain, point: EnvelopePoint, after: EnvelopePoint, shapes: list[EnvelopePoint], fader_scaling: bool
) -> list[EnvelopePoint]:
    """Points from one to the next, without that."""
    length_s = after.time_s - point.time_s
    before_s = after.time_s - min(_EDGE * length_s, _EDGE)
    last = float(gain(np.array([before_s]))[0])
    if _error_db(np.array([last]), np.array([after.value])) <= _MAX_ERROR_DB:
        return _pieces(gain, point, after, shapes, fader_scaling, _MAX_HALVINGS)
    square = replace(point, shape=_SQUARE, tension=0.0)
    if _fits(gain, square, after, fader_scaling):
        return [square]
    end = EnvelopePoint(max(after.time_s - _JUMP_S, point.time_s + 0.5 * length_s), last, _SQUARE)
    return [*_pieces(gain, point, end, shapes, fader_scaling, _MAX_HALVINGS), end]


def _pieces(
    gain: Gain,
    point: EnvelopePoint,
    after: EnvelopePoint,
    shapes: Iterable[EnvelopePoint],
    fader_scaling: bool,
    halvings: int,
) -> list[EnvelopePoint]:
    straight = replace(point, shape=LINEAR, tension=0.0)
    for candidate in (*(replace(point, shape=each.shape, tension=each.tension) for each in shapes), straight):
        if _fits(gain, candidate, after, fader_scaling):
            return [candidate]
    if not halvings:
        return [straight]
    middle_s = 0.5 * (point.time_s + after.time_s)
    middle = EnvelopePoint(middle_s, float(gain(np.array([middle_s]))[0]), LINEAR)
    first, second = ((point, middle), (middle, after))
    return [
        piece for one, other in (first, second) for piece in _pieces(gain, one, other, (), fader_scaling, halvings - 1)
    ]


def _fits(gain: Gain, point: EnvelopePoint, after: EnvelopePoint, fader_scaling: bool) -> bool:
    times_s = point.time_s + (after.time_s - point.time_s) * (np.arange(_STEPS) + 0.5) / _STEPS
    drawn = automation_values(times_s, Automation("", (point, after), fader_scaling=fader_scaling))
    return _error_db(drawn, gain(times_s)) <= _MAX_ERROR_DB


def _error_db(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(20.0 * np.log10((np.abs(one) + _FLOOR) / (np.abs(other) + _FLOOR))).max())
