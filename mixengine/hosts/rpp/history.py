"""What a project stores about earlier runs of mixengine: all applied changes as one plan, and roles chosen by the user.

Standard library only.
"""

from __future__ import annotations

import json
from dataclasses import replace

from mixengine.hosts.rpp import envelopes, extstate
from mixengine.hosts.rpp.extstate import Memory
from mixengine.hosts.rpp.project import Project, read_markers
from mixengine.hosts.rpp.syntax import Block
from mixengine.model import compose, moved
from mixengine.model import plan as mixplan
from mixengine.model.details import Stored
from mixengine.model.plan import Envelope, MixPlan
from mixengine.model.session import EnvelopePoint
from mixengine.system.errors import UserError


def stored_plan(root: Block | None) -> MixPlan | None:
    """The plan stored in a project, if any."""
    text = extstate.read(root, "PLAN") if root is not None else None
    try:
        return mixplan.from_json(text) if text else None
    except UserError:
        return None


def earlier_plan(project: Project) -> MixPlan | None:
    """The stored plan, its envelopes and markers where they stand now."""
    plan = stored_plan(project.root)

    def points_of(change: Envelope) -> tuple[EnvelopePoint, ...]:
        track = project.tracks.get(change.track)
        block = track.first(envelopes.TRACK_BLOCKS.get(change.envelope, "")) if track else None
        return envelopes.read(block, change.envelope).points if block else ()

    return moved.followed(plan, points_of, read_markers(project.root)) if plan else None


def plan_after_undo(before: MixPlan | None, reverse: MixPlan) -> MixPlan | None:
    """The plan to store after ``reverse`` reverted one: the changes of other jobs, if any."""
    if before is None:
        return None
    remaining = compose.merge(before, reverse).changes
    others = tuple(change for change in remaining if change not in reverse.changes)
    return replace(before, changes=others) if others else None


def after(before: MixPlan | None) -> Memory:
    """What to store after a plan followed ``before``: only what of it was carried out is remembered."""
    return lambda carried_out: ext_state(before, carried_out)


def after_undo(before: MixPlan | None) -> Memory:
    """What to store after a plan reverted one: what could not be taken back is remembered."""
    return lambda carried_out: ext_state(None, plan_after_undo(before, carried_out))


def ext_state(before: MixPlan | None, plan: MixPlan | None) -> dict[str, str | None]:
    """The values to store after ``plan`` followed ``before``; ``None`` clears the stored plan."""
    if plan is None:
        return {"PLAN": None}
    values: dict[str, str | None] = {
        "PLAN": replace(compose.merge(before, plan), details=Stored(), notes=()).to_json(),
    }
    if roles := plan.details.chosen_roles():
        values["ROLES"] = json.dumps(roles)
    return values
