"""The session before and after a plan, also when its project has been written into since."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import astuple
from typing import Any

from mixengine.model import plan as mixplan
from mixengine.model.apply import applied, reverted
from mixengine.model.session import MASTER, Session

_LEVEL_DB = 0.01
_TIME_S = 1e-3


def before_and_after(session: Session, plan: mixplan.MixPlan) -> tuple[Session, Session, bool]:
    """The two sessions, and whether ``session`` was found with the plan applied already (``--in-place``)."""
    if is_applied(session, plan):
        return reverted(session, plan.changes), session, True
    return session, applied(session, plan.changes), False


def is_applied(session: Session, plan: mixplan.MixPlan) -> bool:
    """Whether all changes that can be checked are applied already; ``False`` when there is none to check."""
    there = {MASTER, *(track.id for track in session.tracks)}
    looked_up = [
        _STANDS[type(change)](session, change)
        for change in plan.changes
        if type(change) in _STANDS and getattr(change, "track", "") in there
    ]
    return bool(looked_up) and all(looked_up)


def _fader_stands(session: Session, change: mixplan.Fader) -> bool:
    fader_db = session.track(change.track).fader_db
    return fader_db == change.after or abs(fader_db - change.after) < _LEVEL_DB


def _envelope_stands(session: Session, change: mixplan.Envelope) -> bool:
    entry = next((e for e in session.track(change.track).automation if e.kind == change.envelope), None)
    times_s = [p.time_s for p in entry.points if change.start_s <= p.time_s <= change.end_s] if entry else []
    expected_s = [point.time_s for point in change.after]
    return len(times_s) == len(expected_s) and all(
        abs(a - b) < _TIME_S for a, b in zip(times_s, expected_s, strict=True)
    )


def _equalizer_stands(session: Session, change: mixplan.Equalizer) -> bool:
    alike = (e for e in session.effects(change.track) if e.label == change.label and e.compressor is None)
    bands = next((effect.bands for effect in alike), ())
    expected = change.after or ()
    return len(bands) == len(expected) and all(
        abs(a.gain_db - b.gain_db) < _LEVEL_DB
        and abs(a.frequency_hz / b.frequency_hz - 1.0) < 1e-3
        and len(a.points) == len(b.points)
        for a, b in zip(bands, expected, strict=True)
    )


def _compressor_stands(session: Session, change: mixplan.Compressor) -> bool:
    alike = (e.compressor for e in session.effects(change.track) if e.label == change.label)
    now, expected = next(filter(None, alike), None), change.after
    if now is None or expected is None:
        return now is expected
    return all(
        math.isclose(a, b, rel_tol=1e-3, abs_tol=_LEVEL_DB)
        for a, b in zip(astuple(now), astuple(expected), strict=True)
    )


def _limiter_stands(session: Session, change: mixplan.Limiter) -> bool:
    alike = (e.limiter for e in session.effects(change.track) if e.label == change.label)
    now, expected = next(filter(None, alike), None), change.after
    if now is None or expected is None:
        return now is expected
    return all(math.isclose(a, b, abs_tol=_LEVEL_DB) for a, b in zip(astuple(now), astuple(expected), strict=True))


_STANDS: dict[type[mixplan.Change], Callable[[Session, Any], bool]] = {
    mixplan.Fader: _fader_stands,
    mixplan.Envelope: _envelope_stands,
    mixplan.Equalizer: _equalizer_stands,
    mixplan.Compressor: _compressor_stands,
    mixplan.Limiter: _limiter_stands,
}
