"""Breaths between the phrases of a voice: one swell of unvoiced sound, far below the voice, before it goes on.

A whisper is as loud as what is said beside it, or moves in syllables; laughter repeats itself; the end of a word hangs
on it. All of these leave doubt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage, signal

from mixengine.analysis.short_bands import SILENT, STEP_S, runs, short_powers, voice_db
from mixengine.audio.reading import Read

_MIN_CUT_DB = 1.0
_EDGES_HZ = (100.0, 400.0, 1500.0, 4500.0, 11000.0)
_FRAME_S = 0.03
_SPEECH_DB = -14.0
"""Against the level of the voice around: above it somebody speaks."""
_OVER_FLOOR_DB = 6.0
_FLOOR_SHARE, _FLOOR_S = 5.0, 8.0
_LENGTHS_S, _GAP_S = (0.12, 0.9), 0.03
_LOUD_DB = -22.0
_AFTER_WORD_S, _BEFORE_WORD_S, _REPEATED_S = 0.06, 0.6, 0.6
_SYLLABLE_DB = 5.0
_DOUBT, _LOUD_DOUBT, _WORD_DOUBT, _ALONE_DOUBT, _SYLLABLE_DOUBT, _REPEATED_DOUBT = 0.04, 0.02, 0.15, 0.1, 0.15, 0.15


@dataclass(frozen=True, slots=True)
class Breath:
    """A breath: when, its level beside the voice and over the noise of the room, and how sure it is one."""

    start_s: float
    end_s: float
    level_db: float
    over_floor_db: float
    sure: float


def cut_db(breath: Breath, breath_db: float) -> float:
    """How far a breath goes down where ``breath_db`` <= 0 is wanted: never below the room, which would leave a hole.

    0 where that would hardly be heard.
    """
    depth_db = min(-breath_db, breath.over_floor_db)
    return depth_db if depth_db >= _MIN_CUT_DB else 0.0


def find(read: Read, rate: int, frames: int) -> list[Breath]:
    """All breaths of a recording."""
    top_hz = 0.45 * rate
    if top_hz < _EDGES_HZ[3] or frames < rate:
        return []
    powers = short_powers(read, rate, frames, (*_EDGES_HZ[:4], min(_EDGES_HZ[4], top_hz)), _FRAME_S)
    total = powers.sum(axis=1)
    if total.max(initial=0.0) <= SILENT:
        return []
    levels_db = 10.0 * np.log10(ndimage.uniform_filter1d(total, 5) + SILENT) - voice_db(total)
    floor_db = _floor(levels_db)
    low, middle, high = powers[:, 0], powers[:, 1] + powers[:, 2], powers[:, 3]
    speaks = levels_db > _SPEECH_DB
    unvoiced = (low < 0.5 * middle) & (high < 2.0 * middle)
    inside = unvoiced & ~speaks & (levels_db > floor_db + _OVER_FLOOR_DB)
    spans = runs(inside, round(_GAP_S / STEP_S), *(round(length_s / STEP_S) for length_s in _LENGTHS_S))
    breaths = []
    for number, (first, last) in enumerate(spans):
        part = levels_db[first:last]
        top_db = float(part.max())
        doubt = _DOUBT + _LOUD_DOUBT * max(top_db - _LOUD_DB, 0.0)
        doubt += _WORD_DOUBT * float(speaks[max(first - round(_AFTER_WORD_S / STEP_S), 0) : first].any())
        doubt += _ALONE_DOUBT * float(not speaks[last : last + round(_BEFORE_WORD_S / STEP_S)].any())
        swells = signal.find_peaks(np.pad(part, 1, constant_values=part.min()), prominence=_SYLLABLE_DB)[0]
        doubt += _SYLLABLE_DOUBT * max(len(swells) - 1, 0)
        beside = [other for other in spans[max(number - 1, 0) : number + 2] if other != (first, last)]
        near = [max(a - last, first - b) * STEP_S < _REPEATED_S for a, b in beside]
        doubt += _REPEATED_DOUBT * float(any(near))
        over_db = float(np.median(part) - np.median(floor_db[first:last]))
        sure = round(max(1.0 - doubt, 0.0), 2)
        breaths.append(Breath(first * STEP_S, last * STEP_S, round(top_db, 1), over_db, sure))
    return breaths


def _floor(levels_db: np.ndarray) -> np.ndarray:
    """Level of the room around each step, from a coarser row of steps."""
    coarse = 20
    count = -(-len(levels_db) // coarse)
    rows = np.pad(levels_db, (0, count * coarse - len(levels_db)), mode="edge").reshape(count, coarse)
    lowest = ndimage.percentile_filter(
        rows.mean(axis=1), _FLOOR_SHARE, max(round(_FLOOR_S / STEP_S / coarse), 1), mode="nearest"
    )
    floor_db: np.ndarray = np.repeat(lowest, coarse)[: len(levels_db)]
    return floor_db
