"""Items that lie over others of their track once all are moved, and did not before."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath

from mixengine.jobs.sync.details import Overlap
from mixengine.model.apply import applied
from mixengine.model.changes import Change, SplitClip
from mixengine.model.session import Clip, Session, Track
from mixengine.model.words import name_list

_MIN_LONGER_S = 0.001
"""Less is no more than the rounding of places."""


def overlaps(session: Session, changes: Iterable[Change]) -> tuple[Overlap, ...]:
    """Items of which more lies over another one after the changes than before, in mixer order."""
    changes = list(changes)
    cut = applied(session, [change for change in changes if isinstance(change, SplitClip)])
    touched = {getattr(change, "track", None) for change in changes}
    after = {track.id: track for track in applied(session, changes).tracks}
    result: list[Overlap] = []
    for track in cut.tracks:
        if track.id not in touched:
            continue
        before_s = {ids: length_s for ids, (_, _, length_s) in _pairs(track).items()}
        for ids, (first, second, length_s) in _pairs(after[track.id]).items():
            if length_s > before_s.get(ids, 0.0) + _MIN_LONGER_S:
                at_s = max(first.position_s, second.position_s)
                result.append(Overlap(track.id, track.name, _name(first), _name(second), at_s, length_s))
    return tuple(result)


def _pairs(track: Track) -> dict[frozenset[str], tuple[Clip, Clip, float]]:
    """Items that lie over each other: ids → the earlier, the later, for how many seconds; muted ones do not sound."""
    clips = sorted((clip for clip in track.clips if not clip.mute), key=lambda clip: (clip.position_s, clip.end_s))
    result = {}
    for number, first in enumerate(clips):
        for second in clips[number + 1 :]:
            if second.position_s >= first.end_s:
                break
            result[frozenset((first.id, second.id))] = first, second, min(first.end_s, second.end_s) - second.position_s
    return result


def _name(clip: Clip) -> str:
    return clip.name or PurePath(clip.source.path).name


def lines(overlaps: Iterable[Overlap]) -> list[str]:
    """A note for each track."""
    by_track: dict[str, list[Overlap]] = {}
    for each in overlaps:
        by_track.setdefault(each.track, []).append(each)
    return [
        f"{own[0].name}: items lie over others now (REAPER mixes or hides them as the track is set): "
        + name_list([f"'{o.item}' and '{o.other}' by {_duration(o.length_s)} at {o.at_s:.2f} s" for o in own])
        for own in by_track.values()
    ]


def _duration(seconds: float) -> str:
    return f"{1000.0 * seconds:.1f} ms" if seconds < 1.0 else f"{seconds:.3f} s"
