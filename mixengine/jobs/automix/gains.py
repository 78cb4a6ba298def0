"""From who speaks when to gains: who is open, who waits, and the few points of an envelope that say so.

The microphone of whoever speaks is open before the first word and a while after the last. It stays open through pauses
until somebody else begins, so that the room does not come and go. All other microphones wait at the floor. When several
speak at once all are open, each a little lower.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np

from mixengine.analysis.room import runs_of
from mixengine.analysis.voice_levels import FRAME_S
from mixengine.audio.curves import automation_values
from mixengine.jobs.envelopes.ramps import LINEAR, SLOW, ramp_s
from mixengine.model.session import Automation, EnvelopePoint
from mixengine.model.units import amplitude

SHARED_DB_PER_DOUBLING = 1.5
"""How much lower each of two that speak at once is: half of what would keep their noise as it was."""
_MIN_TOGETHER_S = 0.8
"""Shorter overlaps are not lowered: a "yes" into a sentence."""
_MIN_POINT_GAP_S = 1e-3
_SAME_DB = 0.05


@dataclass(frozen=True, slots=True)
class Timing:
    """How the microphones follow the talk.

    Attributes
    ----------
    lookahead_s : float
        Fully open that long before the first word.
    hold_s : float
        Open that long after the last.
    attack_s, release_s : float
        Lengths of the ramps, where the slope allows.
    floor_db : float ≤ 0
        Level of those who wait.
    """

    lookahead_s: float
    hold_s: float
    attack_s: float
    release_s: float
    floor_db: float


def levels_db(speaks: np.ndarray, timing: Timing) -> np.ndarray:
    """Gain of each microphone in each frame, before ramps [shape=(microphones, frames)].

    Parameters
    ----------
    speaks : ndarray of bool [shape=(microphones, frames)]
        The microphones of one room.
    """
    wide = np.stack([_widened(row, timing) for row in speaks])
    is_open = wide.copy()
    quiet = np.logical_not(wide.any(axis=0))
    for start, end in runs_of(quiet):
        # who spoke last stays open; before the first word, who speaks first is open from the start
        neighbour = wide[:, start - 1] if start else wide[:, end] if end < wide.shape[1] else np.ones(len(wide), bool)
        is_open[:, start:end] = neighbour[:, None]
    together = np.ones(wide.shape[1])
    counts = wide.sum(axis=0)
    for start, end in runs_of(counts > 1):
        if (end - start) * FRAME_S >= _MIN_TOGETHER_S:
            together[start:end] = counts[start:end]
    share = np.minimum(1.0, timing.floor_db / -_FULL_FLOOR_DB)
    shared_db = -SHARED_DB_PER_DOUBLING * share * np.log2(together)
    return np.where(is_open, shared_db[None, :], timing.floor_db)


_FULL_FLOOR_DB = 15.0


def _widened(row: np.ndarray, timing: Timing) -> np.ndarray:
    before, after = round(timing.lookahead_s / FRAME_S), round(timing.hold_s / FRAME_S)
    wide = np.zeros(len(row), dtype=bool)
    for start, end in runs_of(row):
        wide[max(start - before, 0) : end + after] = True
    return wide


def points(gain_db: np.ndarray, timing: Timing) -> tuple[EnvelopePoint, ...]:
    """The points of one microphone's envelope; none where it never moves from 0 dB.

    Ramps up end where the higher level is wanted, ramps down begin where it is no longer. The level never moves faster
    than the duck's does. Where there is no time to come down and up again, it stays up.
    """
    pieces = _with_room_for_ramps(_pieces(gain_db), timing)
    if len(pieces) == 1 and abs(pieces[0].level_db) < _SAME_DB:
        return ()
    drawn = [EnvelopePoint(0.0, amplitude(pieces[0].level_db), LINEAR)]
    for earlier, later in itertools.pairwise(pieces):
        if later.level_db > earlier.level_db:
            end_s = later.start_s
            start_s = end_s - ramp_s(earlier.level_db, later.level_db, timing.attack_s)
        else:
            start_s = later.start_s
            end_s = start_s + ramp_s(earlier.level_db, later.level_db, timing.release_s)
        if start_s > drawn[-1].time_s + _MIN_POINT_GAP_S / 2.0:
            drawn.append(EnvelopePoint(start_s, amplitude(earlier.level_db), SLOW))
        else:
            drawn[-1] = replace(drawn[-1], shape=SLOW)
        drawn.append(EnvelopePoint(end_s, amplitude(later.level_db), LINEAR))
    return tuple(drawn)


@dataclass(frozen=True, slots=True)
class _Piece:
    start_s: float
    end_s: float
    level_db: float


def _pieces(gain_db: np.ndarray) -> list[_Piece]:
    edges = [0, *(np.flatnonzero(np.abs(np.diff(gain_db)) > _SAME_DB) + 1).tolist(), len(gain_db)]
    return [_Piece(a * FRAME_S, b * FRAME_S, float(gain_db[a])) for a, b in itertools.pairwise(edges) if b > a]


def _with_room_for_ramps(pieces: list[_Piece], timing: Timing) -> list[_Piece]:
    """Pieces, each long enough for its ramps: down from the one before, up to the next.

    One that is too short takes the level of a higher neighbour, the lower of two: nobody who speaks is lowered for it.
    """
    waiting = list(pieces)
    done: list[_Piece] = []
    while waiting:
        piece = waiting.pop(0)
        before = done[-1].level_db if done else piece.level_db
        after = waiting[0].level_db if waiting else piece.level_db
        higher = [level for level in (before, after) if level > piece.level_db + _SAME_DB]
        ramps_s = 0.0
        if before > piece.level_db + _SAME_DB:
            ramps_s += ramp_s(before, piece.level_db, timing.release_s)
        if after > piece.level_db + _SAME_DB:
            ramps_s += ramp_s(piece.level_db, after, timing.attack_s)
        if higher and piece.end_s - piece.start_s < ramps_s + _MIN_POINT_GAP_S:
            raised = replace(piece, level_db=min(higher))
            # what is before and after it may be too short now
            waiting[:0] = [*done[-1:], raised]
            del done[-1:]
            waiting = _joined(waiting)
        else:
            done.append(piece)
    return done


def _joined(pieces: list[_Piece]) -> list[_Piece]:
    """Pieces of one level that follow each other as one."""
    joined: list[_Piece] = []
    for piece in pieces:
        if joined and abs(joined[-1].level_db - piece.level_db) <= _SAME_DB:
            joined[-1] = replace(joined[-1], end_s=piece.end_s)
        else:
            joined.append(piece)
    return joined


def drawn(points_drawn: tuple[EnvelopePoint, ...], frames: int) -> np.ndarray:
    """Linear gain of an envelope in the middle of each frame; 1 without points [shape=(frames,)]."""
    if not points_drawn:
        return np.ones(frames)
    return automation_values((np.arange(frames) + 0.5) * FRAME_S, Automation("volume", points_drawn))
