"""How the console is set, and which of its controls a match may move, how far, and how willingly.

A desk holds the values of `console.parameters`: 27 per group, 26 of the master. Only faders, the gains of a few EQ
bands, pans, thresholds and ratios are moved, and the frequencies of the master's bands. Each control has a centre it is
drawn to and a width (in its own unit) that it leaves for a good reason only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mixengine.jobs.match.closed_form import CENTRED_ROLES
from mixengine.jobs.match.console import parameters as at
from mixengine.jobs.match.console.pan import EDGE
from mixengine.jobs.match.groups import Group

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
"""Band → frequency in Hz and Q at which a match without a controller equalises."""
_ATTACK_MS, _MASTER_ATTACK_MS, _KNEE_DB = 30.0, 50.0, 6.0
_WIDTHS = {
    "fader": 4.0,
    "eq": 3.0,
    "pan": 0.15,
    "threshold": 8.0,
    "ratio": 1.0,
    "master": 12.0,
    "place": 0.2,
}
"""How far a control is moved for an ordinary reason: faders and gains in dB, pans as a share of the way from left to
right, frequencies as a share of themselves."""
_SPREAD = 2.0
_PANS_OF_CENTRED = 0.02
_FADER_SPAN_DB, _EQ_SPAN_DB, _RATIOS = 15.0, 9.0, (1.0, 6.0)
_WIDEST = 0.95
_WIDEST_GATHERED = 0.75
"""A whole family of tracks goes no farther than half-way to a side."""


@dataclass(frozen=True, slots=True)
class Desk:
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
        """All values in a row."""
        return np.concatenate([self.tracks.ravel(), self.master])

    def filled(self, flat: np.ndarray) -> Desk:
        """The desk with these values."""
        return Desk(flat[: self.tracks.size].reshape(self.tracks.shape), flat[self.tracks.size :])


@dataclass(frozen=True, slots=True)
class Variables:
    """The controls that may move: where they stand in `Desk.flat`, to which centre they are drawn, their limits.

    All arrays have one entry per variable; ``width`` is the unit in which an optimiser moves them.
    """

    index: np.ndarray
    centre: np.ndarray
    width: np.ndarray
    low: np.ndarray
    high: np.ndarray


def neutral(groups: Sequence[Group]) -> Desk:
    """A desk on which nothing happens, with the bands at their places."""
    track, master = at.neutral_track(), at.neutral_master()
    _place(track[at.EQ], GROUP_BANDS)
    _place(master[at.MASTER_EQ], MASTER_BANDS)
    for values, dynamics, attack_ms in (
        (track, at.DYNAMICS, _ATTACK_MS),
        (master, at.MASTER_DYNAMICS, _MASTER_ATTACK_MS),
    ):
        values[dynamics][[2, 4]] = attack_ms, _KNEE_DB
    return Desk(np.tile(track, (len(groups), 1)), master)


def _place(values: np.ndarray, bands: dict[str, tuple[float, float]]) -> None:
    for name, (frequency_hz, q) in bands.items():
        first = 3 * list(at.BANDS).index(name)
        values[first + 1 : first + 3] = frequency_hz, q


def farthest(groups: Sequence[Group]) -> np.ndarray:
    """How far each group may go to a side, 0 … 1 [shape=(groups,)]."""
    return np.array([2.0 * _widest(group) - 1.0 for group in groups])


def _widest(group: Group) -> float:
    return _WIDEST if group.bus is not None else _WIDEST_GATHERED


def with_levels(desk: Desk, gains_db: np.ndarray, balances: np.ndarray, master_db: float) -> Desk:
    """The desk with faders, pans (−1 … 1) and the master's output fader set."""
    tracks, master = desk.tracks.copy(), desk.master.copy()
    tracks[:, at.FADER] = gains_db
    tracks[:, at.PAN] = (1.0 + balances) / 2.0
    master[at.MASTER_OUTPUT] = master_db
    return Desk(tracks, master)


