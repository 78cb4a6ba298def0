"""What the ceiling of the sum asked for, in words: how much, where, and which track is loudest there."""

from __future__ import annotations

import math

from mixengine.jobs.balance.analyse import SUM_PIECE_S
from mixengine.jobs.balance.decide import CEILING_DBTP, Decision
from mixengine.mixer import mix
from mixengine.model.session import Session, Track
from mixengine.model.units import plain_db, signed_db
from mixengine.report.clock import clock
from mixengine.system.parallel import map_parallel


def ceiling_notes(session: Session, tracks: list[Track], decision: Decision) -> list[str]:
    """Notes on the sum of the tracks: it passes the ceiling, or all tracks had to be set lower for it.

    A sum that passes the ceiling is left so where locks, an anchor or a partial strength forbid a common shift.
    """
    if decision.peak_dbtp > CEILING_DBTP + 0.05:
        return [
            f"the sum of the tracks peaks at {signed_db(decision.peak_dbtp)} dBTP: lower the master or the held tracks"
        ]
    if decision.peak_piece is None:
        return []
    start_s = decision.peak_piece * SUM_PIECE_S
    jobs = [(session, [track], decision.faders_db, start_s, start_s + SUM_PIECE_S) for track in tracks]
    peaks = list(map_parallel(mix.true_peak_dbtp, jobs, SUM_PIECE_S * len(tracks)))
    peak_dbtp, loudest = max(zip(peaks, (track.name for track in tracks), strict=True), default=(-math.inf, ""))
    return [
        f"all tracks are set {plain_db(-decision.shift_db)} dB lower so the sum stays below {CEILING_DBTP:g} dBTP: "
        f"it peaks between {clock(start_s)} and {clock(start_s + SUM_PIECE_S)}, where '{loudest}' alone reaches "
        f"{signed_db(peak_dbtp)} dBTP"
    ]
