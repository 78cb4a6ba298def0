"""A voice's gain over time, as a hand on the fader rides it: phrase by phrase, and slowly inside long phrases.

The loudness around each moment is that of the phrase within a second or two. The gain goes most of the way from there
to the middle of all, and no further than its range: a whisper stays softer than what it stands in, and what is much
softer still (a breath) is not raised at all. What sounds in pauses (noise, the room, other people) counts with its
power: as a whole it is not to be louder beside the voice than before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from mixengine.analysis.level_traces import STEP_S
from mixengine.analysis.room import runs_of
from mixengine.audio.curves import automation_values
from mixengine.audio.loudness import to_lufs
from mixengine.jobs.envelopes import few_points
from mixengine.model.session import VOLUME_PRE_FX, Automation, EnvelopePoint
from mixengine.model.units import amplitude

MAX_POINTS_PER_MINUTE = 12.0
MAX_GAIN_DB, LANE_DB = 12.0, 6.0
"""REAPER's lanes of volume envelopes end at +6 dB unless its preferences say otherwise; points may stand above."""
_PAUSE_S, _EDGE_STEPS = 0.5, 2
_MIDDLE_S = 0.8
"""Longer pauses have a place for a point in their middle."""
_PAUSE_WEIGHTS = (3.0, 6.0, 12.0, 24.0, 48.0)
"""Of the noise in pauses against errors in speech, in dB²; higher ones where noise would still be raised."""
_GAP_WEIGHT = 0.01
_INSIDE_STEPS, _MIN_GAP_STEPS = 10, 2
_MIN_RIDE_DB, _MIN_MOVE_DB = 2.0, 0.5
"""Where no two wanted gains are further apart, the voice is at one level; smaller moves of all are not drawn."""
_TINY = 1e-30


@dataclass(frozen=True, slots=True)
class Style:
    """How far and how fast.

    Attributes
    ----------
    memory_s : float
        Standard deviation of the window over which loudness is taken around each moment.
    share : float
        Of the way from the loudness around a moment to the middle, 0 … 1.
    range_db : float
        How far the gain goes up and down from its middle.
    """

    memory_s: float
    share: float
    range_db: float


def times_of(steps: int) -> np.ndarray:
    """Session time of each step: windows of 0.4 s stand for their middle."""
    return np.asarray((np.arange(steps) + 2.0) * STEP_S)


def gain_of(points: tuple[EnvelopePoint, ...], steps: int) -> np.ndarray:
    """Linear gain of the points in each step; 1 without points [shape=(steps,)]."""
    if not points:
        return np.ones(steps)
    return automation_values(times_of(steps), Automation(VOLUME_PRE_FX, points))


def loudness_around(powers: np.ndarray, speaks: np.ndarray, memory_s: float) -> np.ndarray:
    """Loudness of the phrase around each step, in LUFS; nan where nobody speaks [shape=(steps,)].

    Parameters
    ----------
    powers : ndarray [shape=(steps,)]
        K-weighted powers every `STEP_S`.
    speaks : ndarray of bool [shape=(steps,)]
    """
    from scipy import ndimage

    around_lufs = np.full(len(powers), np.nan)
    for start, end in runs_of(speaks):
        # within the phrase: what is said before and after a pause is another one
        around = ndimage.gaussian_filter1d(powers[start:end], memory_s / STEP_S)
        around_lufs[start:end] = to_lufs(np.maximum(around, _TINY))
    return around_lufs


def compressed_db(below_db: np.ndarray, style: Style) -> np.ndarray:
    """The gain for what is so far below the middle: up to the range, and less again for what is softer still."""
    gain_db = np.clip(style.share * below_db, -style.range_db, style.range_db)
    beyond_db = np.maximum(below_db - style.range_db / max(style.share, 1e-6), 0.0)
    return np.asarray(np.where(below_db > 0.0, np.maximum(gain_db - 2.0 * beyond_db, 0.0), gain_db))


