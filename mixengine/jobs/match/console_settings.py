"""Settings of the console, and which of its controls a match optimises, in which range and with which regularisation.

`ConsoleSettings` holds the values of `console.parameters`: 27 per group, 26 of the master. Only faders, the gains of a
few EQ bands, pans, thresholds, ratios and the frequencies of the master's bands are optimised. Each control is
regularised towards a centre, with a width in its own unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mixengine.jobs.match.closed_form import CENTRED_ROLES
from mixengine.jobs.match.console import parameters as at
from mixengine.jobs.match.console.pan import EDGE
from mixengine.jobs.match.groups import Group
from mixengine.jobs.match.held import FREE, Held

GROUP_BANDS = {
    "low_shelf": (120.0, 0.707),
    "band0": (450.0, 0.7),
    "band1": (2500.0, 0.7),
    "high_shelf": (7000.0, 0.707),
}
MASTER_BANDS = {
    "low_shelf": (80.0, 0.707),
    "band0": (350.0, 0.7),
    "band1": (2500.0, 0.7),
    "band2": (8000.0, 0.9),
    "high_shelf": (11000.0, 0.707),
}
"""Band → frequency in Hz and Q in a match without a controller."""
_ATTACK_MS, _MASTER_ATTACK_MS, _KNEE_DB = 30.0, 50.0, 0.0
_WIDTHS = {
    "fader": 4.0,
    "eq": 3.0,
    "pan": 0.15,
    "threshold": 8.0,
    "ratio": 1.0,
    "master": 12.0,
    "place": 0.2,
}
"""Typical size of a change: faders and gains in dB, pans relative to the range from left to right, frequencies relative
to their value."""
_MAX_FREQUENCY_RATIO = 2.0
_CENTRED_PAN_WIDTH = 0.02
_FADER_SPAN_DB, _EQ_SPAN_DB, _RATIOS = 15.0, 9.0, (1.0, 6.0)
_MAX_PAN = 0.95
_MAX_PAN_GATHERED = 0.75
"""A gathered group is panned half-way to a side at most."""


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """Values of all controls.

    Attributes
    ----------
    tracks : ndarray [shape=(groups, 27)]
    master : ndarray [shape=(26,)]
    """

    tracks: np.ndarray
    master: np.ndarray

    @property
    def flat(self) -> np.ndarray:
        """All values as one vector."""
        return np.concatenate([self.tracks.ravel(), self.master])

    def filled(self, flat: np.ndarray) -> ConsoleSettings:
        """Settings of the same shape with these values."""
        return ConsoleSettings(flat[: self.tracks.size].reshape(self.tracks.shape), flat[self.tracks.size :])


@dataclass(frozen=True, slots=True)
class Variables:
    """The controls that are optimised: their index in `ConsoleSettings.flat`, centre, width and limits.

    All arrays have one entry per variable; ``width`` is the unit in which the optimiser sees them.
    """

    index: np.ndarray
    centre: np.ndarray
    width: np.ndarray
    low: np.ndarray
    high: np.ndarray


def neutral(groups: Sequence[Group]) -> ConsoleSettings:
    """Settings that change nothing, with the bands at their frequencies."""
    track, master = at.neutral_track(), at.neutral_master()
    _place(track[at.EQ], GROUP_BANDS)
    _place(master[at.MASTER_EQ], MASTER_BANDS)
    for values, dynamics, attack_ms in (
        (track, at.DYNAMICS, _ATTACK_MS),
        (master, at.MASTER_DYNAMICS, _MASTER_ATTACK_MS),
    ):
        values[dynamics][[2, 4]] = attack_ms, _KNEE_DB
    return ConsoleSettings(np.tile(track, (len(groups), 1)), master)


def _place(values: np.ndarray, bands: dict[str, tuple[float, float]]) -> None:
    for name, (frequency_hz, q) in bands.items():
        first = 3 * list(at.BANDS).index(name)
        values[first + 1 : first + 3] = frequency_hz, q


def max_balance(groups: Sequence[Group]) -> np.ndarray:
    """How far each group may be panned to a side, 0 … 1 [shape=(groups,)]."""
    return np.array([2.0 * _max_pan(group) - 1.0 for group in groups])


def _max_pan(group: Group) -> float:
    return _MAX_PAN if group.bus is not None else _MAX_PAN_GATHERED


def with_levels(
    settings: ConsoleSettings, gains_db: np.ndarray, balances: np.ndarray, master_db: float
) -> ConsoleSettings:
    """The settings with these faders, pans (−1 … 1) and this output fader of the master."""
    tracks, master = settings.tracks.copy(), settings.master.copy()
    tracks[:, at.FADER] = gains_db
    tracks[:, at.PAN] = (1.0 + balances) / 2.0
    master[at.MASTER_OUTPUT] = master_db
    return ConsoleSettings(tracks, master)


def with_thresholds(settings: ConsoleSettings, group_levels_db: np.ndarray, master_level_db: float) -> ConsoleSettings:
    """The settings with thresholds at these levels, clipped to their range."""
    tracks, master = settings.tracks.copy(), settings.master.copy()
    low, high = at.COMPRESSOR["threshold_db"]
    tracks[:, at.DYNAMICS.start] = np.clip(group_levels_db, low, high)
    master[at.MASTER_DYNAMICS.start] = np.clip(master_level_db, low, high)
    return replace(settings, tracks=tracks, master=master)


def variables(
    groups: Sequence[Group],
    settings: ConsoleSettings,
    active: Sequence[bool],
    *,
    master: Held = FREE,
    every_band: bool = False,
) -> Variables | None:
    """The variables of a match that starts from ``settings``: centred on its values, equaliser gains on 0 dB.

    What stays of groups and master is none; ``None`` where there is nothing to optimise.

    Parameters
    ----------
    active : sequence of bool
        Which groups play in the passages; the others stay as they are.
    every_band : bool
        Optimise all six bands of every equaliser around their start, as after a controller, instead of a few around
        0 dB.
    """
    entries: list[tuple[int, float, float, float, float]] = []
    for row, (group, is_active) in enumerate(zip(groups, active, strict=True)):
        if is_active:
            entries += [
                (27 * row + place, *rest) for place, *rest in _of_group(group, settings.tracks[row], every_band)
            ]
    gain_stays = bool(master.fader) and any(group.held.fader for group in groups)
    entries += [
        (settings.tracks.size + place, *rest)
        for place, *rest in _of_master(settings.master, every_band, master, gain_stays)
    ]
    if not entries:
        return None
    index, centre, width, low, high = (np.array(column) for column in zip(*entries, strict=True))
    return Variables(index.astype(int), centre, width, low, high)


def _of_group(group: Group, values: np.ndarray, every_band: bool):
    fader = values[at.FADER]
    if not group.held.fader:
        yield at.FADER, fader, _WIDTHS["fader"], fader - _FADER_SPAN_DB, fader + _FADER_SPAN_DB
    if not group.held.effects:
        yield from _gains(values, at.EQ.start, every_band, GROUP_BANDS)
    width = _CENTRED_PAN_WIDTH if group.role in CENTRED_ROLES else _WIDTHS["pan"]
    max_pan = _max_pan(group)
    if not group.held.pan:
        yield at.PAN, values[at.PAN], width, max(1.0 - max_pan, EDGE), min(max_pan, 1.0 - EDGE)
    if group.bus is not None and not group.held.effects:  # a gathered group has no bus for a compressor
        yield from _dynamics(values, at.DYNAMICS.start)


def _of_master(values: np.ndarray, every_band: bool, master: Held, gain_stays: bool):
    if not master.effects:
        yield from _gains(values, at.MASTER_EQ.start, every_band, MASTER_BANDS)
        yield from _places(values, at.MASTER_EQ.start, at.BANDS if every_band else MASTER_BANDS)
        yield from _dynamics(values, at.MASTER_DYNAMICS.start)
    if gain_stays:  # neither the master's fader nor all of the groups' can take it
        return
    out = values[at.MASTER_OUTPUT]
    yield at.MASTER_OUTPUT, out, _WIDTHS["master"], out - 2 * _FADER_SPAN_DB, out + 2 * _FADER_SPAN_DB


def _gains(values: np.ndarray, first: int, every_band: bool, default_bands):
    for name in at.BANDS if every_band else default_bands:
        place = first + 3 * list(at.BANDS).index(name)
        span = max(_EQ_SPAN_DB, abs(values[place]))
        yield place, values[place] if every_band else 0.0, _WIDTHS["eq"], -span, span


def _places(values: np.ndarray, first: int, bands):
    """Frequencies, within a factor of `_MAX_FREQUENCY_RATIO` and the band's range."""
    for name in bands:
        place = first + 3 * list(at.BANDS).index(name) + 1
        (low, high), hz = at.BANDS[name], values[place]
        yield (
            place,
            hz,
            _WIDTHS["place"] * hz,
            max(low, hz / _MAX_FREQUENCY_RATIO),
            min(high, hz * _MAX_FREQUENCY_RATIO),
        )


def _dynamics(values: np.ndarray, first: int):
    low, high = at.COMPRESSOR["threshold_db"]
    yield first, values[first], _WIDTHS["threshold"], min(low, values[first]), high
    yield first + 1, values[first + 1], _WIDTHS["ratio"], _RATIOS[0], max(_RATIOS[1], values[first + 1])
