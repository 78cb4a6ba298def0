"""Equalisers decided on a part of the song: inside it they do what was decided, outside it what they did before.

A band that stands keeps its points outside; inside it takes those that were decided for the same band, or lies at 0 dB.
A band that is new moves inside only. Both change over within the part, so that nothing outside it is heard to change.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from mixengine.audio.curves import automation_values
from mixengine.jobs.unmask.moving import TIME_DIGITS, VALUE_DIGITS, Span
from mixengine.model.duck_style import DuckStyle
from mixengine.model.session import VOLUME, Automation, EnvelopePoint, EqBand
from mixengine.model.units import amplitude, decibels

_CHANGE_S = DuckStyle().attack_s
"""Time in which a band changes over at each end of the part; less in a short one."""
_MIN_PART_S = 0.1
_PEAK = "band"
"""The kind of all bands that mixengine writes: others in its equaliser are the user's."""
_LINEAR, _SQUARE, _SLOW = 0, 1, 2
_GAIN_DIGITS = 4
"""As the project files give the gain of a moving band back."""


def only_within(standing: Sequence[EqBand], decided: Sequence[EqBand], part_s: Span) -> tuple[EqBand, ...]:
    """Bands that are ``decided`` inside a part of the song and the ``standing`` ones outside it.

    Parameters
    ----------
    standing : sequence of EqBand
        What the equaliser is now; empty where there is none. These come first, in their order.
    decided : sequence of EqBand
        What it is to be, with or without points.
    part_s : tuple of float
        Start and end of the part in seconds.

    Returns
    -------
    tuple of EqBand
        Without bands that are at 0 dB all the time.
    """
    new = {_place(band): band for band in decided}
    bands = [
        _joined(band, new.pop(_place(band), None), part_s) if band.enabled and band.kind == _PEAK else band
        for band in standing
    ]
    bands += [_joined(None, band, part_s) for band in new.values()]
    return tuple(band for band in bands if band is not None)


@dataclass(frozen=True, slots=True)
class _Gain:
    """The gain of a band over time: ``points`` as they stand in the project, or ``still``, an amplitude."""

    points: tuple[EnvelopePoint, ...]
    still: float

    def at(self, time_s: float) -> float:
        """The amplitude at a time."""
        if not self.points:
            return self.still
        for point in self.points:
            if point.time_s == time_s:
                return point.value
        return round(float(automation_values(np.array([time_s]), Automation(VOLUME, self.points))[0]), VALUE_DIGITS)

    def shape_at(self, time_s: float) -> int:
        """The shape of the segment in which a time lies; a segment that begins there counts."""
        return next((point.shape for point in reversed(self.points) if point.time_s <= time_s), _LINEAR)


def _place(band: EqBand) -> tuple[str, float, float, bool]:
    return band.kind, band.frequency_hz, band.bandwidth_oct, band.enabled


def _gain(band: EqBand | None) -> _Gain:
    if band is None:
        return _Gain((), 1.0)
    return _Gain(band.points, round(amplitude(band.gain_db), VALUE_DIGITS))


def _joined(old: EqBand | None, new: EqBand | None, part_s: Span) -> EqBand | None:
    """One band, ``new`` inside and ``old`` outside; ``None`` where it is at 0 dB throughout."""
    band, outside, inside = old or new, _gain(old), _gain(new)
    start_s, end_s = _divisible(outside.points, part_s)
    if band is None or end_s - start_s < _MIN_PART_S or (outside == inside and not inside.points):
        return old
    points = _without_idle(_points(outside, inside, start_s, end_s), start_s, end_s)
    if all(point.value == 1.0 for point in points):
        return None
    furthest_db = max((decibels(max(point.value, 1e-6)) for point in points), key=abs)
    return replace(band, gain_db=round(furthest_db, _GAIN_DIGITS), points=points)


def _divisible(points: Sequence[EnvelopePoint], part_s: Span) -> Span:
    """The part, less the rest of a bent segment that an end of it lies in: half of such a bend is another bend."""
    start_s, end_s = _up(part_s[0]), -_up(-part_s[1])
    first_s, last_s = start_s, end_s
    for before, after in pairwise(points):
        if before.value == after.value or before.shape in (_LINEAR, _SQUARE):
            continue
        if before.time_s < start_s < after.time_s:
            first_s = after.time_s
        if before.time_s < end_s < after.time_s:
            last_s = before.time_s
    return first_s, last_s


def _up(time_s: float) -> float:
    """A time rounded up to what REAPER writes."""
    steps = 10.0**TIME_DIGITS
    return math.ceil(round(time_s * steps, 3)) / steps


def _points(outside: _Gain, inside: _Gain, start_s: float, end_s: float) -> list[EnvelopePoint]:
    change_s = min(_CHANGE_S, (end_s - start_s) / 4)
    first_s, last_s = round(start_s + change_s, TIME_DIGITS), round(end_s - change_s, TIME_DIGITS)
    begin = outside if start_s > 0.0 else inside  # nothing sounds before 0 s that it could change over from
    return [
        *(point for point in outside.points if point.time_s < start_s),
        EnvelopePoint(start_s, begin.at(start_s), _SLOW),
        EnvelopePoint(first_s, inside.at(first_s), inside.shape_at(first_s)),
        *(point for point in inside.points if first_s < point.time_s < last_s),
        EnvelopePoint(last_s, inside.at(last_s), _SLOW),
        EnvelopePoint(end_s, outside.at(end_s), outside.shape_at(end_s)),
        *(point for point in outside.points if point.time_s > end_s),
    ]


def _without_idle(points: Sequence[EnvelopePoint], start_s: float, end_s: float) -> tuple[EnvelopePoint, ...]:
    """Without points of the part that neither end nor begin a change; those outside it stay, idle or not."""
    kept: list[EnvelopePoint] = []
    for place, point in enumerate(points):
        around = [*kept[-1:], *points[place + 1 : place + 2]]
        if not (around and start_s <= point.time_s <= end_s and all(near.value == point.value for near in around)):
            kept.append(point)
    return tuple(kept)
