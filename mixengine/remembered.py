"""What a project remembers of mixengine: the plan that was applied, from the first run to the last, and chosen roles.

A new run decides as if an earlier duck had not drawn anything, and replaces what it drew. Standard library only.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mixengine import applied, jobs, merging
from mixengine import plan as mixplan
from mixengine.errors import UserError
from mixengine.hosts.rpp import extstate
from mixengine.hosts.rpp.syntax import Block
from mixengine.plan import MixPlan
from mixengine.session import Session

Progress = Callable[[int, int, str], None]


def plan_in(root: Block | None) -> MixPlan | None:
    """The plan that a project remembers, if any."""
    text = extstate.read(root, "PLAN") if root is not None else None
    try:
        return mixplan.from_json(text) if text else None
    except UserError:
        return None


def decide(job: str, session: Session, before: MixPlan | None, settings: Any, progress: Progress) -> MixPlan:
    """Run a job on a session in which the plan ``before`` was applied; its plan fits the session as it stands."""
    if jobs.JOBS[job].hears_ducks:
        return jobs.run(job, session, settings, progress)
    drawn = tuple(change for change in before.changes if _is_drawn(change)) if before else ()
    plan = jobs.run(job, applied.reverted(session, drawn), settings, progress)
    if job != "duck":
        return plan
    standing = {track.id: {entry.kind: entry.points for entry in track.automation} for track in session.tracks}
    return merging.after_earlier(drawn, plan, standing)


def _is_drawn(change: mixplan.Change) -> bool:
    """Whether a change is an envelope or a marker that a duck made."""
    return isinstance(change, mixplan.Envelope) or (
        isinstance(change, mixplan.Marker) and change.name.startswith(mixplan.DUCK_MARKER)
    )


def after_undo(before: MixPlan | None, reverse: MixPlan) -> MixPlan | None:
    """What a project shall remember after ``reverse`` took a plan back: what other jobs changed, if anything."""
    if before is None:
        return None
    left = merging.merge(before, reverse).changes
    others = tuple(change for change in left if change not in reverse.changes)
    return replace(before, changes=others) if others else None


def ext_state(before: MixPlan | None, plan: MixPlan | None) -> dict[str, str | None]:
    """What the project shall remember after ``plan`` followed ``before``; after ``None`` nothing was ever done."""
    if plan is None:
        return {"PLAN": None}
    values: dict[str, str | None] = {
        "PLAN": replace(merging.merge(before, plan), details={}, notes=()).to_json(),
    }
    if roles := plan.details.get("roles"):
        values["ROLES"] = json.dumps(roles)
    return values
