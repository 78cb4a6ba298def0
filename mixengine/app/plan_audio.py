"""Audio that a plan plays, written beside a project that is open in REAPER, which applies the plan itself."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from mixengine.jobs import registry
from mixengine.model.plan import Change, MixPlan, NewClip, NewTake
from mixengine.model.session import Session
from mixengine.system.staging import Staging

OWN_FOLDER = "mixengine"
"""Where the jobs put what they make, beside the project."""


def write_audio(
    session: Session, plan: MixPlan, progress: Callable[[int, int, str], None]
) -> tuple[MixPlan, list[Path]]:
    """Write the files that ``plan`` plays into the folder of the session's project.

    Returns
    -------
    MixPlan
        The same with whole paths, which REAPER finds also while the project was never saved.
    list of Path
        The files that were not there before: `discard` takes them away when the plan is not applied.
    """
    if not any(isinstance(change, (NewClip, NewTake)) for change in plan.changes):
        return plan, []
    folder = Path(session.path).absolute().parent
    with Staging(folder) as stage:
        registry.write_audio(session, plan, stage, progress)
        made = stage.commit()
    return replace(plan, changes=tuple(_whole(change, folder) for change in plan.changes)), made


def discard(made: Iterable[Path]) -> None:
    """Remove files that `write_audio` made, and the folders below the project's that are empty then."""
    for path in made:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
            for folder in path.parents:
                folder.rmdir()  # refused, and the end of it, when something is inside
                if folder.name == OWN_FOLDER:
                    break


def _whole(change: Change, folder: Path) -> Change:
    if isinstance(change, (NewClip, NewTake)) and not os.path.isabs(change.file):
        return replace(change, file=os.path.join(folder, *change.file.split("/")))
    return change
