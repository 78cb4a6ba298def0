"""Pan laws: gains of left and right for a position from 0 (left) to 1 (right), and conversion between laws."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mixengine.audio.arrays import namespace
from mixengine.model.units import decibels

EDGE = 1e-3
"""Closer to 0 or 1 the published law has no finite slope."""


def published(position: Any) -> Any:
    """√((1 − p) cos(pπ/2)) and √(p sin(pπ/2)), −4.5 dB at the centre [shape=(…, 2)]."""
    xp = namespace(position)
    angle = position * (math.pi / 2.0)
    return xp.stack([xp.sqrt((1.0 - position) * xp.cos(angle)), xp.sqrt(position * xp.sin(angle))], -1)


def balance(position: Any) -> Any:
    """REAPER's balance at a pan law of 0 dB, as in `mixengine.audio.pan`: the far side is attenuated linearly."""
    xp = namespace(position)
    side = 2.0 * position - 1.0
    return xp.stack([xp.clip(1.0 - side, None, 1.0), xp.clip(1.0 + side, None, 1.0)], -1)


LAWS = {"published": published, "balance": balance}


def as_balance(position: float) -> tuple[float, float]:
    """A position of the published law as REAPER's pan (−1 … 1) and a gain in dB; exact for mono sound."""
    left, right = published(np.float64(min(max(position, 0.0), 1.0)))
    louder = max(left, right)
    pan = 1.0 - left / louder if right >= left else right / louder - 1.0
    return float(pan), decibels(float(louder))
