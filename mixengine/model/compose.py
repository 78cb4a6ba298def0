"""Plans that follow each other on one project: two as one, and a new run in place of an earlier one.

Standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import astuple, replace
from typing import Any

from mixengine.model.plan import Addition, Change, Envelope, Fader, Limiter, MasterTrim, MixPlan, MoveClip, Pan, Place
from mixengine.model.session import EnvelopePoint
from mixengine.model.units import SAME_FADER_DB

_SAME_PAN, _SAME_S = 1e-4, 1e-7
"""Closer than this a value is the one that was written: files hold so many digits."""


def merge(first: MixPlan | None, second: MixPlan) -> MixPlan:
    """One plan that does what ``first`` and then ``second`` did.

    Two settings of one parameter (a fader, an equaliser, a stretch of an envelope) become one, from the first value to
    the last, and what the user moved between the two is part of the first; what was added and removed again is left
    out; everything else is kept in order.
    """
    if first is None:
        return second
    changes = list(first.changes)
    for change in second.changes:
        place = next((i for i in reversed(range(len(changes))) if _same_object(changes[i], change)), None)
        if place is None:
            changes.append(change)
        elif (joined := _joined(changes[place], change)) is None:
            del changes[place]
        else:
            changes[place] = joined
    return replace(second, changes=tuple(changes))


def _same_object(one: Change, other: Change) -> bool:
    """Whether a second change continues the first: it sets the same parameter, or removes what was added."""
    if type(one) is not type(other):
        return False
    if isinstance(one, MasterTrim):
        return True
    if isinstance(one, Addition):
        return other == one.reverted()
    if isinstance(one, Envelope) and isinstance(other, Envelope) and not _overlap(one, other):
        return False  # what the user drew between two stretches belongs to neither
    keys = ("track", "envelope", "drawn_by", "label", "clip")
    return all(getattr(one, key, None) == getattr(other, key, None) for key in keys)


def _overlap(one: Envelope, other: Envelope) -> bool:
    return other.start_s <= one.end_s and one.start_s <= other.end_s


def _joined(first: Change, second: Change) -> Change | None:
    """Both as one change; ``None`` when nothing remains of them."""
    if isinstance(first, Addition):
        return None
    if isinstance(first, Envelope) and isinstance(second, Envelope):
        # the second started from what the first left: what was there before it comes back into its stretch
        outside = [p for p in second.before if not first.start_s <= p.time_s <= first.end_s]
        untouched = [p for p in first.after if not second.start_s <= p.time_s <= second.end_s]
        joined: Change = replace(
            second,
            start_s=min(first.start_s, second.start_s),
            end_s=max(first.end_s, second.end_s),
            before=tuple(sorted([*first.before, *outside], key=lambda p: p.time_s)),
            after=tuple(sorted([*untouched, *second.after], key=lambda p: p.time_s)),
            created=first.created,
        )
    else:
        joined = replace(second, before=_original(first, second))  # type: ignore[call-arg]
    if isinstance(first, Limiter) and isinstance(joined, Limiter):
        joined = _at_places(first, joined)
        if joined.place_before != joined.place_after:
            return joined
    return None if joined.before == joined.after else joined  # type: ignore[attr-defined]


def _at_places(first: Limiter, joined: Limiter) -> Limiter:
    """From where the first of two changes found it to where the second left it; nowhere where it was not there."""
    before = joined.place_before if first.place_before is None else first.place_before
    after = first.place_after if joined.place_after is None else joined.place_after
    return replace(
        joined,
        place_before=None if joined.before is None else before,
        place_after=None if joined.after is None or joined.before is None else after,
    )


def _original(first: Any, second: Any) -> Any:
    """Where ``second`` goes back to when ``first`` is taken back too: what the user did between the two stays.

    Plug-ins are mixengine's own, and go as a whole.
    """
    keeps = _KEEPS.get(type(first))
    return first.before if keeps is None or first.after == second.before else keeps(first, second)


def kept_level(first: Fader | MasterTrim, second: Fader | MasterTrim) -> float:
    """As far from the original as the user moved it since; a level that ``first`` had silenced is the user's own."""
    moved_db = second.before - first.after
    if abs(moved_db) <= SAME_FADER_DB or second.after == first.before:  # the latter: it is back where it was
        return first.before
    level_db = first.before + moved_db
    return second.before if math.isnan(level_db) or level_db == math.inf else level_db


