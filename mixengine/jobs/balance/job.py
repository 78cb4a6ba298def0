"""The balance job: measure every track, decide every fader, say why.

The same road for every method: candidates → readings → equations → targets → faders → rows and changes. It reads audio
and writes nothing.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace

from mixengine.audio.pitch import has_pesto
from mixengine.jobs.balance import groups, methods, solve
from mixengine.jobs.balance.analyse import analyse, sum_peaks_dbtp
from mixengine.jobs.balance.details import BalanceDetails, Row
from mixengine.jobs.balance.measure import MeasureOptions, Reading
from mixengine.jobs.balance.methods import METHODS, Method
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.model import presets, roles, selection, signal_path
from mixengine.model.plan import Fader, MixPlan
from mixengine.model.session import Session, Track
from mixengine.model.units import plain_db, signed_db
from mixengine.system.progress import Progress

CEILING_DBTP = -1.0
"""True peak that the sum of all tracks may have."""
UNKNOWN = "unknown"
"""Role of a track whose name and user say nothing."""
_MIN_WEIGHT = 0.05
_ANCHOR_WEIGHT = 1e6
_MAX_SHIFTS = 6
_LOUD_RANGE_DB = 2.0
_SHIFT_MARGIN_DB = 0.05
_FOLDER_STAYS = "a folder: its fader moves everything inside and stays"
MIN_MOVE_DB = 0.005
"""Smaller moves are not made: REAPER shows two decimals."""


@dataclass
class _Decision:
    """Faders and targets by track id, and the true peak of the sum they give."""

    faders_db: dict[str, float]
    targets_lufs: dict[str, float]
    peak_dbtp: float


def plan(session: Session, settings: BalanceSettings, progress: Progress) -> MixPlan:
    """Decide the faders of a session.

    Returns
    -------
    MixPlan
        Fader changes, with `BalanceDetails`.

    Raises
    ------
    UserError
        A name is unknown, or no track can be balanced.
    """
    method, preset = METHODS[settings.method], presets.load(settings.preset)
    chosen = selection.chosen_roles(session, settings)
    picked = selection.pick(session)
    pesto = (method.faithful or settings.exact) and has_pesto()
    options = MeasureOptions(exact=settings.exact, pesto=pesto, robust=method.name == "robust")
    results = analyse(session, picked.tracks, options, use_cache=settings.cache, progress=progress)
    readings = {track_id: reading for track_id, reading in results.items() if isinstance(reading, Reading)}
    skipped = picked.skipped | {track_id: reason for track_id, reason in results.items() if isinstance(reason, str)}
    role_of = {
        track.id: chosen.get(track.id) or _role(session, track, readings.get(track.id)) for track in session.tracks
    }
    silent = [track_id for track_id, reading in readings.items() if not method.is_audible(reading)]
    skipped |= dict.fromkeys(silent, f"no effective audio event (below {method.gate_lufs:g} LUFS)")
    sounding = [track for track in picked.tracks if track.id in readings]
    anchor, held = selection.held(session, settings, skipped)
    # a folder with items of its own is heard, but its fader would take everything inside along
    skipped |= {track.id: _FOLDER_STAYS for track in sounding if track.is_folder and track.id not in skipped}
    balanced = [track for track in sounding if track.id not in skipped]
    if not any(track.id not in held for track in balanced):
        raise selection.nothing_to_do(session, skipped | dict.fromkeys(held - set(skipped), "held"))
    equations = _equations(session, balanced, readings, role_of, method, preset, settings, anchor, held)
    progress(len(picked.tracks), len(picked.tracks), "summing the mix")
    decision = _decide(session, sounding, equations, readings, method, settings)
    rows = [
        _decided(row, decision, method, row.id in held)
        if row.id in decision.faders_db
        else replace(row, reason=skipped.get(row.id, "not balanced"))
        for row in (
            _row(session, track, readings.get(track.id), role_of[track.id], method)
            for track in session.tracks
            if track.clips or not track.is_folder
        )
    ]
    changes = [
        Fader(row.id, row.fader_before_db, row.fader_after_db, row.reason)
        for row in rows
        if abs(row.gain_db) > MIN_MOVE_DB
    ]
    return MixPlan(
        job="balance",
        session=session.name,
        source=session.path,
        settings=asdict(settings),
        changes=tuple(changes),
        details=BalanceDetails(
            method=method.name,
            preset=preset.name,
            tracks=tuple(rows),
            headroom_db=-decision.peak_dbtp,
            roles={track.id: track.role for track in session.tracks if track.role} | chosen,
            readings=readings,
        ),
        notes=(
            *session.notes,
            *selection.notes(session, picked.tracks),
            *_pitch_note(method, settings, pesto),
            *_peak_note(decision.peak_dbtp),
        ),
    )


def _role(session: Session, track: Track, reading: Reading | None) -> str:
    sound = None
    if reading is not None:
        sound = roles.role_of_sound(reading.energy_centroid_hz, reading.true_peak_dbtp - reading.heard_lufs)
    return roles.role_of_track(session, track, sound) or UNKNOWN


def _equations(
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
    """What every track wants: its level, and how far from the common level it should be."""
    shares = {track.id: _share(session, readings[track.id]) for track in tracks}

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


def _decide(
    session: Session,
    sounding: list[Track],
    equations: list[solve.FaderEquation],
    readings: dict[str, Reading],
    method: Method,
    settings: BalanceSettings,
) -> _Decision:
    """Targets, faders, and for our own methods one common shift that gives the sum its headroom."""
    strength = settings.strength / 100.0

    def peaks_dbtp(faders_db: dict[str, float], pieces: list[int] | None = None) -> dict[int, float]:
        return sum_peaks_dbtp(session, sounding, faders_db, use_cache=settings.cache, pieces=pieces)

    if method.faithful:
        targets = {
            equation.track: methods.shi2025_target_lufs(readings[equation.track], method) for equation in equations
        }
        faders_db = solve.faders(equations, targets, strength=strength, max_db=math.inf)
        return _Decision(faders_db, targets, max(peaks_dbtp(faders_db).values(), default=-math.inf))
    level_lufs = solve.common_level_lufs(equations)
    targets = {equation.track: level_lufs + equation.offset_lu for equation in equations}
    faders_db = solve.faders(equations, targets, strength=strength)
    peaks = peaks_dbtp(faders_db)
    peak_dbtp = max(peaks.values(), default=-math.inf)
    if strength < 1.0 or any(equation.locked for equation in equations):
        return _Decision(faders_db, targets, peak_dbtp)
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
    return _Decision(faders_db, targets, peak_dbtp)


def _share(session: Session, reading: Reading) -> float:
    """Share of the session's time in which a track plays."""
    return min(reading.active_s / session.duration_s, 1.0)


