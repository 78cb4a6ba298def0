"""A new run ignores the envelopes of earlier runs, but for those that are part of a track's level (`Job.draws_level`);
a job that draws envelopes ignores and replaces only its own.

Of its own it replaces those of the tracks that it may change (`mixengine.app.scope`); the others stand and are heard.

Where an earlier run moved faders, jobs are told how the user had set them (`Track.user_fader_db`).
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from mixengine.app import scope
from mixengine.jobs import registry
from mixengine.jobs.job import Job
from mixengine.model import apply, compose
from mixengine.model import plan as mixplan
from mixengine.model.plan import MixPlan
from mixengine.model.session import Session
from mixengine.system.progress import Progress


def decide(job: str, session: Session, before: MixPlan | None, settings: Any, progress: Progress) -> MixPlan:
    """Run a job on a session in which the plan ``before`` was applied; its plan fits the session as it stands."""
    about = registry.job(job)
    session = with_users_faders(session, before)
    if about.hears_envelopes:
        return registry.run(job, session, settings, progress)
    drawn = tuple(change for change in before.changes if _is_drawn(change, unheard_drawers(about))) if before else ()
    if not about.draws_envelopes:
        return registry.run(job, apply.reverted(session, drawn), settings, progress)
    may_change = scope.of(about, session, settings)
    envelopes = [change for change in drawn if not isinstance(change, mixplan.Marker)]
    taken = [change for change in envelopes if scope.may_replace(change, session, may_change)]
    scattered = scope.scattered(taken, session)
    taken = [change for change in taken if mixplan.track_of(change) not in scattered]
    kept = scope.keeping(session, [change for change in envelopes if change not in taken], scattered)
    # a marker goes with the envelopes of which it speaks
    replaced = tuple(change for change in drawn if change in taken or scope.is_marker_of(change, kept, may_change))
    plan = registry.run(job, apply.reverted(kept, replaced), settings, progress)
    lines = [f"{session.track(track_id).name}: {why}" for track_id, why in scattered.items()]
    plan = replace(plan, notes=(*plan.notes, *(line for line in lines if line not in plan.notes)))
    standing = {track.id: {entry.kind: entry.points for entry in track.automation} for track in session.tracks}
    return compose.after_earlier(replaced, plan, standing)


def unheard_drawers(job: Job) -> set[str]:
    """The jobs whose envelopes a job does not hear: its own; where it draws none, those that hold for moments."""
    if job.hears_envelopes:
        return set()
    return {job.name} if job.draws_envelopes else {each.name for each in registry.every() if not each.draws_level}


def with_users_faders(session: Session, before: MixPlan | None) -> Session:
    """The session whose tracks know their faders before ``before``; what the user moved since then is added to that."""
    moved = {change.track: change for change in before.changes if isinstance(change, mixplan.Fader)} if before else {}

    def user_fader_db(fader_db: float, change: mixplan.Fader) -> float | None:
        value = change.before + (fader_db - change.after)
        return value if math.isfinite(value) else None

    tracks = (
        replace(track, user_fader_db=user_fader_db(track.fader_db, moved[track.id])) if track.id in moved else track
        for track in session.tracks
    )
    return replace(session, tracks=tuple(tracks)) if moved else session


def _is_drawn(change: mixplan.Change, drawers: set[str]) -> bool:
    """Whether a change is an envelope that one of these jobs drew, or a marker that goes with it."""
    prefixes = tuple(job.marker for job in registry.every() if job.name in drawers and job.marker)
    if isinstance(change, mixplan.Envelope):
        return change.drawn_by in drawers
    return isinstance(change, mixplan.Marker) and bool(prefixes) and change.name.startswith(prefixes)
