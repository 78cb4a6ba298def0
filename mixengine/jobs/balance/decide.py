"""From readings to faders: an equation per track, targets, and one shift that keeps the sum below a ceiling."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mixengine.jobs.balance import groups, methods, solve
from mixengine.jobs.balance.analyse import sum_peaks_dbtp
from mixengine.jobs.balance.measure import Reading
from mixengine.jobs.balance.methods import Method
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.model import presets
from mixengine.model.session import Session, Track

CEILING_DBTP = -1.0
"""True peak that the sum of all tracks may have."""
_MIN_WEIGHT = 0.05
_ANCHOR_WEIGHT = 1e6
_MAX_SHIFTS = 6
_LOUD_RANGE_DB = 2.0
_SHIFT_MARGIN_DB = 0.05


@dataclass
class Decision:
    """Faders and targets by track id, and the true peak of the sum they give."""

    faders_db: dict[str, float]
    targets_lufs: dict[str, float]
    peak_dbtp: float


def equations_of(
    session: Session,
    tracks: list[Track],
    readings: dict[str, Reading],
    role_of: dict[str, str],
    method: Method,
    preset: presets.Preset,
    settings: BalanceSettings,
    anchor: str | None,
    held: set[str],
) -> list[solve.FaderEquation]:
    """An equation per track: its level, and how far from the common level it should be."""
    shares = {track.id: active_share(session, readings[track.id]) for track in tracks}

    def offset_lu(track: Track) -> float:
        if method.faithful:
            return 0.0
        tilt_lu = method.tilt_lu(readings[track.id]) if preset.tilt else 0.0
        return preset.offset_lu(role_of[track.id]) + tilt_lu

    equations = [
        solve.FaderEquation(
            track=track.id,
            level_lufs=method.measured(readings[track.id]) + _folders_db(session, track),
            offset_lu=offset_lu(track),
            fader_db=track.fader_db,
            locked=track.id in held,
            weight=_ANCHOR_WEIGHT if track.id == anchor else max(shares[track.id], _MIN_WEIGHT),
        )
        for track in tracks
    ]
    if method.faithful:
        return equations
    return groups.with_groups(session, equations, shares, preset, settings.group or preset.group)


def decide(
    session: Session,
    sounding: list[Track],
    equations: list[solve.FaderEquation],
    readings: dict[str, Reading],
    method: Method,
    settings: BalanceSettings,
) -> Decision:
    """Targets, faders, and for our own methods one common shift that gives the sum its headroom."""
    strength = settings.strength / 100.0

    def peaks_dbtp(faders_db: dict[str, float], pieces: list[int] | None = None) -> dict[int, float]:
        return sum_peaks_dbtp(session, sounding, faders_db, use_cache=settings.cache, pieces=pieces)

    if method.faithful:
        targets = {
            equation.track: methods.shi2025_target_lufs(readings[equation.track], method) for equation in equations
        }
        faders_db = solve.faders(equations, targets, strength=strength, max_db=math.inf)
        return Decision(faders_db, targets, max(peaks_dbtp(faders_db).values(), default=-math.inf))
    level_lufs = solve.common_level_lufs(equations)
    targets = {equation.track: level_lufs + equation.offset_lu for equation in equations}
    faders_db = solve.faders(equations, targets, strength=strength)
    peaks = peaks_dbtp(faders_db)
    peak_dbtp = max(peaks.values(), default=-math.inf)
    if strength < 1.0 or any(equation.locked for equation in equations):
        return Decision(faders_db, targets, peak_dbtp)
    loud = [piece for piece, level in peaks.items() if level > peak_dbtp - _LOUD_RANGE_DB]
    for attempt in range(_MAX_SHIFTS):
        if peak_dbtp <= CEILING_DBTP:
            break
        # faders at their bounds do not follow: the first shift falls short by a little, the next goes a little further
        excess_db, before = peak_dbtp - CEILING_DBTP, faders_db
        shift_db = -excess_db if not attempt else -(1.5 * excess_db + _SHIFT_MARGIN_DB)
        targets = {track: target + shift_db for track, target in targets.items()}
        faders_db = solve.faders(equations, targets)
        together = len(before) == len(sounding) and all(
            abs(faders_db[track] - level_db - shift_db) < 1e-9 for track, level_db in before.items()
        )
        peak_dbtp = CEILING_DBTP if together else max(peaks_dbtp(faders_db, loud).values())
    return Decision(faders_db, targets, peak_dbtp)


def active_share(session: Session, reading: Reading) -> float:
    """Share of the session's time in which a track plays."""
    return min(reading.active_s / session.duration_s, 1.0)


def _folders_db(session: Session, track: Track) -> float:
    return sum(folder.fader_db for folder in session.ancestors(track))
