"""From the time of a recording to where its items belong: moved, played slower or faster, cut at pauses."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from mixengine.analysis.alignment.stretches import Sound
from mixengine.hosts.rpp.new import guid
from mixengine.jobs.sync.maps import MAX_SLOPE, Map
from mixengine.model.changes import Change, MoveClip, Place, SplitClip
from mixengine.model.session import Clip, Track

MIN_MOVE_S = 0.001
"""Smaller offsets are 30 cm of air."""
MIN_DRIFT_S = 0.0005
"""Where a drift moves an item by less over its length, it is moved only."""
_PAUSE_S, _REACH_S, _RATE = 0.05, 3.0, 8000
_MIN_PART_S = 1.0


@dataclass(frozen=True)
class Part:
    """A stretch of own time and where it belongs: from ``common_s`` on, at ``slope`` own per common second."""

    start_s: float
    end_s: float
    common_s: float
    slope: float


def parts_of(between: Map, start_s: float, end_s: float, drift: bool, whole_s: tuple[float, float]) -> list[Part]:
    """The stretches of own time that are straight, over ``start_s`` … ``end_s``.

    ``whole_s``: over what its clips move alike where play rates stay, that none comes away from the one beside it.
    """
    inverse = between.inverse()
    if not drift or len(between.common_s) <= 2:
        first_s, last_s = whole_s
        middle_s = 0.5 * (first_s + last_s)
        slope = float(between.slopes[0]) if drift and len(between.common_s) == 2 else 1.0
        if abs(slope - 1.0) * (last_s - first_s) < MIN_DRIFT_S:
            slope = 1.0
        common_s = float(inverse.at(middle_s)) - (middle_s - start_s) / slope
        return [Part(start_s, end_s, common_s, slope)]
    bends = [float(t) for t in between.own_s[1:-1] if start_s + _MIN_PART_S < t < end_s - _MIN_PART_S]
    slopes = between.slopes
    jumps = np.flatnonzero(np.abs(slopes - 1.0) > MAX_SLOPE)
    # a jump lies between two stretches: one cut in the middle, and both sides go on as they were
    for at in jumps:
        low, high = between.own_s[at], between.own_s[at + 1]
        bends = [t for t in bends if not low <= t <= high]
        if start_s + _MIN_PART_S < (middle := float(low + high) / 2.0) < end_s - _MIN_PART_S:
            bends.append(middle)
    edges = [start_s, *sorted(bends), end_s]
    return [_part(between, a, b) for a, b in itertools.pairwise(edges)]


def _part(between: Map, start_s: float, end_s: float) -> Part:
    """The straight piece that covers most of a stretch, as if it went on over all of it."""
    slopes, own, common = between.slopes, between.own_s, between.common_s
    covered = np.minimum(own[1:], end_s) - np.maximum(own[:-1], start_s)
    covered[np.abs(slopes - 1.0) > MAX_SLOPE] = -np.inf
    at = int(np.argmax(covered))
    slope = float(slopes[at])
    return Part(start_s, end_s, float(common[at]) + (start_s - float(own[at])) / slope, slope)


def changes_of(
    clips: tuple[Clip, ...],
    track: Track,
    between: Map,
    sound: Sound,
    drift: bool,
    reason: str,
    smallest_s: float = MIN_MOVE_S,
) -> list[Change]:
    """What brings the clips of a recording where they belong; nothing where all are there already."""
    whole_s = min(clip.position_s for clip in clips), max(clip.end_s for clip in clips)
    runs_s = {} if drift else _runs(clips)
    parts = [
        _at_pauses(parts_of(between, clip.position_s, clip.end_s, drift, runs_s.get(clip.id, whole_s)), between, sound)
        for clip in clips
    ]
    if all(len(own) == 1 and _is_there(own[0], smallest_s) for own in parts):
        return []
    return [change for clip, own in zip(clips, parts, strict=True) for change in _moved(clip, track, own, reason)]


def _runs(clips: tuple[Clip, ...]) -> dict[str, tuple[float, float]]:
    """Id of each clip → the span of those that touch it: without rates a drift opens gaps only where gaps are."""
    result: dict[str, tuple[float, float]] = {}
    run: list[Clip] = []
    for clip in sorted(clips, key=lambda clip: clip.position_s):
        if run and clip.position_s - max(each.end_s for each in run) > MIN_MOVE_S:
            run = []
        run.append(clip)
        span_s = run[0].position_s, max(each.end_s for each in run)
        result.update({each.id: span_s for each in run})
    return result


def _moved(clip: Clip, track: Track, parts: list[Part], reason: str) -> list[Change]:
    changes: list[Change] = []
    ids = [clip.id, *(guid("part", clip.id, f"{part.start_s:.6f}") for part in parts[1:])]
    for (whole, part_id), part in zip(itertools.pairwise(ids), parts[1:], strict=True):
        changes.append(SplitClip(track.id, whole, part_id, part.start_s, reason=reason))
    for at, (part_id, part) in enumerate(zip(ids, parts, strict=True)):
        length_s = part.end_s - part.start_s
        new_s = length_s / part.slope
        if at + 1 < len(parts):
            new_s = min(new_s, max(parts[at + 1].common_s - part.common_s, _PAUSE_S))
        before, after = Place(part.start_s, length_s, clip.rate), Place(part.common_s, new_s, clip.rate * part.slope)
        changes.append(MoveClip(track.id, part_id, before, after, reason=reason))
    return changes


def _is_there(part: Part, smallest_s: float) -> bool:
    length_s = part.end_s - part.start_s
    begin_off_s = part.common_s - part.start_s
    end_off_s = begin_off_s + length_s / part.slope - length_s
    return max(abs(begin_off_s), abs(end_off_s)) < smallest_s


def _at_pauses(parts: list[Part], between: Map, sound: Sound) -> list[Part]:
    """The same with its cuts at the quietest places near them."""
    edges = [part.start_s for part in parts] + [parts[-1].end_s]
    if len(edges) == 2:
        return parts
    for at in range(1, len(edges) - 1):
        reach_s = min(_REACH_S, (edges[at] - edges[at - 1]) / 3.0, (edges[at + 1] - edges[at]) / 3.0)
        edges[at] = _quietest_s(sound, edges[at] - reach_s, edges[at] + reach_s)
    return [_part(between, a, b) for a, b in itertools.pairwise(edges)]


def _quietest_s(sound: Sound, start_s: float, end_s: float) -> float:
    """The middle of the quietest `_PAUSE_S` of a stretch."""
    samples = sound.recording.excerpt(start_s, end_s, _RATE)
    size = round(_PAUSE_S * _RATE)
    sums = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    powers = sums[size:] - sums[:-size]
    return start_s + (int(np.argmin(powers)) + size / 2.0) / _RATE if len(powers) else 0.5 * (start_s + end_s)
