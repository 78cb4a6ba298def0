"""The tempo map of a project: between seconds and quarter notes.

``TEMPO bpm …`` holds up to the first point of ``TEMPOENVEX``; a point (``PT time bpm shape``) holds to the next one, or
with shape 0 goes to its tempo in a straight line over time. Tempos are quarter notes per minute.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

from mixengine.hosts.rpp import envelopes
from mixengine.hosts.rpp.syntax import Block

_LINEAR = 0
_DEFAULT_BPM = 120.0
_MIN_BPM, _MAX_BPM = 0.1, 10_000.0


@dataclass(frozen=True, slots=True)
class _Stretch:
    """From ``start_s``, where ``quarters`` have passed: the tempo there and how much it grows a second."""

    start_s: float
    quarters: float
    bpm: float
    slope: float

    def quarters_at(self, time_s: float) -> float:
        ahead_s = time_s - self.start_s
        return self.quarters + (self.bpm * ahead_s + self.slope * ahead_s * ahead_s / 2.0) / 60.0

    def seconds_at(self, quarters: float) -> float:
        ahead = 60.0 * (quarters - self.quarters)
        root = math.sqrt(max(self.bpm * self.bpm + 2.0 * self.slope * ahead, 0.0))
        return self.start_s + 2.0 * ahead / (self.bpm + root)  # exact also where the slope is 0


class TempoMap:
    """The tempo map of a project."""

    def __init__(self, root: Block) -> None:
        line, block = root.line("TEMPO"), root.first("TEMPOENVEX")
        bpm = _bpm(line.number(1, _DEFAULT_BPM) if line else _DEFAULT_BPM)
        points = [(0.0, bpm, 1)]
        if block is not None and envelopes.is_active(block):
            points += [
                (point.number(1), _bpm(point.number(2, bpm)), point.integer(3))
                for point in block.lines
                if point.name == "PT" and point.number(1) >= 0.0
            ]
        points.sort(key=lambda point: point[0])
        self._stretches: list[_Stretch] = []
        quarters = 0.0
        for (start_s, start_bpm, shape), following in zip(points, [*points[1:], None], strict=True):
            slope = 0.0
            if following and shape == _LINEAR and following[0] > start_s:
                slope = (following[1] - start_bpm) / (following[0] - start_s)
            stretch = _Stretch(start_s, quarters, start_bpm, slope)
            self._stretches.append(stretch)
            quarters = stretch.quarters_at(following[0]) if following else quarters
        self._starts_s = [stretch.start_s for stretch in self._stretches]
        self._starts = [stretch.quarters for stretch in self._stretches]

    def quarters_at(self, time_s: float) -> float:
        """Quarter notes from the start of the project to a time."""
        return self._stretches[max(bisect_right(self._starts_s, time_s) - 1, 0)].quarters_at(time_s)

    def seconds_at(self, quarters: float) -> float:
        """The reverse of `quarters_at`."""
        return self._stretches[max(bisect_right(self._starts, quarters) - 1, 0)].seconds_at(quarters)

    def bpm_at(self, time_s: float) -> float:
        """The tempo at a time."""
        stretch = self._stretches[max(bisect_right(self._starts_s, time_s) - 1, 0)]
        return stretch.bpm + stretch.slope * (time_s - stretch.start_s)


def _bpm(value: float) -> float:
    return min(max(value, _MIN_BPM), _MAX_BPM)
