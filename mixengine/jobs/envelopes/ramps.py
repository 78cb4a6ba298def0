"""Ramps of volume envelopes: how long they are, so that no one hears the gain move."""

from __future__ import annotations

import functools

import numpy as np

from mixengine.model.units import amplitude

SLOPE_DB_PER_10_MS = 0.8
"""The level never moves faster."""
LINEAR, SLOW = 0, 2
"""REAPER's shapes of the segment after a point: straight, and slow start and end."""
_SLOPE_GRID = 512


def ramp_s(from_db: float, to_db: float, wanted_s: float) -> float:
    """Length of a ramp between two levels: ``wanted_s``, or longer where it would be too steep."""
    needed = _steepest_db(round(from_db, 6), round(to_db, 6)) / (SLOPE_DB_PER_10_MS * 100.0)
    return max(wanted_s, needed)


@functools.lru_cache(maxsize=4096)
def _steepest_db(from_db: float, to_db: float) -> float:
    """Steepest slope of a "slow start/end" segment in dB per segment length."""
    x = np.linspace(0.0, 1.0, _SLOPE_GRID)
    level_db = 20.0 * np.log10(
        amplitude(from_db) + (amplitude(to_db) - amplitude(from_db)) * x * x * (3.0 - 2.0 * x) + 1e-12
    )
    return float(np.abs(np.diff(level_db)).max() * (_SLOPE_GRID - 1))
