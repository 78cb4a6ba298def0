"""A new run decides as if an earlier duck had not drawn anything, and replaces what it drew."""

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
    if registry.JOBS[job].hears_ducks:
        return registry.run(job, session, settings, progress)
    drawn = tuple(change for change in before.changes if _is_drawn(change)) if before else ()
    plan = registry.run(job, apply.reverted(session, drawn), settings, progress)
    if job != "duck":
        return plan
    standing = {track.id: {entry.kind: entry.points for entry in track.automation} for track in session.tracks}
    return compose.after_earlier(drawn, plan, standing)


def _is_drawn(change: mixplan.Change) -> bool:
    """Whether a change is an envelope or a marker that a duck made."""
    return isinstance(change, mixplan.Envelope) or (
        isinstance(change, mixplan.Marker) and change.name.startswith(mixplan.DUCK_MARKER)
    )
