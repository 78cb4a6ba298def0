"""Envelopes of a project and their points. Standard library only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

VOLUME_PRE_FX = "volume_pre_fx"
VOLUME = "volume"
VOLUME_TRIM = "volume_trim"
VOLUME_KINDS = (VOLUME_PRE_FX, VOLUME, VOLUME_TRIM)
PAN_PRE_FX, PAN, MUTE = "pan_pre_fx", "pan", "mute"


@dataclass(frozen=True, slots=True)
class EnvelopePoint:
    """One automation point; ``shape`` is REAPER's number (0 linear, 1 square, 2 slow start/end, 3 fast start,
    4 fast end, 5 bezier) of the segment that begins here, ``tension`` (-1…1) matters for bezier only. ``selected`` is
    the user's own selection.
    """

    time_s: float
    value: float
    shape: int = 0
    tension: float = 0.0
    selected: bool = False


@dataclass(frozen=True, slots=True)
class Automation:
    """An envelope of the project. ``fader_scaling`` says how REAPER interpolates between points; with ``items``
    automation items lie over the points and play in their place.
    """

    kind: str
    points: tuple[EnvelopePoint, ...] = ()
    active: bool = True
    fader_scaling: bool = False
    items: bool = False

    @property
    def governs(self) -> bool:
        """Whether points that are drawn in it are heard."""
        return self.active and not self.items

    def later(self, seconds: float) -> Automation:
        """The envelope with all points later by so much."""
        return replace(self, points=tuple(replace(point, time_s=point.time_s + seconds) for point in self.points))

    def stretched(self, factor: float) -> Automation:
        """The envelope with the times of its points multiplied."""
        if factor == 1.0:
            return self
        return replace(self, points=tuple(replace(point, time_s=point.time_s * factor) for point in self.points))


def same_points(current: Sequence[EnvelopePoint], expected: Sequence[EnvelopePoint]) -> bool:
    """Whether points have the same times and values, up to the digits that REAPER stores."""
    return len(current) == len(expected) and all(
        a.shape == b.shape and abs(a.time_s - b.time_s) < 1e-7 and abs(a.value - b.value) < 1e-7
        for a, b in zip(sorted(current, key=_time), sorted(expected, key=_time), strict=True)
    )


def _time(point: EnvelopePoint) -> float:
    return point.time_s
