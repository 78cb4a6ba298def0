"""What was drawn earlier, found again where it stands: the user inserted or removed time, and its points moved along.

Points are known by their values, shapes and order, markers by name and length. Standard library only.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from mixengine.model.automation import EnvelopePoint, same_points
from mixengine.model.plan import Change, Envelope, Marker, MixPlan
from mixengine.model.session import Marker as StandingMarker
from mixengine.model.session import Session

Points = tuple[EnvelopePoint, ...]
_FEW = 3
"""Fewer points than these can be somebody else's, unless the envelope holds no others."""
_SAME, _DIGITS = 1e-7, 6
_UNITY = 1.0


def followed(plan: MixPlan, points_of: Callable[[Envelope], Points], markers: Sequence[StandingMarker]) -> MixPlan:
    """The plan with each envelope and each marker where it stands now.

    Parameters
    ----------
    plan : MixPlan
    points_of : callable
        All points that stand in the envelope of a change.
    markers : sequence of Marker
        Those that stand in the project.
    """
    remembered = [change for change in plan.changes if isinstance(change, Marker) and not change.remove]

    def found(change: Change) -> Change:
        if isinstance(change, Envelope):
            return follow(change, points_of(change))
        return follow_marker(change, markers, remembered) if isinstance(change, Marker) else change

    return replace(plan, changes=tuple(found(change) for change in plan.changes))


def points_in(session: Session, change: Envelope) -> Points:
    """All points that stand in the envelope of a change, in time order."""
    tracks = (track for track in session.tracks if track.id == change.track)
    found = (entry.points for track in tracks for entry in track.automation if entry.kind == change.envelope)
    return next(found, ())


def follow(change: Envelope, points: Points) -> Envelope:
    """The change where its points stand now; as it is where they are not found whole, or more than once."""
    if same_points(_inside(change, points), change.after):
        return change
    count = len(change.after)
    if not count or (count < _FEW and count != len(points)):
        return change
    starts = [
        at
        for at in range(len(points) - count + 1)
        if all(_alike(*pair) for pair in zip(points[at : at + count], change.after, strict=True))
    ]
    if len(starts) != 1:
        return change
    return _moved(change, points[starts[0] : starts[0] + count], points)


def follow_marker(change: Marker, markers: Sequence[StandingMarker], remembered: Sequence[Marker]) -> Marker:
    """A marker where it stands now: of those with its name and length, the one of its place in their order.

    As it is where there are not as many of them as ``remembered``.
    """
    alike = [each for each in markers if each.name == change.name and _same_length(each, change)]
    earlier = [each for each in remembered if each.name == change.name and _same_length(each, change)]
    if change.remove or not alike or len(alike) != len(earlier):
        return change
    now = sorted(alike, key=lambda each: each.time_s)[sorted(each.time_s for each in earlier).index(change.time_s)]
    if abs(now.time_s - change.time_s) < _SAME:
        return change
    return replace(change, time_s=now.time_s, end_s=now.end_s)


def _same_length(one: StandingMarker | Marker, other: Marker) -> bool:
    if one.end_s is None or other.end_s is None:
        return one.end_s is other.end_s
    return abs((one.end_s - one.time_s) - (other.end_s - other.time_s)) < _SAME


def stands(change: Envelope, points: Points) -> bool:
    """Whether any of its points is still there; the user may have taken them all away, or drawn others."""
    return bool(_counted(change.after) & _counted(points))


def is_scattered(change: Envelope, points: Points) -> bool:
    """Whether some of its points stand outside its stretch, so that it cannot be taken back."""
    inside = _counted(_inside(change, points))
    return bool((_counted(change.after) - inside) & (_counted(points) - inside))


def _moved(change: Envelope, found: Points, points: Points) -> Envelope:
    old_s, new_s = [point.time_s for point in change.after], [point.time_s for point in found]

    def now(time_s: float) -> float:
        at = min(max(bisect_right(old_s, time_s) - 1, 0), len(old_s) - 1)
        moved_s = new_s[at] - old_s[at]
        if at + 1 < len(old_s) and old_s[at] <= time_s and old_s[at + 1] > old_s[at]:
            share = (time_s - old_s[at]) / (old_s[at + 1] - old_s[at])
            moved_s += share * (new_s[at + 1] - old_s[at + 1] - moved_s)
        return time_s + moved_s

    after = tuple(replace(point, time_s=time_s) for point, time_s in zip(change.after, new_s, strict=True))
    before = tuple(replace(point, time_s=now(point.time_s)) for point in change.before)
    moved = replace(change, start_s=now(change.start_s), end_s=now(change.end_s), before=before, after=after)
    return moved if same_points(_inside(moved, points), after) else change


def _inside(change: Envelope, points: Points) -> Points:
    return tuple(point for point in points if change.start_s - _SAME <= point.time_s <= change.end_s + _SAME)


def _alike(one: EnvelopePoint, other: EnvelopePoint) -> bool:
    return one.shape == other.shape and abs(one.value - other.value) < _SAME


def _counted(points: Iterable[EnvelopePoint]) -> Counter[tuple[float, int]]:
    """Points by value and shape; those that change nothing are anybody's."""
    return Counter((round(p.value, _DIGITS), p.shape) for p in points if abs(p.value - _UNITY) > _SAME)
