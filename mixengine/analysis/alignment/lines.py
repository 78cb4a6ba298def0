"""Offsets over time: one straight line where a clock is steady, a chain of lines where it is not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MAX_DRIFT = 3e-3
"""3,000 ppm: clocks of recorders differ by 100 at the worst, wrong sample rates by 1,000 (pulled down film)."""
_PAIRS = 4000


@dataclass(frozen=True, slots=True)
class Line:
    """How much later the second sound is, over the time of the first: ``offset_s`` at time 0, and its drift."""

    offset_s: float
    drift: float = 0.0

    def at(self, time_s: float) -> float:
        """The offset at a time, in s."""
        return self.offset_s + self.drift * time_s


def robust(times_s: np.ndarray, offsets_s: np.ndarray, max_drift: float = MAX_DRIFT) -> Line:
    """The line that most points agree on: the median of all slopes (Theil and Sen), then of all offsets.

    Fewer than two points, or points in less than a second, have no slope.
    """
    if not len(times_s):
        return Line(0.0)
    first, second = np.triu_indices(len(times_s), 1)
    apart = times_s[second] - times_s[first]
    # neighbours say little about a slope
    usable = np.abs(apart) > max(1.0, 0.3 * float(np.ptp(times_s)))
    if not usable.any():
        return Line(float(np.median(offsets_s)))
    slopes = (offsets_s[second] - offsets_s[first])[usable] / apart[usable]
    slopes = slopes[np.abs(slopes) <= max_drift]
    drift = float(np.median(slopes)) if len(slopes) else 0.0
    return Line(float(np.median(offsets_s - drift * times_s)), drift)


def refined(times_s: np.ndarray, offsets_s: np.ndarray, start: Line, within_s: float) -> Line:
    """The least-squares line of the points that lie near to ``start``; ``start`` where they are fewer than three."""
    near = np.abs(offsets_s - (start.offset_s + start.drift * times_s)) <= within_s
    if near.sum() < 3 or np.ptp(times_s[near]) < 1.0:
        return start
    middle = float(times_s[near].mean())
    drift, offset_s = np.polyfit(times_s[near] - middle, offsets_s[near], 1)
    return Line(float(offset_s - drift * middle), float(drift))


def consensus(
    times_s: np.ndarray, offsets_s: np.ndarray, weights: np.ndarray, within_s: float, max_drift: float = MAX_DRIFT
) -> tuple[Line, float]:
    """The line with the greatest weight of points near to it, and that weight.

    Every point is tried with a flat line, every two with the line through them.
    """
    if not len(times_s):
        return Line(0.0), 0.0
    lines = [Line(float(offset_s)) for offset_s in offsets_s]
    first, second = np.triu_indices(len(times_s), 1)
    step = max(len(first) // _PAIRS, 1)
    for i, j in zip(first[::step], second[::step], strict=True):
        apart = times_s[j] - times_s[i]
        if abs(apart) > 1.0 and abs(drift := (offsets_s[j] - offsets_s[i]) / apart) <= max_drift:
            lines.append(Line(float(offsets_s[i] - drift * times_s[i]), float(drift)))
    support = [
        float(weights[np.abs(offsets_s - line.offset_s - line.drift * times_s) <= within_s].sum()) for line in lines
    ]
    best = int(np.argmax(support))
    return lines[best], support[best]


def knots(times_s: np.ndarray, offsets_s: np.ndarray, tolerance_s: float) -> list[int]:
    """Indices of the fewest points whose chain of lines stays within a tolerance of all (Douglas and Peucker)."""
    kept = {0, len(times_s) - 1}
    waiting = [(0, len(times_s) - 1)]
    while waiting:
        first, last = waiting.pop()
        if last - first < 2:
            continue
        inside = np.arange(first + 1, last)
        line = np.interp(times_s[inside], times_s[[first, last]], offsets_s[[first, last]])
        off = np.abs(offsets_s[inside] - line)
        if off.max() > tolerance_s:
            at = int(inside[np.argmax(off)])
            kept.add(at)
            waiting += [(first, at), (at, last)]
    return sorted(kept)