def _pan(first: Pan, second: Pan) -> float:
    """A place that the user chose is one, whatever it was before."""
    return first.before if abs(second.before - first.after) <= _SAME_PAN else second.before


def _place(first: MoveClip, second: MoveClip) -> Place:
    """Moved as far, trimmed and sped up by as much as the user did since."""
    one, left, found = first.before, first.after, second.before
    moved_s = found.position_s - left.position_s
    if _alike(left, found):
        return one
    return Place(
        one.position_s + moved_s if abs(moved_s) > _SAME_S else one.position_s,
        one.length_s * found.length_s / left.length_s if left.length_s else found.length_s,
        one.rate * found.rate / left.rate if left.rate else found.rate,
    )


def _alike(one: Place, other: Place) -> bool:
    pairs = zip(astuple(one), astuple(other), strict=True)
    return all(abs(a - b) <= _SAME_S for a, b in pairs)


_KEEPS: dict[type[Change], Callable[[Any, Any], Any]] = {
    Fader: kept_level,
    MasterTrim: kept_level,
    Pan: _pan,
    MoveClip: _place,
}
"""What of the user's own hand is kept, by kind. Of a switch there is nothing to keep: moved, it is back already."""


def after_earlier(earlier: tuple[Change, ...], plan: MixPlan, standing: dict[str, dict[str, tuple]]) -> MixPlan:
    """Fit a plan that was made for the session *before* ``earlier`` to the session as it stands now, after it.

    Parameters
    ----------
    earlier : tuple of Change
        Envelopes and markers of an earlier run, which the new plan replaces.
    plan : MixPlan
        Made as if they were not there.
    standing : dict
        Track id → envelope kind → the points that stand in the project now.

    Returns
    -------
    MixPlan
        Its envelopes start from the points that stand there now; what the earlier run drew and the plan
        no longer contains is removed.
    """
    changes: list[Change] = []
    left = list(earlier)
    for change in plan.changes:
        old = next((e for e in left if _replaces(e, change)), None)
        if old is not None:
            left.remove(old)
        if isinstance(change, Envelope) and isinstance(old, Envelope):
            changes.append(_over(old, change, standing.get(change.track, {}).get(change.envelope, ())))
        elif old is None or not isinstance(change, Addition):
            changes.append(change)
    return replace(plan, changes=(*(old.reverted() for old in left), *changes))


def _over(old: Envelope, new: Envelope, standing: tuple[EnvelopePoint, ...]) -> Envelope:
    """``new`` from the points that ``old`` left standing: over the stretch of both, the user's own points kept."""
    start_s, end_s = min(old.start_s, new.start_s), max(old.end_s, new.end_s)
    now = tuple(p for p in standing if start_s <= p.time_s <= end_s)
    users = [p for p in now if not old.start_s <= p.time_s <= old.end_s] + list(old.before)
    kept = [p for p in users if not new.start_s <= p.time_s <= new.end_s]
    after = tuple(sorted([*kept, *new.after], key=lambda p: p.time_s))
    return replace(new, start_s=start_s, end_s=end_s, before=now, after=after)


def _replaces(old: Change, new: Change) -> bool:
    if isinstance(old, Envelope) and isinstance(new, Envelope):
        return (old.track, old.envelope, old.drawn_by) == (new.track, new.envelope, new.drawn_by)
    return isinstance(old, Addition) and old == new
