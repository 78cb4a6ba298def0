"""Plans that an earlier command wrote."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mixengine.model import plan as mixplan
from mixengine.model.plan import MixPlan
from mixengine.system.errors import UserError

if TYPE_CHECKING:
    from mixengine.system.staging import Staging

NAME = "plan.json"


def load(path: Path) -> MixPlan:
    """Read a plan; `UserError` when the file cannot be read or holds none."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    return mixplan.from_json(text, where=str(path))


def as_text(plan: MixPlan) -> str:
    """A plan as its file: with the whole path of its session, by which that is known in any folder."""
    return (replace(plan, source=os.path.abspath(plan.source)) if os.path.exists(plan.source) else plan).to_json()


def keep_other(stage: Staging, name: str, plan: MixPlan) -> None:
    """Let a staging keep the plan that stands at ``name`` where it takes back another job or session than ``plan``."""
    try:
        there = load(stage.folder / name)
    except UserError:  # none, or no plan of ours
        return
    if (there.job, os.path.abspath(there.source)) != (plan.job, os.path.abspath(plan.source)):
        stage.keep(name, f"it takes back {there.job} of {there.source}")
