"""Which drifts are those of clocks: people who are late by turns, or a reflection, lie along a line too.

A room moves single stretches by milliseconds, and a line can be laid through any two of them. A clock moves all of
them, evenly.
"""

from __future__ import annotations

import math

import numpy as np

from mixengine.analysis.alignment import lines
from mixengine.analysis.alignment.lines import Line

CLOCK_DRIFT = 5e-4
"""Crystals are off by 20 ppm, cheap and hot ones by 100 or 200; two of them differ by 500 ppm at the very worst."""
WITHIN_S = 0.012
"""Clocks that agree, and microphones of one room 4 m apart: by so much lags may differ from a line."""
_ALONG_S = 0.0005
"""A clock's stretches stay within this of its line."""
_ROOM_S = 0.06
"""By so much lags of one room differ at the most: from a way of 10 m one way to one of 10 m the other."""
MANY = 6
"""Stretches of which a third may be enough, and that must be there for what no crystal does (film pulled down)."""
_SHARE = 0.35
_CLEARLY = 5.0
"""Deviations by which the slope of a line must stand out where a level one holds as many stretches."""
_FINEST_S = 2e-5
"""Lags are not known better than this."""
_IN_A_ROW = 3
_APART_S, _LESS = 0.003, 1.5
"""One stretch beside the others says so much at most."""
_BEND = 1e-4
"""A clock that warms up bends by less; who walks about goes 3 cm a second and more."""
_SPREAD, _EXPLAINED = 12, 0.9
"""Of so many stretches that lie nowhere level, a line says nearly all: of two places by turns it says 3 / 4 at most."""


def believed(times_s: np.ndarray, offsets_s: np.ndarray, line: Line) -> bool:
    """Whether offsets lie along a line as a clock's do, and clearly better than along a level one."""
    if not line.drift:
        return True
    off_s = np.abs(_off(times_s, offsets_s, line))
    steep = abs(line.drift) > CLOCK_DRIFT
    if abs(line.drift) * float(np.ptp(times_s)) > _ROOM_S:
        # no room does that: false lags might
        along, level = int((off_s <= WITHIN_S).sum()), _most_level(offsets_s, WITHIN_S)
        return along >= level + (3 if steep else 1)
    near = off_s <= _ALONG_S
    along, level = int(near.sum()), _most_level(offsets_s, _ALONG_S)
    if (steep and along < MANY) or not _says_more(off_s, np.abs(offsets_s - np.median(offsets_s))):
        return False
    if along >= level + 2:
        return True
    if along >= max(level, 4) and _stands_out(times_s[near], offsets_s[near]):
        return True
    spread = len(offsets_s) >= _SPREAD and level < _SHARE * len(offsets_s)
    return spread and float(np.square(off_s).mean()) <= (1.0 - _EXPLAINED) * float(np.var(offsets_s))


def settled(times_s: np.ndarray, offsets_s: np.ndarray, start: Line, within_s: float) -> Line:
    """The line of the points near to ``start`` where it is believed, else ``start`` moved to their middle."""
    fitted = lines.refined(times_s, offsets_s, start, within_s)
    return fitted if believed(times_s, offsets_s, fitted) else _moved(times_s, offsets_s, start, within_s)


def line(times_s: np.ndarray, offsets_s: np.ndarray, weights: np.ndarray, tight_s: float) -> Line:
    """The line of stretches that were measured along nearly the same one; level where no drift is believed.

    Where two people hear each other lags are early or late by turns: those of one of them have the clock's slope.
    """
    tight, support = lines.consensus(times_s, offsets_s, weights, tight_s)
    tried = [(lines.robust(times_s, offsets_s), 0.5 * WITHIN_S), (tight, tight_s)]
    if len(times_s) >= MANY and support >= _SHARE * weights.sum():
        tried.reverse()
    for start, within_s in tried:
        fitted = lines.refined(times_s, offsets_s, start, within_s)
        if believed(times_s, offsets_s, fitted):
            return fitted
    return level(times_s, offsets_s, weights, tight_s)


def level(times_s: np.ndarray, offsets_s: np.ndarray, weights: np.ndarray, tight_s: float) -> Line:
    """The level line with the greatest weight of offsets near to it."""
    flat, _ = lines.consensus(times_s, offsets_s, weights, tight_s, max_drift=0.0)
    return _moved(times_s, offsets_s, Line(flat.offset_s), tight_s)


def _says_more(off_s: np.ndarray, level_off_s: np.ndarray) -> bool:
    """Whether a line leaves clearly less of all offsets than a level one: who leans over lies along one for a while."""
    left_s, level_left_s = (float(np.minimum(each, _APART_S).sum()) for each in (off_s, level_off_s))
    return _LESS * left_s <= level_left_s


def is_chain(times_s: np.ndarray, offsets_s: np.ndarray, line: Line) -> bool:
    """Whether a chain of lines is what a clock does: bends a little, or jumps."""
    drifts = np.abs(np.diff(_off(times_s, offsets_s, line)) / np.diff(times_s))
    return bool(np.all((drifts <= _BEND) | (drifts > CLOCK_DRIFT)))


def steady(times_s: np.ndarray, offsets_s: np.ndarray, line: Line) -> np.ndarray:
    """Indices of the stretches, in order, that tell how a pair's clocks go on: three at least in a row.

    Where fewer lie beside the others, by no more than a room does, somebody else spoke.
    """
    off_s, kept = _off(times_s, offsets_s, line), np.arange(len(times_s))
    while True:
        step_s, apart_s = np.abs(np.diff(off_s[kept])), np.diff(times_s[kept])
        steps = (step_s > np.maximum(_ALONG_S, CLOCK_DRIFT * apart_s)) & (step_s <= _ROOM_S)
        runs = np.split(kept, np.flatnonzero(steps) + 1)
        short = [run for run in runs if len(run) < _IN_A_ROW]
        if not short or len(runs) == 1:
            return kept
        kept = np.setdiff1d(kept, min(short, key=lambda run: (len(run), -np.abs(off_s[run]).max())))


def _moved(times_s: np.ndarray, offsets_s: np.ndarray, start: Line, within_s: float) -> Line:
    off_s = _off(times_s, offsets_s, start)
    near = off_s[np.abs(off_s) <= within_s]
    return Line(start.offset_s + float(near.mean()), start.drift) if len(near) else start


def _off(times_s: np.ndarray, offsets_s: np.ndarray, line: Line) -> np.ndarray:
    return offsets_s - line.offset_s - line.drift * times_s


def _most_level(offsets_s: np.ndarray, within_s: float) -> int:
    """How many offsets lie within ± ``within_s`` of one level line at the most."""
    ordered = np.sort(offsets_s)
    return int((np.searchsorted(ordered, ordered + 2.0 * within_s, "right") - np.arange(len(ordered))).max(initial=0))


def _stands_out(times_s: np.ndarray, offsets_s: np.ndarray) -> bool:
    """Whether the slope of points is far above what their distances from their line would make by chance."""
    times_s = times_s - times_s.mean()
    length_s = math.sqrt(float(np.square(times_s).sum()))
    if length_s <= 0.0:
        return False
    slope = float((times_s * offsets_s).sum()) / length_s**2
    left_s = offsets_s - offsets_s.mean() - slope * times_s
    deviation_s = max(math.sqrt(float(np.square(left_s).sum()) / (len(times_s) - 2)), _FINEST_S)
    return abs(slope) * length_s >= _CLEARLY * deviation_s
