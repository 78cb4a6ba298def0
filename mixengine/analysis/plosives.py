"""Pops of plosives: bursts of air on a microphone, short, below 120 Hz, over a voice that has little there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from mixengine.analysis.short_bands import SILENT, STEP_S, runs, short_powers, voice_db
from mixengine.audio.reading import Read

TO_HZ = 120.0
_EDGES_HZ = (20.0, TO_HZ, 4000.0)
_FRAME_S = 0.04
_OVER_DB = 6.0
"""A pop is so far above what the voice itself has down there."""
_VOICE_SHARE, _MIN_BELOW_DB = 95.0, 20.0
_RISE_DB, _RISE_S = 15.0, 0.08
_FALL_DB, _FALL_S = 10.0, 0.2
_LENGTHS_S, _GAP_S = (0.02, 0.25), 0.01
_MAX_PER_S = 0.5
"""More of them are a drum or a bass."""
_DOUBTS = (0.15, 0.06, 0.3)


@dataclass(frozen=True, slots=True)
class Pop:
    """A pop: when, how far it stands above what the voice has below 120 Hz, and how sure it is one."""

    start_s: float
    end_s: float
    over_db: float
    sure: float


def find(read: Read, rate: int, frames: int) -> list[Pop]:
    """All pops of a recording."""
    if rate < 1000 or frames < rate:
        return []
    powers = short_powers(read, rate, frames, (*_EDGES_HZ[:2], min(_EDGES_HZ[2], 0.45 * rate)), _FRAME_S)
    low_db, rest_db = (10.0 * np.log10(powers[:, band] + SILENT) for band in (0, 1))
    around_db = voice_db(powers[:, 1])
    speaks = rest_db > around_db - 10.0
    if not speaks.any():
        return []
    usual_db = around_db + max(float(np.percentile((low_db - around_db)[speaks], _VOICE_SHARE)), -_MIN_BELOW_DB)
    inside = low_db > usual_db + _OVER_DB
    pops = []
    for first, last in runs(inside, round(_GAP_S / STEP_S), *(round(length_s / STEP_S) for length_s in _LENGTHS_S)):
        top = first + int(np.argmax(low_db[first:last]))
        before = low_db[max(top - round(_RISE_S / STEP_S), 0) : top + 1]
        after = low_db[top : top + round(_FALL_S / STEP_S)]
        rise_db, fall_db = low_db[top] - before.min(), low_db[top] - after.min()
        if rise_db < _RISE_DB or fall_db < _FALL_DB:
            continue
        rest = ndimage.maximum_filter1d(rest_db, 3)[top]
        doubt = _DOUBTS[0] * 2.0 ** (-(low_db[top] - rest) / 6.0) + _DOUBTS[1] * 2.0 ** (-(rise_db - _RISE_DB) / 6.0)
        pops.append(Pop(first * STEP_S, last * STEP_S, float(low_db[top] - usual_db[top]), float(1.0 - doubt)))
    often = len(pops) > max(_MAX_PER_S * frames / rate, 3.0)
    return [Pop(pop.start_s, pop.end_s, pop.over_db, round(max(pop.sure - _DOUBTS[2] * often, 0.0), 2)) for pop in pops]
