"""From equations to faders: targets, and one shift that keeps the sum below a ceiling."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from mixengine.jobs.balance import methods, solve
from mixengine.jobs.balance.analyse import sum_peaks_dbtp
from mixengine.jobs.balance.covered import Raised
from mixengine.jobs.balance.measure import Reading
from mixengine.jobs.balance.methods import Method
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.jobs.balance.start import Start
from mixengine.model.session import Session, Track

CEILING_DBTP = -1.0
"""True peak that the sum of all tracks may have behind the master's fader."""
_MAX_SHIFTS = 6
_LOUD_RANGE_DB = 2.0
_SHIFT_MARGIN_DB = 0.05
_MIN_REACHED_DB = 0.005
"""What is set higher by less is not worth a word: REAPER shows two decimals."""
_MAX_SHIFT_SHARE, _SPARE_SHIFT_DB = 2.0, 1.0
"""Beside tracks whose faders stay, all others go down by as often the excess and this much more, not further: what they
leave of the excess is not theirs."""


@dataclass
class Decision:
    """Faders and levels by track id, and the true peak of the sum they give.

    Attributes
    ----------
    wanted_lufs, targets_lufs : dict of str to float
        Where the rule wants each track, and where it is set.
    start : Start
        How much of the present levels is kept.
    shift_db : float ≤ 0
        Common shift for the ceiling.
    peak_piece : int or None
        The piece of the sum (see `sum_peaks_dbtp`) that asked for the shift.
    raised : dict of str to Raised
        What is set louder so that the others do not cover it, by as much as strength and the bounds of the fader leave
        of it; in ``targets_lufs`` whole.
    kept_hot : bool
        Tracks whose faders stay hold the sum above the ceiling: there is no common shift.
    raised_share : float, 0 … 1
        How much of the raises the ceiling leaves where there is no common shift.
    ceiling_dbtp : float
        True peak that the sum may have.
    """

    faders_db: dict[str, float]
    targets_lufs: dict[str, float]
    peak_dbtp: float
    wanted_lufs: dict[str, float] = field(default_factory=dict)
    start: Start = field(default_factory=Start)
    shift_db: float = 0.0
    peak_piece: int | None = None
    raised: dict[str, Raised] = field(default_factory=dict)
    kept_hot: bool = False
    raised_share: float = 1.0
    ceiling_dbtp: float = CEILING_DBTP


def decide(
    session: Session,
    sounding: list[Track],
    equations: list[solve.FaderEquation],
    readings: dict[str, Reading],
    method: Method,
    settings: BalanceSettings,
    kept: Start,
    raise_covered: Callable[[dict[str, float]], dict[str, Raised]],
    ceiling_dbtp: float = CEILING_DBTP,
) -> Decision:
    """Targets, faders, and for our own methods one common shift that gives the sum its headroom.

    Parameters
    ----------
    raise_covered : callable
        Levels → what to raise, see `mixengine.jobs.balance.covered.raised`.
    ceiling_dbtp : float
        True peak that the sum may have.
    """
    strength = settings.strength / 100.0

    def peaks_dbtp(faders_db: dict[str, float], pieces: list[int] | None = None) -> dict[int, float]:
        return sum_peaks_dbtp(session, sounding, faders_db, use_cache=settings.cache, pieces=pieces)

    if method.faithful:
        targets = {
            equation.track: methods.shi2025_target_lufs(readings[equation.track], method) for equation in equations
        }
        faders_db = solve.faders(equations, targets, strength=strength, max_db=math.inf)
        return Decision(faders_db, targets, max(peaks_dbtp(faders_db).values(), default=-math.inf), targets)
    level_lufs = solve.common_level_lufs(equations, from_present=kept.way < 1.0)
    wanted_lufs = {equation.track: level_lufs + equation.offset_lu for equation in equations}
    targets = {
        equation.track: equation.present_lufs
        + kept.way_of(equation.track) * (wanted_lufs[equation.track] - equation.present_lufs)
        for equation in equations
    }
    plain_db = solve.faders(equations, targets)
    raised = raise_covered({equation.track: equation.level_lufs + plain_db[equation.track] for equation in equations})
    targets |= {track: targets[track] + rise.raised_db for track, rise in raised.items()}
    faders_db = solve.faders(equations, targets, strength=strength)
    peaks = peaks_dbtp(faders_db)
    peak_dbtp = max(peaks.values(), default=-math.inf)
    unshifted = Decision(faders_db, targets, peak_dbtp, wanted_lufs, kept, raised=raised, ceiling_dbtp=ceiling_dbtp)
    if strength < 1.0 or any(equation.locked for equation in equations):
        return _within_ceiling(unshifted, equations, strength, peaks_dbtp)
    loud = [piece for piece, level in peaks.items() if level > peak_dbtp - _LOUD_RANGE_DB]
    max_shift_db = math.inf
    if len(faders_db) < len(sounding):
        max_shift_db = _MAX_SHIFT_SHARE * (peak_dbtp - ceiling_dbtp) + _SPARE_SHIFT_DB
    total_db = 0.0
    for attempt in range(_MAX_SHIFTS):
        if peak_dbtp <= ceiling_dbtp:
            break
        # faders at their bounds do not follow: the first shift falls short by a little, the next goes a little further
        excess_db, before = peak_dbtp - ceiling_dbtp, faders_db
        shift_db = -excess_db if not attempt else -(1.5 * excess_db + _SHIFT_MARGIN_DB)
        total_db += shift_db
        if -total_db > max_shift_db:
            return _within_ceiling(replace(unshifted, kept_hot=True), equations, 1.0, peaks_dbtp)
        targets = {track: target + shift_db for track, target in targets.items()}
        faders_db = solve.faders(equations, targets)
        together = len(before) == len(sounding) and all(
            abs(faders_db[track] - level_db - shift_db) < 1e-9 for track, level_db in before.items()
        )
        peak_dbtp = ceiling_dbtp if together else max(peaks_dbtp(faders_db, loud).values())
    return Decision(
        faders_db,
        targets,
        peak_dbtp,
        {track: level + total_db for track, level in wanted_lufs.items()},
        kept,
        total_db,
        max(peaks, key=lambda piece: peaks[piece]) if total_db < 0.0 else None,
        _reached(raised, equations, targets, faders_db),
        ceiling_dbtp=ceiling_dbtp,
    )