def _folders_db(session: Session, track: Track) -> float:
    return sum(folder.fader_db for folder in session.ancestors(track))


def _row(session: Session, track: Track, reading: Reading | None, role: str, method: Method) -> Row:
    row = Row(
        id=track.id,
        name=track.name,
        file=track.file,
        group=session.group(track),
        role=role,
        fader_before_db=track.fader_db,
        fader_after_db=track.fader_db,
    )
    if reading is None:
        return row
    path_gain_db = signal_path.path_gain_db(session, track, {})
    return replace(
        row,
        active_share=_share(session, reading),
        measured_lufs=method.measured(reading) + path_gain_db,
        true_peak_dbtp=reading.true_peak_dbtp + path_gain_db,
        f0_hz=reading.f0_hz,
        centroid_hz=reading.centroid_hz,
    )


def _decided(row: Row, decision: _Decision, method: Method, locked: bool) -> Row:
    """The row with fader, target and the reason in words."""
    assert row.measured_lufs is not None and row.active_share is not None
    after_db, target_lufs = decision.faders_db[row.id], decision.targets_lufs[row.id]
    gain_db = after_db - row.fader_before_db
    measured = f"measured {plain_db(row.measured_lufs)}{method.band} over {100 * row.active_share:.0f} % active time"
    if locked:
        reason = f"held where it is: {measured}"
    else:
        moved = "stays" if abs(gain_db) <= MIN_MOVE_DB else f"{signed_db(gain_db)} dB"
        reason = f"{moved}: {_subject(row.role)} {plain_db(target_lufs)} LUFS here, {measured}"
        reached_lufs = row.measured_lufs + gain_db
        if abs(reached_lufs - target_lufs) > 0.05:
            reason += f"; reaches {plain_db(reached_lufs)}"
    # adding 0.0 turns a negative zero into a plain one
    return replace(row, target_lufs=target_lufs, gain_db=gain_db + 0.0, fader_after_db=after_db + 0.0, reason=reason)


def _subject(role: str) -> str:
    """Who wants what: ``hats want``, ``bass wants``, ``this track wants``."""
    if role == UNKNOWN:
        return "this track wants"
    return f"{role.replace('_', ' ')} {'want' if role.endswith('s') and role not in ('bass', 'brass') else 'wants'}"


def _peak_note(peak_dbtp: float) -> list[str]:
    """The sum passes the ceiling: locks, an anchor or half strength forbid the common shift."""
    if peak_dbtp <= CEILING_DBTP + 0.05:
        return []
    return [f"the sum of the tracks peaks at {signed_db(peak_dbtp)} dBTP: lower the master or the held tracks"]


def _pitch_note(method: Method, settings: BalanceSettings, pesto: bool) -> list[str]:
    """Which pitch source stands in when PESTO is not there and the method asks for it."""
    if pesto or not (method.faithful or settings.exact):
        return []
    return ['pitch: PESTO is not installed, pYIN alone gives f0 (pip install "mixengine[neural]" adds PESTO)']
