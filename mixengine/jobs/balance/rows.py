"""What the table says about one track: what was measured, what was decided, and the reason in words."""

from __future__ import annotations

from dataclasses import replace

from mixengine.jobs.balance.decide import Decision
from mixengine.jobs.balance.details import Row
from mixengine.jobs.balance.equations import active_share
from mixengine.jobs.balance.heard import Heard
from mixengine.jobs.balance.measure import Reading
from mixengine.jobs.balance.methods import Method
from mixengine.jobs.balance.wanted import Wanted
from mixengine.model import signal_path
from mixengine.model.session import Session, Track
from mixengine.model.units import plain_db, signed_db

UNKNOWN = "unknown"
"""Role of a track whose name and user say nothing."""
MIN_MOVE_DB = 0.005
"""Smaller moves are not made: REAPER shows two decimals."""


def measured_row(
    session: Session, track: Track, reading: Reading | None, role: str, method: Method, heard: Heard
) -> Row:
    """The row of a track as it stands, with what was measured if ``reading`` is given; ``heard`` says what pans,
    sends and buses add to that.
    """
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
        active_share=active_share(session, reading),
        measured_lufs=method.measured(reading) + path_gain_db + heard.added_db(track.id),
        true_peak_dbtp=reading.true_peak_dbtp + path_gain_db + heard.peak_db(track.id),
        f0_hz=reading.f0_hz,
        centroid_hz=reading.centroid_hz,
    )


def decided_row(
    session: Session,
    row: Row,
    decision: Decision,
    method: Method,
    wanted: Wanted | None,
    locked: bool,
    beside: str = "",
) -> Row:
    """The row with fader, target and the reason in words.

    Parameters
    ----------
    beside : str
        What others have to do with it, see `mixengine.jobs.balance.equations.relations`.
    """
    assert row.measured_lufs is not None and row.active_share is not None
    after_db, target_lufs = decision.faders_db[row.id], decision.targets_lufs[row.id]
    wanted_lufs, way = decision.wanted_lufs[row.id], decision.start.way_of(row.id)
    gain_db = after_db - row.fader_before_db
    raised = decision.raised.get(row.id)
    covered_by = session.track(raised.covered_by).name if raised and raised.covered_by else None
    measured = f"measured {plain_db(row.measured_lufs)}{method.band} over {100 * row.active_share:.0f} % active time"
    if locked:
        reason = f"held where it is: {measured}"
    else:
        moved = "stays" if abs(gain_db) <= MIN_MOVE_DB else f"{signed_db(gain_db)} dB"
        reason = f"{moved}: {_subject(row.role)} {plain_db(wanted_lufs - decision.shift_db)} LUFS here"
        if terms := ", ".join(filter(None, (wanted.why if wanted else "", beside))):
            reason += f" ({terms})"
        if way < 1.0:
            reason += f", set {100 * way:.0f} % of the way there"
        if raised and raised.raised_db < 0.0:
            reason += (
                f", {plain_db(-raised.raised_db)} dB lower than otherwise: it would have covered most of the others"
            )
        elif raised:
            reason += f", {plain_db(raised.raised_db)} dB higher than otherwise: '{covered_by}' would have covered it"
        if decision.shift_db < 0.0:
            reason += f", {plain_db(-decision.shift_db)} dB lower with all tracks for the ceiling"
        reason += f"; {measured}"
        reached_lufs = row.measured_lufs + gain_db
        if abs(reached_lufs - target_lufs) > 0.05:
            reason += f"; reaches {plain_db(reached_lufs)}"
    # adding 0.0 turns a negative zero into a plain one
    return replace(
        row,
        wanted_lufs=wanted_lufs,
        target_lufs=target_lufs,
        raised_db=raised.raised_db if raised else 0.0,
        covered_by=covered_by,
        gain_db=gain_db + 0.0,
        fader_after_db=after_db + 0.0,
        reason=reason,
    )


def _subject(role: str) -> str:
    """Who wants what: ``hats want``, ``bass wants``, ``this track wants``."""
    if role == UNKNOWN:
        return "this track wants"
    return f"{role.replace('_', ' ')} {'want' if role.endswith('s') and role not in ('bass', 'brass') else 'wants'}"
