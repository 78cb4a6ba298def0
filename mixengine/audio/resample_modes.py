"""REAPER's resampling modes, as numbers of source frames under a sinc."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mixengine.model.session import DEFAULT_RESAMPLE_MODE

POINTS: Mapping[int, int] = MappingProxyType({0: 64, 3: 192, 4: 384, 7: 16, 8: 512, 9: 768})
"""REAPER's number of a mode → source frames under its sinc; the others are no sinc."""
COMPARED_MODES = frozenset({3, 4})
"""Modes that were compared with REAPER's renders."""


def points_of(mode: int) -> int:
    """Source frames under the sinc; modes that are no sinc are played as the default one."""
    return POINTS.get(mode, POINTS[DEFAULT_RESAMPLE_MODE])
