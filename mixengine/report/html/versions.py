"""The session before and after a plan, also when its project has been written into since."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mixengine import plan as mixplan
from mixengine.applied import applied, reverted
from mixengine.session import Session, Track

_LEVEL_DB = 0.01
_TIME_S = 1e-3


def before_and_after(session: Session, plan: mixplan.MixPlan) -> tuple[Session, Session, bool]:
    """The two sessions, and whether ``session`` was found with the plan applied already (``--in-place``)."""
    if is_applied(session, plan):
        return reverted(session, plan.changes), session, True
    return session, applied(session, plan.changes), False


def is_applied(session: Session, plan: mixplan.MixPlan) -> bool:
    """Whether everything that can be looked up stands as the plan wants it; no such change: no."""
    tracks = {track.id: track for track in session.tracks}
    looked_up = [
        _STANDS[type(change)](tracks[track_id], change)
        for change in plan.changes
        if type(change) in _STANDS and (track_id := getattr(change, "track", "")) in tracks
    ]
    return bool(looked_up) and all(looked_up)


def _fader_stands(track: Track, change: mixplan.Fader) -> bool:
    return track.fader_db == change.after or abs(track.fader_db - change.after) < _LEVEL_DB


def _envelope_stands(track: Track, change: mixplan.Envelope) -> bool:
    entry = next((entry for entry in track.automation if entry.kind == change.envelope), None)
    times_s = [p.time_s for p in entry.points if change.start_s <= p.time_s <= change.end_s] if entry else []
    wanted_s = [point.time_s for point in change.after]
    return len(times_s) == len(wanted_s) and all(abs(a - b) < _TIME_S for a, b in zip(times_s, wanted_s, strict=True))


def _equalizer_stands(track: Track, change: mixplan.Equalizer) -> bool:
    bands = next((effect.bands for effect in track.effects if effect.label == change.label), ())
    wanted = change.after or ()
    return len(bands) == len(wanted) and all(
        abs(a.gain_db - b.gain_db) < _LEVEL_DB and abs(a.frequency_hz / b.frequency_hz - 1.0) < 1e-3
        for a, b in zip(bands, wanted, strict=True)
    )


_STANDS: dict[type[mixplan.Change], Callable[[Track, Any], bool]] = {
    mixplan.Fader: _fader_stands,
    mixplan.Envelope: _envelope_stands,
    mixplan.Equalizer: _equalizer_stands,
}
