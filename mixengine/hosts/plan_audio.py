"""Audio that a plan plays, written beside a project that is open in REAPER before the plan is carried out there."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from mixengine.model.plan import Change, MixPlan, NewClip, NewTake
from mixengine.system.staging import Staging

OWN_FOLDER = "mixengine"
"""Where the jobs put the audio that they make, beside the project."""


def write_beside(project: Path, plan: MixPlan, write: Callable[[Staging], None] | None) -> tuple[MixPlan, list[Path]]:
    """Write the files that ``plan`` plays into the folder of ``project``.

    Returns
    -------
    MixPlan
        The same with whole paths, which REAPER finds also while the project was never saved.
    list of Path
        The files that were not there before: `discard` removes them when the plan is not applied.
    """
    if write is None or not any(isinstance(change, (NewClip, NewTake)) for change in plan.changes):
        return plan, []
    folder = project.absolute().parent
    with Staging(folder) as stage:
        write(stage)
        new_files = stage.commit()
    return replace(plan, changes=tuple(_whole(change, folder) for change in plan.changes)), new_files


def discard(files: Iterable[Path]) -> None:
    """Remove files that `write_beside` made, and the folders below the project's that are empty then."""
    for path in files:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
            for folder in path.parents:
                folder.rmdir()  # stops at the first folder that is not empty
                if folder.name == OWN_FOLDER:
                    break


def _whole(change: Change, folder: Path) -> Change:
    if isinstance(change, (NewClip, NewTake)) and not os.path.isabs(change.file):
        return replace(change, file=os.path.join(folder, *change.file.split("/")))
    return change
