"""What of an earlier run a new one may replace: what was drawn on the tracks that it may change.

The rest stands: it is heard, it stays in the project's memory, and nothing is drawn over it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from mixengine.jobs.job import Job
from mixengine.model import moved, selection
from mixengine.model.plan import Change, Envelope, Marker
from mixengine.model.session import Session, Track

_UNDER = "its folder '{}' keeps the envelope of an earlier run: left alone"
_AROUND = "'{}' in it keeps the envelope of an earlier run: left alone"
_SCATTERED = "points of its {} envelope that {} drew were moved apart: left alone; delete them to have new ones"


def of(job: Job, session: Session, settings: Any) -> set[str]:
    """Ids of the tracks that a run with these settings may change.

    Raises
    ------
    UserError
        A name fits no track.
    """
    names = getattr(settings, job.changes_only) if job.changes_only else ()
    named = {selection.find(session, name).id for name in names} or {track.id for track in session.tracks}
    only_selected = getattr(settings, "selected_only", False)
    return {track.id for track in session.tracks if track.id in named and (track.selected or not only_selected)}


def may_replace(change: Change, session: Session, scope: set[str]) -> bool:
    """Whether an envelope of an earlier run concerns only tracks that may be changed: those that sound through it."""
    track = next((track for track in session.tracks if track.id == getattr(change, "track", None)), None)
    if track is None or track.locked:
        return False
    sounding = [other.id for other in _inside(session, track) if other.audio_clips]
    return scope.issuperset(sounding or [track.id])


def is_marker_of(change: Change, session: Session, scope: set[str]) -> bool:
    """Whether a change is a marker that speaks of a track that may be changed and is (`Track.kept`), or of none that
    is left. One of an earlier version does not say of which, and goes with any.
    """
    if not isinstance(change, Marker):
        return False
    tracks = [track for track in session.tracks if track.id in change.tracks]
    return not tracks or any(track.id in scope and not (track.locked or track.kept) for track in tracks)


def scattered(drawn: Iterable[Change], session: Session) -> dict[str, str]:
    """Id of each track on which points that an earlier run drew were moved apart → why nothing more is drawn there."""
    return {
        change.track: _SCATTERED.format(change.envelope.replace("_", " "), change.drawn_by)
        for change in drawn
        if isinstance(change, Envelope) and moved.is_scattered(change, moved.points_in(session, change))
    }


def keeping(session: Session, standing: Iterable[Change], scattered: dict[str, str]) -> Session:
    """The session whose tracks know why nothing is drawn on them (`Track.kept`).

    That is where they sound through an envelope of the same job that stays: their own that is ``scattered``, or that of
    a folder around them. Nor is a folder drawn on around the former.
    """
    why: dict[str, str] = {}
    drawn_on = {
        change.track
        for change in standing
        if isinstance(change, Envelope) and moved.stands(change, moved.points_in(session, change))
    }
    for track in session.tracks:
        if track.id in drawn_on:
            why |= {other.id: _UNDER.format(track.name) for other in _inside(session, track) if other is not track}
        if track.id in scattered:
            why |= {folder.id: _AROUND.format(track.name) for folder in session.ancestors(track)}
    why |= scattered
    return replace(session, tracks=tuple(replace(t, kept=why.get(t.id, t.kept)) for t in session.tracks))


def _inside(session: Session, track: Track) -> list[Track]:
    """A track, and what lies in it where it is a folder."""
    return [other for other in session.tracks if track.id in (other.id, *(t.id for t in session.ancestors(other)))]
