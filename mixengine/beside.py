"""Audio that a plan plays, written beside a project that is open in REAPER, which applies the plan itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mixengine import jobs
from mixengine.hosts.staging import Staging
from mixengine.plan import Change, MixPlan, NewClip, NewTake
from mixengine.session import Session


def write_audio(session: Session, plan: MixPlan, progress: Callable[[int, int, str], None]) -> MixPlan:
    """Write the files that ``plan`` plays into the folder of the session's project.

    Returns
    -------
    MixPlan
        The same with whole paths, which REAPER finds also while the project was never saved.
    """
    if not any(isinstance(change, (NewClip, NewTake)) for change in plan.changes):
        return plan
    folder = Path(session.path).absolute().parent
    with Staging(folder) as stage:
        jobs.write_audio(session, plan, stage, progress)
        stage.commit()
    return replace(plan, changes=tuple(_whole(change, folder) for change in plan.changes))


def _whole(change: Change, folder: Path) -> Change:
    if isinstance(change, (NewClip, NewTake)) and not os.path.isabs(change.file):
        return replace(change, file=os.path.join(folder, *change.file.split("/")))
    return change
