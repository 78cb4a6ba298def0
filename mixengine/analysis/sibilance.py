"""Sibilants of a voice: stretches in which what lies above 4.5 kHz outweighs the voice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixengine.analysis.short_bands import SILENT, STEP_S, runs, short_powers, voice_db
from mixengine.audio.reading import Read

FROM_HZ, TO_HZ = 4500.0, 11000.0
_VOICE_HZ = (100.0, 3500.0)
_FRAME_S = 0.02
_BELOW_VOICE_DB = 25.0
_LENGTHS_S, _GAP_S = (0.03, 0.4), 0.01
_MAX_SHARE = 0.3
"""Sibilants fill a sixth of the time in which somebody speaks; what hisses longer is a hat, a shaker or noise."""


@dataclass(frozen=True, slots=True)
class Sibilant:
    """A sibilant: when, its level above 4.5 kHz against that of the voice around, and how sure it is one."""

    start_s: float
    end_s: float
    level_db: float
    sure: float


def find(read: Read, rate: int, frames: int) -> list[Sibilant]:
    """All sibilants of a recording; none where the sample rate leaves no room for them."""
    top_hz = min(TO_HZ, 0.45 * rate)
    if top_hz < 1.4 * FROM_HZ or not frames:
        return []
    powers = short_powers(read, rate, frames, (*_VOICE_HZ, FROM_HZ, top_hz), _FRAME_S)
    low_db, high_db = (10.0 * np.log10(powers[:, band] + SILENT) for band in (0, 2))
    around_db = voice_db(powers.sum(axis=1))
    inside = (high_db > low_db) & (high_db > around_db - _BELOW_VOICE_DB)
    sounding = low_db > around_db - _BELOW_VOICE_DB
    share = inside.sum() / max(int((inside | sounding).sum()), 1)
    sibilants = []
    for first, last in runs(inside, round(_GAP_S / STEP_S), *(round(length_s / STEP_S) for length_s in _LENGTHS_S)):
        over_db = float((high_db[first:last] - low_db[first:last]).mean())
        sure = 1.0 - 0.4 * 2.0 ** (-over_db / 3.0) - 0.2 * float(share > _MAX_SHARE)
        level_db = float((high_db[first:last] - around_db[first:last]).max())
        sibilants.append(Sibilant(first * STEP_S, last * STEP_S, level_db, round(max(sure, 0.0), 2)))
    return sibilants
