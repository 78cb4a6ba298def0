"""What of an earlier run a new one may replace: what was drawn on the tracks that it may change.

The rest stands: it is heard, it stays in the project's memory, and nothing is drawn over it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from mixengine.jobs.job import Job
from mixengine.model import selection
from mixengine.model.plan import Change, Envelope, Marker
from mixengine.model.session import Session, Track

_UNDER = "its folder '{}' keeps the envelope of an earlier run, as not all in it may be changed: left alone"


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
    """Whether a change of an earlier run concerns only tracks that may be changed.

    An envelope concerns the tracks that sound through it, a marker those of which it speaks; one of an earlier version
    does not say it, and goes with any.
    """
    if isinstance(change, Marker):
        return not change.tracks or not scope.isdisjoint(change.tracks)
    track = next((track for track in session.tracks if track.id == getattr(change, "track", None)), None)
    if track is None or track.locked:
        return False
    sounding = [other.id for other in _inside(session, track) if other.audio_clips]
    return scope.issuperset(sounding or [track.id])


def keeping(session: Session, standing: Iterable[Change]) -> Session:
    """The session whose tracks know that they sound through an envelope of the same job that stays (`Track.kept`)."""
    why: dict[str, str] = {}
    for change in standing:
        folder = next((t for t in session.tracks if isinstance(change, Envelope) and t.id == change.track), None)
        if folder is not None:
            why |= {t.id: _UNDER.format(folder.name) for t in _inside(session, folder) if t is not folder}
    return replace(session, tracks=tuple(replace(t, kept=why.get(t.id, t.kept)) for t in session.tracks))


def _inside(session: Session, track: Track) -> list[Track]:
    """A track, and what lies in it where it is a folder."""
    return [other for other in session.tracks if track.id in (other.id, *(t.id for t in session.ancestors(other)))]
