"""Single samples far above everything else, as a damaged float file holds them.

A file in float can hold any number. One sample of +20 dBFS is a few microseconds of a fault, and yet the peak of the
track, of every sum with it, and, when it is large enough, its loudness.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mixengine.audio import timeline
from mixengine.model.session import VOLUME_TRIM, Automation, EnvelopePoint, Track

MIN_PEAK = 2.0
"""Only float files hold samples beyond full scale; +6 dBFS and less may be a loud mix."""
MIN_STEP = 4.0
"""A fault is this much above everything else (12 dB)."""
MAX_PLACES = 5
"""More places than this are the sound itself."""
_CELL_S = 0.01
_MARGIN_S = 0.002
_FRAMES = 1 << 18


@dataclass(frozen=True, slots=True)
class Outlier:
    """Where a fault stands in session time, and its largest sample (linear)."""

    time_s: float
    peak: float


def find(track: Track, rate: int) -> tuple[Outlier, ...]:
    """The faults of a track, by time; reads it once.

    Parameters
    ----------
    rate : int > 0
        Rate at which to look, see `timeline.analysis_rate`.
    """
    start_s, _ = timeline.span(track)
    cell = max(round(_CELL_S * rate), 1)
    peaks, places, rest, at = [], [], np.zeros(0, np.float32), 0
    for block in timeline.blocks(track, rate, start_s=start_s, frames=_FRAMES // cell * cell):
        rest = np.abs(block).max(axis=1)
        count = -(-len(rest) // cell)
        cells = np.pad(rest, (0, count * cell - len(rest))).reshape(count, cell)
        peaks.append(cells.max(axis=1))
        places.append(at + np.arange(count) * cell + cells.argmax(axis=1))
        at += len(block)
    if not peaks:
        return ()
    levels, frames = np.concatenate(peaks), np.concatenate(places)
    order = np.argsort(levels)[::-1]
    above = levels[order]
    for count in range(min(MAX_PLACES, len(above) - 1), 0, -1):
        if above[count - 1] >= MIN_PEAK and above[count - 1] > MIN_STEP * above[count]:
            outliers = [Outlier(start_s + float(frames[i]) / rate, float(levels[i])) for i in order[:count]]
            return tuple(sorted(outliers, key=lambda outlier: outlier.time_s))
    return ()


def without(track: Track, outliers: tuple[Outlier, ...]) -> Track:
    """The track with its faults muted, for what measures it."""
    if not outliers:
        return track
    points = [EnvelopePoint(0.0, 1.0, shape=1)]
    for outlier in outliers:
        points += [
            EnvelopePoint(max(outlier.time_s - _MARGIN_S, 0.0), 0.0, shape=1),
            EnvelopePoint(outlier.time_s + _MARGIN_S, 1.0, shape=1),
        ]
    points.sort(key=lambda point: point.time_s)
    return replace(track, automation=(*track.automation, Automation(VOLUME_TRIM, tuple(points))))
