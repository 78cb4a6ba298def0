"""A plan taken back from a session whose faders the user moved since: each goes back by what mixengine moved it.

Only levels are relative by nature. A pan is a place, a plug-in's setting is one: moved by hand they stay as they are.
Standard library only.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from mixengine.model import compose
from mixengine.model import plan as mixplan
from mixengine.model.plan import Fader, MasterTrim, MixPlan
from mixengine.model.session import MASTER, Session
from mixengine.model.units import MAX_FADER_DB, SAME_FADER_DB, plain_db, signed_db


def taken_back(plan: MixPlan, session: Session, remembered: MixPlan | None) -> tuple[MixPlan, tuple[str, ...]]:
    """The reverse of a plan for a session as it stands now, and a note for each fader that was moved since.

    Parameters
    ----------
    plan : MixPlan
        What is taken back.
    session : Session
    remembered : MixPlan, optional
        What the project remembers of all plans. Only where ``plan`` was the last to set a fader, what it is away from
        there is the user's hand; elsewhere it is left as it is.
    """
    written = {_knob(each): each.after for each in _levels(remembered)}
    counts = Counter(map(_knob, _levels(plan)))
    notes: list[str] = []

    def as_it_stands(change: mixplan.Change) -> mixplan.Change:
        if not isinstance(change, (Fader, MasterTrim)) or counts[_knob(change)] > 1:
            return change
        if abs(written.get(_knob(change), float("nan")) - change.after) <= SAME_FADER_DB:
            return _moved(change, session, notes)
        return change

    changes = tuple(as_it_stands(change) for change in plan.changes)
    return mixplan.revert(replace(plan, changes=changes)), tuple(notes)


def _levels(plan: MixPlan | None) -> list[Fader | MasterTrim]:
    return [change for change in plan.changes if isinstance(change, (Fader, MasterTrim))] if plan else []


def _knob(change: Fader | MasterTrim) -> str:
    return MASTER if isinstance(change, MasterTrim) else change.track


def _moved(change: Fader | MasterTrim, session: Session, notes: list[str]) -> Fader | MasterTrim:
    """The change from as far beside its first level as the fader is beside its last; itself where it was not moved."""
    if isinstance(change, MasterTrim):
        what, stands_db = "the master fader", session.master_db
    else:
        track = next((track for track in session.tracks if track.id == change.track and not track.locked), None)
        if track is None:
            return change
        what, stands_db = f"the fader of '{track.name}'", track.fader_db
    # back where it was before, or silent: there is nothing to take back, or nothing to say how far
    if min(abs(stands_db - level_db) for level_db in (change.before, change.after)) <= SAME_FADER_DB:
        return change
    moved_db, ours_db = stands_db - change.after, change.after - change.before
    # moved most of the way back, or beyond: that is no correction to keep, and left as it stands
    if moved_db * ours_db < 0.0 and 2.0 * abs(moved_db) > abs(ours_db):
        return change
    first_db = compose.kept_level(change, replace(change, before=stands_db))
    if first_db > max(MAX_FADER_DB, change.before):
        return change
    if first_db == stands_db or not abs(first_db) < float("inf"):
        return change
    notes.append(
        f"{what} was moved by {signed_db(moved_db)} dB since: it goes back to {plain_db(change.before, 2)} dB "
        f"and keeps that move ({plain_db(first_db, 2)} dB)"
    )
    return replace(change, before=first_db, after=stands_db)
