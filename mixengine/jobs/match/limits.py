"""Console settings as they can be written: what may not be moved stays, and faders end at their top.

Every candidate of a match is brought here before it is measured, so that its loss is that of what is written.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mixengine.jobs.match.console import parameters as at
from mixengine.jobs.match.console_settings import ConsoleSettings
from mixengine.jobs.match.groups import Group
from mixengine.jobs.match.held import Held
from mixengine.jobs.match.translate import group_makeup_db, master_gain_db
from mixengine.model.units import MAX_FADER_DB

_THRESHOLD, _RATIO, _MAKEUP = at.DYNAMICS.start, at.DYNAMICS.start + 1, at.DYNAMICS.start + 5


def highest_db(groups: Sequence[Group]) -> np.ndarray:
    """Largest gain of each group with which none of its faders exceeds `MAX_FADER_DB`."""
    tops = [max((t.fader_db for t in group.targets if math.isfinite(t.fader_db)), default=0.0) for group in groups]
    return MAX_FADER_DB - np.array(tops)


def fixed_faders(groups: Sequence[Group]) -> list[bool]:
    """Which groups' faders stay."""
    return [bool(group.held.fader) for group in groups]


def reachable(
    settings: ConsoleSettings, groups: Sequence[Group], master: Held, master_db: float = 0.0
) -> ConsoleSettings:
    """The nearest settings that can be written.

    Parameters
    ----------
    master : Held
        What of the master stays.
    master_db : float
        The level at which its fader stays, if it does.
    """
    if not any(part.words for part in (master, *(group.held for group in groups))):
        return settings
    tracks, console_master = settings.tracks.copy(), settings.master.copy()
    for values, group in zip(tracks, groups, strict=True):
        if group.held.effects:
            _switch_off(values, at.EQ, at.DYNAMICS)
        if group.held.pan:
            values[at.PAN] = 0.5
    if master.effects:
        _switch_off(console_master, at.MASTER_EQ, at.MASTER_DYNAMICS)
    result = ConsoleSettings(tracks, console_master)
    fixed = np.array(fixed_faders(groups))
    if fixed.any():
        _hold_faders(result, fixed, highest_db(groups))
    if master.fader:
        _hold_master(result, bool(fixed.any()), highest_db(groups), master_db)
    return result


def _switch_off(values: np.ndarray, equalizer: slice, dynamics: slice) -> None:
    """No band and no ratio; a make-up gain is the fader's then."""
    values[equalizer.start : equalizer.stop : 3] = 0.0
    values[dynamics.start + 1] = 1.0


def _hold_faders(settings: ConsoleSettings, fixed: np.ndarray, highest: np.ndarray) -> None:
    """Bring fixed faders to 0 dB, in place: all move with their middle, the master's input makes up for it."""
    tracks = settings.tracks
    tracks[fixed & (tracks[:, _RATIO] <= 1.0), _MAKEUP] = 0.0
    moved = np.full(len(tracks), float(np.median(tracks[fixed, at.FADER])))
    settings.master[at.MASTER_INPUT] += moved[0]
    moved[fixed] = tracks[fixed, at.FADER]
    tracks[:, at.FADER] -= moved
    tracks[:, _THRESHOLD] -= moved  # it counts from the level behind the fader
    free = np.minimum(tracks[:, at.FADER], highest - group_makeup_db(settings))
    tracks[~fixed, at.FADER] = free[~fixed]


def _hold_master(settings: ConsoleSettings, is_fixed: bool, highest: np.ndarray, master_db: float) -> None:
    """Leave the master no gain but its own ``master_db``, in place, and what the groups' faders can take over."""
    room_db = 0.0 if is_fixed else float((highest - settings.tracks[:, at.FADER] - group_makeup_db(settings)).min())
    over_db = master_gain_db(settings) - master_db - room_db
    settings.master[at.MASTER_OUTPUT] -= over_db if is_fixed else max(over_db, 0.0)
