"""Items of a track that lie over each other, by the project's ``ITEMMIX``, an item's own ``MIXFLAG`` and lanes.

0 (REAPER's default): an item that lies within another one replaces it there; 1: all mix; 2: a later item replaces the
earlier one where they overlap. The flag of the item that would replace counts. What is replaced is silent: the clip
gets a mute envelope with the holes. Muted and empty items replace nothing. Freely placed items all mix; so do items in
different lanes, unless higher lanes mask lower ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from mixengine.hosts.rpp import lanes
from mixengine.hosts.rpp.syntax import Block
from mixengine.model.session import MUTE, Automation, Clip, EnvelopePoint

MIXED_RULES = "item mix behaviour unlike that of an item over it (the upper item's is taken, not certain)"
_SQUARE = 1
_MIX = 1
_Hole = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Placed:
    """A clip with what its item says about lying over others: its rule (``None``: the project's) and its lane."""

    clip: Clip
    rule: int | None = None
    lane: int = 0


def placed(item: Block, track: Block, clips: Iterable[Clip]) -> list[Placed]:
    """The clips of an item, one for each of its takes that sounds."""
    flag = item.line("MIXFLAG")
    rule = flag.integer(1, -1) if flag else -1
    return [Placed(clip, rule if rule in _RULES else None, lanes.lane_of(item, track)) for clip in clips]


def _enclosed(outer: Clip, inner: Clip) -> _Hole | None:
    starts, ends = inner.position_s - outer.position_s, outer.end_s - inner.end_s
    within = starts >= 0.0 and ends >= 0.0 and (starts > 0.0 or ends > 0.0)
    return (inner.position_s, inner.end_s) if within else None


def _later(outer: Clip, inner: Clip) -> _Hole | None:
    overlaps = outer.position_s < inner.position_s < outer.end_s
    return (inner.position_s, min(inner.end_s, outer.end_s)) if overlaps else None


def _never(_outer: Clip, _inner: Clip) -> _Hole | None:
    return None


_RULES: Mapping[int, Callable[[Clip, Clip], _Hole | None]] = MappingProxyType({0: _enclosed, _MIX: _never, 2: _later})
"""``ITEMMIX`` or ``MIXFLAG`` → the part of a clip, if any, that another one replaces."""


def replaced(entries: Sequence[Placed], root: Block, track: Block) -> tuple[Clip, ...]:
    """The clips of a track with holes where others replace them."""
    line = root.line("ITEMMIX")
    project = line.integer(1, _MIX) if line else _MIX
    project = project if project in _RULES else _MIX
    if lanes.is_free(track) or (project == _MIX and not lanes.masks(track) and all(e.rule is None for e in entries)):
        return tuple(entry.clip for entry in entries)
    masks = lanes.masks(track)
    holes: dict[str, list[_Hole]] = {}
    unsure: set[str] = set()
    for lower, upper in _over_each_other(entries):
        if lower.lane != upper.lane:
            hole = _common(lower.clip, upper.clip) if masks and upper.lane > lower.lane else None
        else:
            lower_rule, upper_rule = (project if entry.rule is None else entry.rule for entry in (lower, upper))
            hole = _RULES[upper_rule](lower.clip, upper.clip)
            if hole != _RULES[lower_rule](lower.clip, upper.clip):
                unsure.add(lower.clip.id)
        if hole:
            holes.setdefault(lower.clip.id, []).append(hole)
    return tuple(_with_holes(_noted(e.clip, unsure), holes.get(e.clip.id, [])) for e in entries)


def _over_each_other(entries: Sequence[Placed]) -> Iterator[tuple[Placed, Placed]]:
    """Each two items that sound and overlap, once with either as the one that might be replaced."""
    audible = [entry for entry in entries if not entry.clip.mute and entry.clip.source.kind != "empty"]
    audible.sort(key=_start)
    for place, entry in enumerate(audible):
        for other in audible[place + 1 :]:
            if other.clip.position_s >= entry.clip.end_s:
                break
            yield entry, other
            yield other, entry


def _start(entry: Placed) -> float:
    return entry.clip.position_s


def _common(one: Clip, other: Clip) -> _Hole:
    return max(one.position_s, other.position_s), min(one.end_s, other.end_s)


def _noted(clip: Clip, unsure: set[str]) -> Clip:
    return replace(clip, notes=(*clip.notes, MIXED_RULES)) if clip.id in unsure else clip


def _with_holes(clip: Clip, holes: list[_Hole]) -> Clip:
    """A mute envelope in take time: silent from each hole's start to its end."""
    if not holes:
        return clip
    points = [EnvelopePoint(0.0, 1.0, _SQUARE)]
    for start_s, end_s in _joined(holes):
        times_s = [(time_s - clip.position_s) * clip.rate for time_s in (start_s, end_s)]
        points += [EnvelopePoint(time_s, value, _SQUARE) for time_s, value in zip(times_s, (0.0, 1.0), strict=True)]
    return replace(clip, automation=(*clip.automation, Automation(MUTE, tuple(points))))


def _joined(holes: list[_Hole]) -> list[_Hole]:
    """Holes in order, those that touch as one."""
    result: list[_Hole] = []
    for start_s, end_s in sorted(holes):
        if result and start_s <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end_s))
        else:
            result.append((start_s, end_s))
    return result
