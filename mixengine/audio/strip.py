"""Channel strips: fader, pan, width, polarity, mute and their envelopes, as gains.

`Gain` is the result at some frames: a level, and amplitudes (or a matrix) for left and right. Fader, volume envelopes
and VCA leads multiply, a pan envelope and the pan knob add up, as in REAPER's trim/read mode; which faders count says
`mixengine.model.signal_path`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from mixengine.audio.curves import Curve
from mixengine.audio.pan import Placement, placement, sides
from mixengine.model import signal_path
from mixengine.model.session import (
    MUTE,
    PAN,
    PAN_PRE_FX,
    VOLUME,
    VOLUME_PRE_FX,
    VOLUME_TRIM,
    Automation,
    Session,
    Track,
)
from mixengine.model.units import amplitude

_SILENT_BELOW = 0.5
"""Mute envelopes are 0 (muted) or 1."""


@dataclass(frozen=True)
class Gain:
    """The gain of a strip over a block.

    Attributes
    ----------
    level : float or ndarray
        One factor, or one per frame [shape=(frames,)].
    sides : ndarray, optional
        As `mixengine.audio.pan.sides` gives it, with a first axis of frames or without.
    """

    level: float | np.ndarray = 1.0
    sides: np.ndarray | None = None

    @property
    def crosses(self) -> bool:
        """Whether left and right are mixed."""
        return self.sides is not None and self.sides.shape[-2:] == (2, 2)

    @property
    def silent(self) -> bool:
        """Whether the gain is 0 throughout."""
        return not np.any(self.level)

    def then(self, after: Gain) -> Gain:
        """This gain followed by another."""
        if self.sides is None or after.sides is None:
            both = self.sides if after.sides is None else after.sides
        elif self.crosses or after.crosses:
            both = after.matrix() @ self.matrix()
        else:
            both = self.sides * after.sides
        return Gain(self.level * after.level, both)

    def matrix(self) -> np.ndarray:
        """The sides as matrices [shape=(..., 2, 2)]."""
        if self.sides is None:
            return np.eye(2)
        return self.sides if self.crosses else self.sides[..., None] * np.eye(2)

    def apply(self, block: np.ndarray) -> np.ndarray:
        """Apply to a mono or stereo block [shape=(frames, 1 or 2), float32]; may return the block itself."""
        varying = isinstance(self.level, np.ndarray) and self.level.ndim == 1
        level = np.asarray(self.level, np.float32)[:, None] if varying else np.float32(self.level)
        if self.sides is None:
            return block if not varying and self.level == 1.0 else block * level
        if not self.crosses:
            if self.sides.ndim == 1:
                return block * (level * self.sides.astype(np.float32))
            return block * (self.sides.astype(np.float32) * level)
        matrix = self.sides.astype(np.float32)
        left, right = block[:, 0], block[:, -1]
        out = np.empty((len(block), 2), dtype=np.float32)
        out[:, 0] = left * matrix[..., 0, 0] + right * matrix[..., 0, 1]
        out[:, 1] = left * matrix[..., 1, 0] + right * matrix[..., 1, 1]
        out *= level
        return out


@dataclass(frozen=True)
class Strip:
    """One stage of a mixer: a level, a pan, and envelopes of both."""

    rate: int
    level: float = 1.0
    pan: float = 0.0
    how: Placement = field(default_factory=Placement)
    volumes: tuple[Automation, ...] = ()
    pans: tuple[Automation, ...] = ()
    mutes: tuple[Automation, ...] = ()
    _constant: list[Gain] = field(default_factory=list, compare=False, repr=False)

    @cached_property
    def _curves(self) -> tuple[list[Curve], list[Curve], list[Curve]]:
        """Those of volume, pan and mute."""
        return tuple([Curve(each) for each in kind] for kind in (self.volumes, self.pans, self.mutes))  # type: ignore[return-value]

    @property
    def moves(self) -> bool:
        """Whether an envelope makes the gain vary over time."""
        return bool(self.volumes or self.pans or self.mutes)

    def gain(self, at: int, frames: int, start_s: float = 0.0) -> Gain:
        """The gain at frames ``at`` … ``at + frames`` of a grid that begins at ``start_s``."""
        if not self.moves:
            if not self._constant:
                self._constant.append(Gain(self.level, sides(self.pan, self.how)))
            return self._constant[0]
        times_s = start_s + np.arange(at, at + frames) / self.rate
        volumes, pans, mutes = self._curves
        level: float | np.ndarray = self.level
        for curve in volumes:
            level = level * curve.at(times_s)
        for curve in mutes:
            level = level * (curve.at(times_s) >= _SILENT_BELOW)
        pan: float | np.ndarray = self.pan
        for curve in pans:
            pan = pan - curve.at(times_s)  # positive values mean left in the project file
        return Gain(level, sides(pan, self.how))


def input_strip(track: Track, session: Session) -> Strip:
    """The strip before the effects: polarity, the pre-FX envelopes, and VCA leads that act there."""
    level, volumes = _leads(session, track, before_effects=True)
    return Strip(
        session.sample_rate,
        -level if track.inverted else level,
        volumes=(*active_envelopes(track.automation, VOLUME_PRE_FX), *volumes),
        pans=active_envelopes(track.automation, PAN_PRE_FX),
    )


def output_strip(track: Track, session: Session, fader_db: float | None = None, *, volumes: bool = True) -> Strip:
    """The strip after the effects: fader (or ``fader_db`` instead), VCA leads, pan, width, mute envelope.

    ``volumes`` off leaves the track's own volume envelopes out.
    """
    level, others = _leads(session, track, before_effects=False)
    own = active_envelopes(track.automation, VOLUME, VOLUME_TRIM) if volumes else ()
    return Strip(
        session.sample_rate,
        amplitude(signal_path.level_db(track, fader_db)) * level,
        track.pan,
        placement(track, session),
        (*own, *others),
        active_envelopes(track.automation, PAN),
        active_envelopes(track.automation, MUTE),
    )


def _leads(session: Session, track: Track, *, before_effects: bool) -> tuple[float, list[Automation]]:
    """The factor and the volume envelopes of the VCA leads that act before a track's effects, or behind them."""
    leads = signal_path.leads(session, track, before_effects=before_effects)
    level = math.prod(amplitude(signal_path.level_db(lead)) for lead in leads)
    return level, [envelope for lead in leads for envelope in signal_path.lead_envelopes(lead)]


def active_envelopes(automation: Iterable[Automation], *kinds: str) -> tuple[Automation, ...]:
    """The envelopes of these kinds that are active and have points."""
    return tuple(entry for entry in automation if entry.kind in kinds and entry.active and entry.points)


class Path:
    """Strips in series; constant gains are multiplied once."""

    def __init__(self, strips: Sequence[Strip]) -> None:
        self._strips: list[Strip | Gain] = []
        for strip in strips:
            constant = None if strip.moves else strip.gain(0, 0)
            if constant is None:
                self._strips.append(strip)
            elif self._strips and isinstance(self._strips[-1], Gain):
                self._strips[-1] = self._strips[-1].then(constant)
            else:
                self._strips.append(constant)

    def gain(self, at: int, frames: int, start_s: float = 0.0) -> Gain:
        """All of them together from frame ``at`` of a grid that begins at ``start_s`` on."""
        total = Gain()
        for strip in self._strips:
            total = total.then(strip if isinstance(strip, Gain) else strip.gain(at, frames, start_s))
        return total
