"""A plan from a file, applied to a session or taken back: what ``apply`` and ``revert`` call."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

from mixengine import hosts
from mixengine.app.workflow import Outcome, audio_writer
from mixengine.hosts import Results
from mixengine.hosts.rpp import history
from mixengine.model import moved, plan_file
from mixengine.model.taking_back import taken_back
from mixengine.system.progress import no_progress


def apply_plan(
    plan_path: Path, source: Path, *, out: str | None = None, in_place: bool = False, undo: bool = False
) -> Outcome:
    """Apply a plan from a file to a session, or its reverse, and write the project.

    Raises
    ------
    UserError
        Nothing of the plan fits the session, or nothing of it is there to be taken back; nothing is written then.
    """
    started = time.monotonic()
    plan = plan_file.load(plan_path)
    host = hosts.open_files(source)
    kept: tuple[str, ...] = ()
    if undo:
        plan = moved.followed(plan, partial(moved.points_in, host.session), host.session.markers)
        plan, kept = taken_back(plan, host.session, host.earlier_plan)
    place = host.destination(out, "reverted" if undo else "applied", in_place=in_place, with_plan=False)
    memory = (history.after_undo if undo else history.after)(host.earlier_plan)
    notes = [] if plan.changes else [f"{plan_path}: holds no change"]
    results = Results(
        audio_writer(host.session, plan, notes, no_progress),
        memory=memory,
        must_fit=f"{plan_path}: nothing of this plan fits {source}",
        must_change=f"{plan_path}: nothing of this plan is in {source}: nothing was taken back" if undo else "",
    )
    written = host.write(plan, place, results)
    notes = [*kept, *notes, *written.notes]
    return Outcome(plan, written.outputs, notes, time.monotonic() - started, written.audio)