def _within_ceiling(
    decision: Decision,
    equations: list[solve.FaderEquation],
    strength: float,
    peaks_dbtp: Callable[[dict[str, float]], dict[int, float]],
) -> Decision:
    """The decision without a common shift, raising only as far as the sum does not pass the ceiling for it.

    Where gains go from one set to another in a straight line, peaks lie below the line between those of both: so the
    share of that way is known without trying.
    """
    whole_db, targets, raised, peak_dbtp = (
        decision.faders_db,
        decision.targets_lufs,
        decision.raised,
        decision.peak_dbtp,
    )
    share = 1.0
    if raised and peak_dbtp > decision.ceiling_dbtp:
        otherwise_db = solve.faders(equations, _without(raised, targets), strength=strength)
        peaks = peaks_dbtp(otherwise_db)
        below, above = (10.0 ** (level / 20.0) for level in (max(peaks.values()), peak_dbtp))
        if above > below:
            share = min(max((10.0 ** (decision.ceiling_dbtp / 20.0) - below) / (above - below), 0.0), 1.0)
            faders_db = {
                track: _between_db(otherwise_db[track], level_db, share) if track in raised else level_db
                for track, level_db in whole_db.items()
            }
            parts = {
                track: (faders_db[track] - otherwise_db[track]) / (whole_db[track] - otherwise_db[track])
                for track in raised
                if whole_db[track] != otherwise_db[track]
            }
            without = _without(raised, targets)
            raised = {
                track: replace(raised[track], raised_db=raised[track].raised_db * parts[track]) for track in parts
            }
            targets = without | {track: without[track] + rise.raised_db for track, rise in raised.items()}
            peak_dbtp = max((peaks_dbtp(faders_db) if share > 0.0 else peaks).values())
            whole_db = faders_db
    return replace(
        decision,
        faders_db=whole_db,
        targets_lufs=targets,
        peak_dbtp=peak_dbtp,
        raised=_reached(raised, equations, targets, whole_db, strength),
        raised_share=share,
    )


def _between_db(low_db: float, high_db: float, share: float) -> float:
    """The gain that lies so far on the straight way from one to the other."""
    low, high = 10.0 ** (low_db / 20.0), 10.0 ** (high_db / 20.0)
    return 20.0 * math.log10(low + share * (high - low))


def _without(raised: Mapping[str, Raised], targets_lufs: Mapping[str, float]) -> dict[str, float]:
    """Targets as they would be without the raises that are in them."""
    return {
        track: level - raised[track].raised_db if track in raised else level for track, level in targets_lufs.items()
    }


def _reached(
    raised: dict[str, Raised],
    equations: list[solve.FaderEquation],
    targets_lufs: dict[str, float],
    faders_db: dict[str, float],
    strength: float = 1.0,
) -> dict[str, Raised]:
    """What faders show of the raises that are in their targets; those of which nothing is left are left out."""
    otherwise_db = solve.faders(equations, _without(raised, targets_lufs), strength=strength)
    reached = {track: replace(rise, raised_db=faders_db[track] - otherwise_db[track]) for track, rise in raised.items()}
    return {track: rise for track, rise in reached.items() if abs(rise.raised_db) > _MIN_REACHED_DB}