def points(
    powers: np.ndarray, speaks: np.ndarray, style: Style, target_lufs: float | None = None
) -> tuple[EnvelopePoint, ...]:
    """The points that ride one voice.

    Parameters
    ----------
    powers : ndarray [shape=(steps,)]
        K-weighted powers every `STEP_S`.
    speaks : ndarray of bool [shape=(steps,)]
        When the voice of this track sounds; somewhere it does.
    target_lufs : float, optional
        Loudness while it sounds; ``None``: as it is. Not reached where the gain would have to go above `MAX_GAIN_DB`.
    """
    speech_db = _speech_db(powers, speaks, style)
    before = float(powers[speaks].mean())
    drawn: tuple[EnvelopePoint, ...] = ()
    wanted_lufs = float(to_lufs(before)) if target_lufs is None else target_lufs
    after = float((powers * 10.0 ** (speech_db / 10.0))[speaks].mean())
    highest_db = MAX_GAIN_DB - (wanted_lufs - float(to_lufs(after)))
    speech_db = np.minimum(speech_db, max(highest_db, float(np.median(speech_db[speaks]))))
    if float(np.ptp(speech_db[speaks])) >= _MIN_RIDE_DB:
        drawing = few_points.Drawing(_curve(speech_db, speaks))
        for weight in _PAUSE_WEIGHTS:
            drawn = drawing.points(_max_points(len(powers)), weight)
            if _noise_rise_db(drawn, powers, speaks) <= 0.0:
                break
    after = float((powers * np.square(gain_of(drawn, len(powers))))[speaks].mean())
    offset_db = wanted_lufs - float(to_lufs(after))
    highest_db = max((20.0 * math.log10(point.value) for point in drawn), default=0.0)
    offset_db = min(offset_db, MAX_GAIN_DB - highest_db)
    if not drawn:
        return (EnvelopePoint(0.0, amplitude(offset_db)),) if abs(offset_db) >= _MIN_MOVE_DB else ()
    moved = [replace(point, value=point.value * amplitude(offset_db)) for point in drawn]
    return (replace(moved[0], time_s=0.0), *moved[1:])


def _max_points(steps: int) -> int:
    return max(math.floor(MAX_POINTS_PER_MINUTE * steps * STEP_S / 60.0), 2)


def _speech_db(powers: np.ndarray, speaks: np.ndarray, style: Style) -> np.ndarray:
    """The gain wanted for the speech; in pauses straight from one phrase to the next."""
    around_lufs = loudness_around(powers, speaks, style.memory_s)
    known = np.flatnonzero(speaks)
    gain_db = compressed_db(float(np.median(around_lufs[known])) - around_lufs[known], style)
    return np.interp(np.arange(len(powers)), known, gain_db)


def _curve(speech_db: np.ndarray, speaks: np.ndarray) -> few_points.Curve:
    """What the points follow: the gain in speech, little noise in pauses."""
    quiet = _quiet(speaks)
    weights = np.where(speaks, 1.0, np.where(quiet, 0.0, _GAP_WEIGHT))
    return few_points.Curve(times_of(len(speaks)), speech_db, weights, quiet, _places(speaks))


def _quiet(speaks: np.ndarray) -> np.ndarray:
    """The inner parts of pauses."""
    quiet = np.zeros(len(speaks), dtype=bool)
    for start, end in _pauses(speaks, _PAUSE_S):
        quiet[start + _EDGE_STEPS if start else 0 : end - _EDGE_STEPS if end < len(speaks) else end] = True
    return quiet


def _pauses(speaks: np.ndarray, longer_s: float) -> list[tuple[int, int]]:
    return [(start, end) for start, end in runs_of(~speaks) if (end - start) * STEP_S > longer_s]


def _places(speaks: np.ndarray) -> np.ndarray:
    """Where points may stand: at both ends of all, of phrases and of pauses, every second inside, in long pauses."""
    last = len(speaks) - 1
    places = {0, last}
    for start, end in runs_of(speaks):
        places |= {max(start - 1, 0), start, end - 1, min(end, last)}
        places |= set(range(start + _INSIDE_STEPS, end - _INSIDE_STEPS // 2, _INSIDE_STEPS))
    places |= {(start + end) // 2 for start, end in _pauses(speaks, _MIDDLE_S)}
    kept = [0]
    for place in sorted(places)[1:]:
        if place - kept[-1] >= _MIN_GAP_STEPS:
            kept.append(place)
    return np.array([*kept, last] if kept[-1] < last else kept)


def _noise_rise_db(points: tuple[EnvelopePoint, ...], powers: np.ndarray, speaks: np.ndarray) -> float:
    """How much steady noise in pauses is raised beside the voice, in dB."""
    squares = np.square(gain_of(points, len(powers)))
    quiet = _quiet(speaks)
    if not quiet.any():
        return 0.0
    voice = float((powers * squares)[speaks].mean() / powers[speaks].mean())
    return 10.0 * math.log10(float(squares[quiet].mean()) / voice)
