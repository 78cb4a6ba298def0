"""A new run ignores the envelopes of an earlier run; the job that draws envelopes replaces its own."""

from __future__ import annotations

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
    if about.hears_envelopes:
        return registry.run(job, session, settings, progress)
    drawn = tuple(change for change in before.changes if _is_drawn(change)) if before else ()
    plan = registry.run(job, apply.reverted(session, drawn), settings, progress)
    if not about.draws_envelopes:
        return plan
    standing = {track.id: {entry.kind: entry.points for entry in track.automation} for track in session.tracks}
    return compose.after_earlier(drawn, plan, standing)


def _is_drawn(change: mixplan.Change) -> bool:
    """Whether a change is an envelope, or a marker that goes with it."""
    prefixes = tuple(job.marker for job in registry.every() if job.draws_envelopes and job.marker)
    return isinstance(change, mixplan.Envelope) or (
        isinstance(change, mixplan.Marker) and change.name.startswith(prefixes)
    )
