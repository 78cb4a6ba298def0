"""Which recordings have something in common, from the surest pairs on, until all that can be are linked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mixengine.analysis.alignment import lags
from mixengine.analysis.alignment.follow import follow
from mixengine.analysis.alignment.relation import Relation, relation
from mixengine.analysis.alignment.shortlist import shortlist
from mixengine.analysis.alignment.stretches import Sound
from mixengine.audio.files import UnreadableAudio
from mixengine.jobs.sync.maps import Map
from mixengine.jobs.sync.takes import TakeOf
from mixengine.system.progress import Progress

MIN_SCORE = 9.0
"""Deviations of the median stretch; unrelated recordings have no stretches that agree."""
_MAX_TRIED = 120
_STRETCHES = 40
_SAME_S = 0.001


@dataclass(frozen=True)
class Link:
    """Two recordings by key, and what they have in common; the relation's first is ``first``."""

    first: str
    second: str
    relation: Relation

    def map_from(self, key: str) -> tuple[str, Map]:
        """The other recording, and its time as a function of this one's."""
        between = Map.of(self.relation)
        return (self.second, between) if key == self.first else (self.first, between.inverse())


def links(
    takes: list[TakeOf], sounds: dict[str, Sound], max_offset_s: float, progress: Progress
) -> tuple[list[Link], int]:
    """A forest of links over the recordings, the surest ones; and how many pairs were left without a closer look."""
    by_key = {take.key: take for take in takes if take.key in sounds}
    root = {key: key for key in by_key}

    def find(key: str) -> str:
        while root[key] != key:
            key = root[key]
        return key

    result: list[Link] = []
    tried = left = 0
    for first, second, score in _pairs(by_key, sounds, max_offset_s):
        if find(first) == find(second) or not _may_be_linked(by_key[first], by_key[second]):
            continue
        if tried >= _MAX_TRIED and not score:
            left += 1
            continue
        tried += 1
        progress(tried, _MAX_TRIED, f"comparing {by_key[first].track.name} and {by_key[second].track.name}")
        try:
            common = _common(by_key[first], by_key[second], sounds, max_offset_s)
        except UnreadableAudio:
            continue
        if common is not None:
            root[find(first)] = find(second)
            result.append(Link(first, second, common))
    return result, left


def _may_be_linked(one: TakeOf, other: TakeOf) -> bool:
    """Whether two recordings may tell where they belong: what one file plays at two places was put there by the user,
    as a loop, a double or an echo.
    """
    if one.track.id == other.track.id:
        return False
    return one.path != other.path or abs(one.stands_at_s - other.stands_at_s) <= _SAME_S


def _pairs(takes: dict[str, TakeOf], sounds: dict[str, Sound], max_offset_s: float) -> Iterator[tuple[str, str, float]]:
    """Pairs from the surest on, then those whose fingerprints say nothing: leaks are softer than what they show."""
    listed = shortlist({key: sounds[key].print for key in takes}, max_offset_s)
    scores = {pair: sum(fit.score for fit in fits) / (1 + len(fits)) for pair, fits in listed.items()}
    for first, second in sorted(scores, key=lambda pair: -scores[pair]):
        yield first, second, scores[first, second]
    keys = list(takes)
    for at, first in enumerate(keys):
        for second in keys[at + 1 :]:
            if (first, second) not in scores:
                yield first, second, 0.0


def _common(first: TakeOf, second: TakeOf, sounds: dict[str, Sound], max_offset_s: float) -> Relation | None:
    one, other = sounds[first.key], sounds[second.key]
    stamped = _stamped_s(first, second)
    around = (stamped,) if stamped is not None and abs(stamped) > lags.MAX_LAG_S else ()
    followed = follow(one, other, max_offset_s=max_offset_s, around_s=around, count=_STRETCHES)
    if followed is None or followed.score < MIN_SCORE:
        return None
    return relation(followed)


def _stamped_s(first: TakeOf, second: TakeOf) -> float | None:
    """How much later the second stands than time stamps say; ``None`` where one has none."""
    one, other = first.clock_s(), second.clock_s()
    if one is None or other is None:
        return None
    return (second.stands_at_s - other) - (first.stands_at_s - one)
