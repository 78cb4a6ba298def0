"""A new run ignores the envelopes of an earlier run; the job that draws envelopes replaces its own.

Where an earlier run moved faders, jobs are told how the user had set them (`Track.user_fader_db`).
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from mixengine.jobs import registry
from mixengine.model import apply, compose
from mixengine.model import plan as mixplan
from mixengine.model.plan import MixPlan
from mixengine.model.session import Session
from mixengine.system.progress import Progress


def decide(job: str, session: Session, before: MixPlan | None, settings: Any, progress: Progress) -> MixPlan:
    """Run a job on a session in which the plan ``before`` was applied; its plan fits the session as it stands."""
    about = registry.job(job)
    session = _with_users_faders(session, before)
    if about.hears_envelopes:
        return registry.run(job, session, settings, progress)
    drawn = tuple(change for change in before.changes if _is_drawn(change)) if before else ()
    plan = registry.run(job, apply.reverted(session, drawn), settings, progress)
    if not about.draws_envelopes:
        return plan
    standing = {track.id: {entry.kind: entry.points for entry in track.automation} for track in session.tracks}
    return compose.after_earlier(drawn, plan, standing)


def _with_users_faders(session: Session, before: MixPlan | None) -> Session:
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


def _is_drawn(change: mixplan.Change) -> bool:
    """Whether a change is an envelope, or a marker that goes with it."""
    prefixes = tuple(job.marker for job in registry.every() if job.draws_envelopes and job.marker)
    return isinstance(change, mixplan.Envelope) or (
        isinstance(change, mixplan.Marker) and change.name.startswith(prefixes)
    )
