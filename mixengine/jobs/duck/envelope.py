"""Ducking as envelope points: few, without steep ramps, and fully down before the first word.

A region at constant depth is four points: full level, ducked, ducked, full level. Where the depth steps, two more.
Ramps are REAPER's "slow start/end" segments between amplitudes, and long enough that the level never moves faster
than `SLOPE_DB_PER_10_MS`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixengine.audio.curves import automation_values
from mixengine.jobs.envelopes.ramps import LINEAR, SLOW, ramp_s
from mixengine.model.duck_style import DuckStyle
from mixengine.model.session import Automation, EnvelopePoint
from mixengine.model.units import amplitude

_MIN_RETURN_S = 0.5
_MIN_GAP_S = 1e-3


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of speech under which the background is ``depth_db`` (>= 0) down."""

    start_s: float
    end_s: float
    depth_db: float


def bridge_s(style: DuckStyle, depth_db: float) -> float:
    """Pauses shorter than this stay ducked: returning for less than half a second would be audible as pumping. Pieces
    between two steps are at least as long.
    """
    down, up = ramp_s(0.0, -depth_db, style.attack_s), ramp_s(-depth_db, 0.0, style.release_s)
    return style.lookahead_s + down + style.hold_s + up + _MIN_RETURN_S


def points(regions: list[list[Piece]], style: DuckStyle) -> tuple[EnvelopePoint, ...]:
    """The points of an amplitude envelope that ducks under every region.

    Parameters
    ----------
    regions : list of list of Piece
        In time order; the pieces of a region follow each other without a gap and differ in depth. Regions are at
        least `bridge_s` apart, pieces at least that long where the depth steps.
    style : DuckStyle
        Lengths of the ramps.

    Returns
    -------
    tuple of EnvelopePoint
        Rising in time, values in 0 … 1 (1 is full level); none before 0 s.
    """
    envelope_points: list[EnvelopePoint] = []
    for pieces in regions:
        envelope_points += _region(pieces, style)
    return tuple(envelope_points)


def _region(pieces: list[Piece], style: DuckStyle) -> list[EnvelopePoint]:
    first, last = pieces[0], pieces[-1]
    level_db = -first.depth_db
    down_s = first.start_s - style.lookahead_s
    start_s = down_s - ramp_s(0.0, level_db, style.attack_s)
    if start_s < 0.0:  # speech at the start leaves no time for a ramp: the envelope begins ducked
        envelope_points = [EnvelopePoint(0.0, amplitude(level_db), LINEAR)]
    else:
        envelope_points = [EnvelopePoint(start_s, 1.0, SLOW), EnvelopePoint(down_s, amplitude(level_db), LINEAR)]
    for piece in pieces[1:]:
        next_db = -piece.depth_db
        if next_db < level_db:
            begin_s = piece.start_s - ramp_s(level_db, next_db, style.attack_s)
            end_s = piece.start_s
        else:
            begin_s = piece.start_s
            end_s = piece.start_s + ramp_s(level_db, next_db, style.release_s)
        begin_s = max(begin_s, envelope_points[-1].time_s + _MIN_GAP_S)
        envelope_points += [
            EnvelopePoint(begin_s, amplitude(level_db), SLOW),
            EnvelopePoint(max(end_s, begin_s + _MIN_GAP_S), amplitude(next_db), LINEAR),
        ]
        level_db = next_db
    up_s = max(last.end_s + style.hold_s, envelope_points[-1].time_s + _MIN_GAP_S)
    envelope_points += [
        EnvelopePoint(up_s, amplitude(level_db), SLOW),
        EnvelopePoint(up_s + ramp_s(level_db, 0.0, style.release_s), 1.0, LINEAR),
    ]
    return envelope_points


def gain(times_s: np.ndarray, envelope: tuple[EnvelopePoint, ...]) -> np.ndarray:
    """Linear gain of an envelope at rising times; 1 without points."""
    if not envelope:
        return np.ones(len(times_s))
    return automation_values(times_s, Automation("volume", envelope))
