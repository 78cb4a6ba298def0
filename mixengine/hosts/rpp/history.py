"""What a project remembers of mixengine: the plan that was applied, from the first run to the last, and chosen roles.

Standard library only.
"""

from __future__ import annotations

import json
from dataclasses import replace

from mixengine.hosts.rpp import extstate
from mixengine.hosts.rpp.syntax import Block
from mixengine.model import compose
from mixengine.model import plan as mixplan
from mixengine.model.details import Stored
from mixengine.model.plan import MixPlan
from mixengine.system.errors import UserError


def plan_in(root: Block | None) -> MixPlan | None:
    """The plan that a project remembers, if any."""
    text = extstate.read(root, "PLAN") if root is not None else None
    try:
        return mixplan.from_json(text) if text else None
    except UserError:
        return None


def after_undo(before: MixPlan | None, reverse: MixPlan) -> MixPlan | None:
    """What a project shall remember after ``reverse`` took a plan back: what other jobs changed, if anything."""
    if before is None:
        return None
    left = compose.merge(before, reverse).changes
    others = tuple(change for change in left if change not in reverse.changes)
    return replace(before, changes=others) if others else None


def ext_state(before: MixPlan | None, plan: MixPlan | None) -> dict[str, str | None]:
    """What the project shall remember after ``plan`` followed ``before``; after ``None`` nothing was ever done."""
    if plan is None:
        return {"PLAN": None}
    values: dict[str, str | None] = {
        "PLAN": replace(compose.merge(before, plan), details=Stored(), notes=()).to_json(),
    }
    if roles := plan.details.chosen_roles():
        values["ROLES"] = json.dumps(roles)
    return values
