"""Faders from measurements: the level every track should have, and the fader that gives it.

A `Wish` is one track's part of the problem. With fader f, level m (at the master with its own fader at 0 dB) and
role offset o, every free track wants f + m − o = L. L, the common level, puts the median fader at 0 dB (or the
anchor's where it stands). It depends on the audio and not on where faders stood, so that balancing twice gives the
same faders.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass

MAX_FADER_DB = 12.0
"""Top of REAPER's faders."""
MIN_FADER_DB = -60.0


@dataclass(frozen=True, slots=True)
class Wish:
    """A track that is to be balanced.

    Attributes
    ----------
    track : str
    level_lufs : float
        Its loudness at the master with its own fader at 0 dB.
    offset_lu : float
        How much louder than the common level its role should be.
    fader_db : float
        Where its fader stands.
    locked : bool
        It does not move.
    """

    track: str
    level_lufs: float
    offset_lu: float
    fader_db: float
    locked: bool = False


def common_level_lufs(wishes: list[Wish], anchor: str | None = None) -> float:
    """The level L that everything without a role offset goes to.

    With an anchor: the level the anchor has. Else the level at which the median free fader stands at 0 dB; locked
    faders are heard as they are and do not pull at the others.
    """
    for wish in wishes:
        if wish.track == anchor:
            return wish.fader_db + wish.level_lufs - wish.offset_lu
    free = [wish.level_lufs - wish.offset_lu for wish in wishes if not wish.locked]
    return statistics.median(free) if free else -math.inf


def faders(
    wishes: list[Wish], targets_lufs: Mapping[str, float], *, strength: float = 1.0, max_db: float = MAX_FADER_DB
) -> dict[str, float]:
    """Track → fader in dB that brings it to its target, within ``MIN_FADER_DB`` … ``max_db``.

    ``strength`` 0…1 is the share of the way that each fader goes; locked ones stay.
    """
    result = {}
    for wish in wishes:
        wanted = min(max(targets_lufs[wish.track] - wish.level_lufs, MIN_FADER_DB), max_db)
        result[wish.track] = wish.fader_db if wish.locked else wish.fader_db + strength * (wanted - wish.fader_db)
    return result
