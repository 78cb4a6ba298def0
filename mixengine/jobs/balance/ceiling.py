"""The ceiling of the sum, and what it asked for in words: how much, where, and which track is loudest there."""

from __future__ import annotations

import math
from collections.abc import Mapping

from mixengine.jobs.balance.analyse import SUM_PIECE_S, sum_peaks_dbtp
from mixengine.jobs.balance.decide import CEILING_DBTP, Decision
from mixengine.jobs.balance.heard import Heard
from mixengine.jobs.balance.measure import Reading
from mixengine.jobs.balance.start import Start
from mixengine.model import signal_path
from mixengine.model.session import Session, Track
from mixengine.model.units import plain_db, signed_db
from mixengine.report.clock import clock


def ceiling_of(session: Session, tracks: list[Track], start: Start, *, use_cache: bool) -> float:
    """True peak in dBTP that the sum of the tracks may have in front of the master.

    What leaves the master's fader is to stay below the ceiling. Plug-ins on the master answer to the level that they
    get: where the user's levels are kept and such plug-ins stand there, the sum may peak as high as the user let it.
    """
    master_db = 0.0 if signal_path.is_silent_master(session) else signal_path.master_level_db(session)
    ceiling_dbtp = CEILING_DBTP - master_db
    is_driven = session.master_effects_on and any(not effect.bypassed for effect in session.master_effects)
    if not is_driven or start.way == 1.0:
        return ceiling_dbtp
    as_left = {track.id: track.user_fader_db for track in session.tracks if track.user_fader_db is not None}
    return max(ceiling_dbtp, *sum_peaks_dbtp(session, tracks, as_left, use_cache=use_cache).values())


def ceiling_notes(
    session: Session,
    tracks: list[Track],
    readings: Mapping[str, Reading],
    heard: Heard,
    decision: Decision,
    *,
    use_cache: bool,
) -> list[str]:
    """Notes on the sum of the tracks: it passes the ceiling, or all tracks had to be set lower for it.

    A sum that passes the ceiling is left so where locks, an anchor or a partial strength forbid a common shift, and
    where tracks whose faders stay hold it there.
    """
    reach_dbtp = {
        track.id: (
            readings[track.id].true_peak_dbtp
            + signal_path.path_gain_db(session, track, decision.faders_db)
            + heard.peak_db(track.id)
        )
        for track in tracks
    }
    notes = []
    if decision.raised_share < 1.0:
        notes.append(
            "tracks that others cover are set higher by less than they need, or not at all: the sum would pass "
            f"{_ceiling(decision)}, or pass it further"
        )
    if decision.kept_hot:
        loudest_kept = max(
            (track for track in tracks if track.id not in decision.faders_db), key=lambda track: reach_dbtp[track.id]
        )
        return [
            *notes,
            f"the sum of the tracks peaks at {_peak(decision)}: lower the master or "
            f"'{loudest_kept.name}', which reaches {signed_db(reach_dbtp[loudest_kept.id])} dBTP alone and whose fader "
            "stays; the others were not lowered for it",
        ]
    if decision.peak_dbtp > decision.ceiling_dbtp + 0.05:
        return [
            *notes,
            f"the sum of the tracks peaks at {_peak(decision)}: lower the master or the held tracks",
        ]
    if decision.peak_piece is None:
        return notes
    start_s = decision.peak_piece * SUM_PIECE_S
    peak_dbtp, loudest = -math.inf, ""
    # no track is louder there than anywhere else: most need not be looked at
    for track in sorted(tracks, key=lambda track: reach_dbtp[track.id], reverse=True):
        if reach_dbtp[track.id] <= peak_dbtp:
            break
        peaks = sum_peaks_dbtp(session, [track], decision.faders_db, use_cache=use_cache, pieces=[decision.peak_piece])
        if peaks[decision.peak_piece] > peak_dbtp:
            peak_dbtp, loudest = peaks[decision.peak_piece], track.name
    return [
        f"all tracks are set {plain_db(-decision.shift_db)} dB lower so the sum stays below {_ceiling(decision)}: "
        f"it peaks between {clock(start_s)} and {clock(start_s + SUM_PIECE_S)}, where '{loudest}' alone reaches "
        f"{signed_db(peak_dbtp)} dBTP"
    ]


def _peak(decision: Decision) -> str:
    """``+2 dBTP``; where the master turns the sum, also how far that is above what it may be."""
    peak = f"{signed_db(decision.peak_dbtp)} dBTP"
    if decision.ceiling_dbtp == CEILING_DBTP:
        return peak
    return f"{peak} in front of the master, {plain_db(decision.peak_dbtp - decision.ceiling_dbtp)} dB too high"


def _ceiling(decision: Decision) -> str:
    """``-1 dBTP``; where the master turns the sum, ``11 dBTP in front of the master``."""
    at_master = "" if decision.ceiling_dbtp == CEILING_DBTP else " in front of the master"
    return f"{decision.ceiling_dbtp:.3g} dBTP{at_master}"
