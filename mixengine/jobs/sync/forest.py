"""The recording that stays in each group of linked ones, and the time of all others in its time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from mixengine.jobs.sync.links import Link
from mixengine.jobs.sync.maps import Map
from mixengine.jobs.sync.takes import TakeOf

TOGETHER_S = 0.03
"""Recordings that begin and end together and are this near are microphones of one recorder, 10 m apart at most."""
_SAME_SPAN_S = 0.002
_SAME_DRIFT = 2e-6


@dataclass
class Forest:
    """Linked recordings.

    Attributes
    ----------
    maps : dict of str to Map
        Key → its time as a function of the time of the one that stays; only linked ones.
    reference_of : dict of str to str
        Key → key of the one that stays.
    parent_of : dict of str to (str, Link)
        Key → the recording through which it is linked.
    together : dict of str to str
        Key → key of a recording of the same recorder, with which it stays or moves.
    """

    maps: dict[str, Map] = field(default_factory=dict)
    reference_of: dict[str, str] = field(default_factory=dict)
    parent_of: dict[str, tuple[str, Link]] = field(default_factory=dict)
    together: dict[str, str] = field(default_factory=dict)


def forest(takes: list[TakeOf], links: list[Link], to: str | None) -> Forest:
    """Decide what stays, and follow the links from there.

    Parameters
    ----------
    to : str, optional
        Id of the track that stays where it is linked to anything.
    """
    result = Forest()
    near: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        near[link.first].append(link)
        near[link.second].append(link)
    by_key = {take.key: take for take in takes}
    seen: set[str] = set()
    for take in takes:
        if take.key in seen or take.key not in near:
            continue
        group = _walk(take.key, near)
        seen |= set(group)
        reference = _reference([by_key[key] for key in group], near, to)
        for key, (between, parent) in _walk(reference, near).items():
            result.maps[key], result.reference_of[key] = between, reference
            if parent is not None:
                result.parent_of[key] = parent
    _join(result, takes)
    return result


def _walk(start: str, near: dict[str, list[Link]]) -> dict[str, tuple[Map, tuple[str, Link] | None]]:
    """All that can be reached, with its time as a function of the start's, and through which it was."""
    reached: dict[str, tuple[Map, tuple[str, Link] | None]] = {start: (Map.identity(), None)}
    waiting = [start]
    while waiting:
        key = waiting.pop(0)
        for link in near[key]:
            other, between = link.map_from(key)
            if other not in reached:
                reached[other] = between.after(reached[key][0]), (key, link)
                waiting.append(other)
    return reached


def _reference(group: list[TakeOf], near: dict[str, list[Link]], to: str | None) -> str:
    chosen = [take for take in group if take.track.id == to]
    if chosen:
        return max(chosen, key=lambda take: take.span_s[1] - take.span_s[0]).key

    def starts_too_early(take: TakeOf) -> bool:
        """Whether another one would have to begin before the session does."""
        maps = _walk(take.key, near)
        return any(float(maps[other.key][0].inverse().at(other.span_s[0])) < 0.0 for other in group)

    order = {take.key: number for number, take in enumerate(group)}
    return min(
        group,
        key=lambda take: (
            not take.locked,
            starts_too_early(take),
            -len(near[take.key]),
            -round(take.span_s[1] - take.span_s[0], 1),
            order[take.key],
        ),
    ).key


def _join(result: Forest, takes: list[TakeOf]) -> None:
    """Recordings of one recorder move as one: by the one that stays, else by the first that is linked."""
    groups: list[list[TakeOf]] = []
    for take in (take for take in takes if take.key in result.maps):
        fitting = (group for group in groups if _may_join(group, take, result))
        group = next(fitting, None)
        if group is None:
            groups.append([take])
        else:
            group.append(take)
    for take in (take for take in takes if take.key not in result.maps):
        # what shares no sound goes with what was recorded with it, where there is no doubt which that is
        alike = [group for group in groups if _one_recorder(group[0], take)]
        sure = len(alike) == 1 and (len(alike[0]) > 1 or alike[0][0].path == take.path)
        if sure and all(each.track.id != take.track.id for each in alike[0]):
            alike[0].append(take)
    for group in groups:
        linked = [take for take in group if take.key in result.maps]
        if len(group) < 2 or not linked:
            continue
        stays = [take for take in linked if result.reference_of[take.key] == take.key]
        leader = (stays or linked)[0]
        for take in group:
            if take is not leader:
                result.together[take.key] = leader.key
                result.maps[take.key] = result.maps[leader.key]
                result.reference_of[take.key] = result.reference_of[leader.key]


def _one_recorder(one: TakeOf, other: TakeOf) -> bool:
    """Whether two recordings begin and end together, as they stand or as their files do where items were trimmed."""
    return _same_span(one.span_s, other.span_s) or _same_span(one.file_span_s, other.file_span_s)


def _same_span(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) <= _SAME_SPAN_S


def _may_join(group: list[TakeOf], take: TakeOf, result: Forest) -> bool:
    """Whether a recording begins and ends with a group, as near to it as microphones of one recorder are."""
    one = group[0]
    if not _one_recorder(one, take) or any(each.track.id == take.track.id for each in group):
        return False
    if result.reference_of[one.key] != result.reference_of[take.key]:
        return False
    first, second = result.maps[one.key], result.maps[take.key]
    begin_s, end_s = one.span_s
    apart = [float(second.at(first.inverse().at(time_s))) - time_s for time_s in (begin_s, end_s)]
    steady = abs(apart[1] - apart[0]) <= max(_SAME_DRIFT * (end_s - begin_s), 0.0005)
    return steady and max(map(abs, apart)) <= TOGETHER_S
