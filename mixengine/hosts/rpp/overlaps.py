"""Items of a track that lie over each other, by the project's ``ITEMMIX``.

0 (REAPER's default): an item that lies within another one replaces it there; 1: all mix; 2: a later item replaces the
earlier one where they overlap. What is replaced is silent: the clip gets a mute envelope with the holes. Muted and
empty items replace nothing. An item's own ``MIXFLAG`` is not read, and a track whose items are placed freely or in
lanes mixes all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from mixengine.hosts.rpp.syntax import Block
from mixengine.model.session import MUTE, Automation, Clip, EnvelopePoint

_SQUARE = 1
_Hole = tuple[float, float]


def _enclosed(outer: Clip, inner: Clip) -> _Hole | None:
    starts, ends = inner.position_s - outer.position_s, outer.end_s - inner.end_s
    within = starts >= 0.0 and ends >= 0.0 and (starts > 0.0 or ends > 0.0)
    return (inner.position_s, inner.end_s) if within else None


def _later(outer: Clip, inner: Clip) -> _Hole | None:
    overlaps = outer.position_s < inner.position_s < outer.end_s
    return (inner.position_s, min(inner.end_s, outer.end_s)) if overlaps else None


_RULES: Mapping[int, Callable[[Clip, Clip], _Hole | None]] = MappingProxyType({0: _enclosed, 2: _later})
"""``ITEMMIX`` → the part of a clip, if any, that another one replaces."""


def replaced(clips: tuple[Clip, ...], root: Block, track: Block) -> tuple[Clip, ...]:
    """The clips of a track with holes where others replace them."""
    mix, free = root.line("ITEMMIX"), track.line("FREEMODE")
    rule = _RULES.get(mix.integer(1, 1)) if mix else None
    if rule is None or (free is not None and free.integer(1)):
        return clips
    order = sorted((clip for clip in clips if not clip.mute and clip.source.kind != "empty"), key=_start)
    holes: dict[str, list[_Hole]] = {}
    for place, clip in enumerate(order):
        for other in _touching(order, place):
            if hole := rule(clip, other):
                holes.setdefault(clip.id, []).append(hole)
    return tuple(_with_holes(clip, holes[clip.id]) if clip.id in holes else clip for clip in clips)


def _start(clip: Clip) -> float:
    return clip.position_s


def _touching(order: list[Clip], place: int) -> Iterable[Clip]:
    """The clips that begin while one sounds, among those in order of their starts; and those that begin with it."""
    clip = order[place]
    first = place
    while first and order[first - 1].position_s == clip.position_s:
        first -= 1
    for at in range(first, len(order)):
        if order[at].position_s >= clip.end_s:
            return
        if at != place:
            yield order[at]


def _with_holes(clip: Clip, holes: list[_Hole]) -> Clip:
    """A mute envelope in take time: silent from each hole's start to its end."""
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