def with_thresholds(desk: Desk, group_levels_db: np.ndarray, master_level_db: float) -> Desk:
    """The desk with thresholds at these levels, clipped to their range."""
    tracks, master = desk.tracks.copy(), desk.master.copy()
    low, high = at.COMPRESSOR["threshold_db"]
    tracks[:, at.DYNAMICS.start] = np.clip(group_levels_db, low, high)
    master[at.MASTER_DYNAMICS.start] = np.clip(master_level_db, low, high)
    return replace(desk, tracks=tracks, master=master)


def free(groups: Sequence[Group], desk: Desk, active: Sequence[bool], *, every_band: bool = False) -> Variables:
    """The variables of a match that starts from ``desk``; its values are their centres, but 0 dB of equalisers.

    Parameters
    ----------
    active : sequence of bool
        Which groups were heard; the others stay as they are.
    every_band : bool
        Move all six bands of every equaliser around what they are, as after a controller, else a few around 0 dB.
    """
    entries: list[tuple[int, float, float, float, float]] = []
    for row, (group, heard) in enumerate(zip(groups, active, strict=True)):
        if heard:
            entries += [(27 * row + place, *rest) for place, *rest in _of_group(group, desk.tracks[row], every_band)]
    entries += [(desk.tracks.size + place, *rest) for place, *rest in _of_master(desk.master, every_band)]
    index, centre, width, low, high = (np.array(column) for column in zip(*entries, strict=True))
    return Variables(index.astype(int), centre, width, low, high)


def _of_group(group: Group, values: np.ndarray, every_band: bool):
    fader = values[at.FADER]
    yield at.FADER, fader, _WIDTHS["fader"], fader - _FADER_SPAN_DB, fader + _FADER_SPAN_DB
    yield from _gains(values, at.EQ.start, every_band, GROUP_BANDS)
    width = _PANS_OF_CENTRED if group.role in CENTRED_ROLES else _WIDTHS["pan"]
    widest = _widest(group)
    yield at.PAN, values[at.PAN], width, max(1.0 - widest, EDGE), min(widest, 1.0 - EDGE)
    if group.bus is not None:  # what is gathered cannot be compressed as one
        yield from _dynamics(values, at.DYNAMICS.start)


def _of_master(values: np.ndarray, every_band: bool):
    yield from _gains(values, at.MASTER_EQ.start, every_band, MASTER_BANDS)
    yield from _places(values, at.MASTER_EQ.start, at.BANDS if every_band else MASTER_BANDS)
    yield from _dynamics(values, at.MASTER_DYNAMICS.start)
    out = values[at.MASTER_OUTPUT]
    yield at.MASTER_OUTPUT, out, _WIDTHS["master"], out - 2 * _FADER_SPAN_DB, out + 2 * _FADER_SPAN_DB


def _gains(values: np.ndarray, first: int, every_band: bool, few):
    for name in at.BANDS if every_band else few:
        place = first + 3 * list(at.BANDS).index(name)
        span = max(_EQ_SPAN_DB, abs(values[place]))
        yield place, values[place] if every_band else 0.0, _WIDTHS["eq"], -span, span


def _places(values: np.ndarray, first: int, bands):
    """Frequencies, within a factor of `_SPREAD` and the band's range."""
    for name in bands:
        place = first + 3 * list(at.BANDS).index(name) + 1
        (lowest, highest), hz = at.BANDS[name], values[place]
        yield place, hz, _WIDTHS["place"] * hz, max(lowest, hz / _SPREAD), min(highest, hz * _SPREAD)


def _dynamics(values: np.ndarray, first: int):
    low, high = at.COMPRESSOR["threshold_db"]
    yield first, values[first], _WIDTHS["threshold"], min(low, values[first]), high
    yield first + 1, values[first + 1], _WIDTHS["ratio"], _RATIOS[0], max(_RATIOS[1], values[first + 1])
