"""The running REAPER from outside: ``mixengine balance reaper``.

Reading and writing each travel as one request and run inside REAPER, whose Python need not know mixengine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mixengine.app import decision, plan_audio
from mixengine.hosts.reaper import snapshot as snapshots
from mixengine.hosts.reaper import write as writing
from mixengine.hosts.reaper.sides import Outside
from mixengine.hosts.reaper.snapshot import Snapshot
from mixengine.hosts.rpp import history
from mixengine.model.plan import MixPlan

WORD = "reaper"
"""What stands for the running REAPER where a session is named."""
Progress = Callable[[int, int, str], None]


def take() -> Snapshot:
    """A snapshot of the project in front."""
    return snapshots.from_reading(Outside().read(None))


def write(taken: Snapshot, plan: MixPlan, ext_state: Mapping[str, str | None]) -> list[str]:
    """Apply a plan to the project of a snapshot; returns what was skipped."""
    return writing.write_over(Outside(), taken, plan, ext_state).skipped


def run(job: str, settings: Any, *, dry_run: bool, progress: Progress) -> tuple[MixPlan, list[str]]:
    """Run a job on the project that is open in front and write it there, as one undo step.

    Returns
    -------
    MixPlan
        What was decided.
    list of str
        What could not be written, and why.
    """
    taken = take()
    project = taken.parsed()
    before = history.plan_in(project.root)
    session = project.session()
    plan = decision.decide(job, session, before, settings, progress)
    if dry_run or not plan.changes:
        return plan, []
    plan, made = plan_audio.write_audio(session, plan, progress)
    try:
        return plan, write(taken, plan, history.ext_state(before, plan))
    except Exception:
        plan_audio.discard(made)
        raise
