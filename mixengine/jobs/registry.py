"""The jobs by name: what the command line, REAPER and Python all call.

A job is a pure function ``plan(session, settings, progress) -> MixPlan`` with its settings class. Jobs are named
here as strings and imported when asked for, because they bring numpy and more.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from mixengine.model.plan import MixPlan, track_of
from mixengine.model.session import Session
from mixengine.system.errors import unknown
from mixengine.system.progress import Progress, no_progress


@dataclass(frozen=True, slots=True)
class Job:
    """Where a job's function and settings live (``module:name``).

    ``hears_ducks``: it wants the session with what an earlier duck drew; the others decide as if that were not there.
    ``remembered``: what it does is kept in the project, to be taken back or replaced by a later run.
    ``audio``: a function ``(session, plan, staging, progress)`` that writes the files which new clips and takes of the
    plan play, below the folder of the project.
    """

    plan: str
    settings: str
    hears_ducks: bool = False
    audio: str = ""
    remembered: bool = True

    def load(self) -> tuple[Callable[..., MixPlan], type]:
        """Import the plan function and the settings class."""
        return _resolve(self.plan), _resolve(self.settings)


JOBS = {
    "balance": Job("mixengine.jobs.balance.job:plan", "mixengine.model.settings:BalanceSettings"),
    "duck": Job("mixengine.jobs.duck.job:plan", "mixengine.model.settings:DuckSettings"),
    "separate": Job(
        "mixengine.jobs.separate.job:plan",
        "mixengine.model.settings:SeparateSettings",
        hears_ducks=True,
        audio="mixengine.jobs.separate.audio:write",
    ),
    "tone": Job("mixengine.jobs.unmask.job:plan", "mixengine.model.settings:ToneSettings", hears_ducks=True),
    "style": Job("mixengine.jobs.match.job:plan", "mixengine.model.settings:StyleSettings", hears_ducks=True),
    "render": Job(
        "mixengine.jobs.render.into_project:plan",
        "mixengine.model.settings:RenderSettings",
        hears_ducks=True,
        audio="mixengine.jobs.render.into_project:write",
    ),
    "lint": Job(
        "mixengine.jobs.lint.job:plan", "mixengine.model.settings:LintSettings", hears_ducks=True, remembered=False
    ),
}


def run(name: str, session: Session, settings: Any, progress: Progress = no_progress) -> MixPlan:
    """Run a job by name on a session; see the job's ``plan`` for what it may raise.

    What it would change on a track that the user locked is left out.
    """
    if name not in JOBS:
        raise unknown("job", name, JOBS)
    decide, _ = JOBS[name].load()
    plan: MixPlan = decide(session, settings, progress)
    locked = {track.id for track in session.tracks if track.locked}
    return replace(plan, changes=tuple(change for change in plan.changes if track_of(change) not in locked))


def makes_audio(name: str) -> bool:
    """Whether plans of this name may play files that `write_audio` writes."""
    return name in JOBS and bool(JOBS[name].audio)


def write_audio(session: Session, plan: MixPlan, staging: Any, progress: Progress) -> None:
    """Write the files that the plan's new clips and takes play, if its job makes any (see `Job`)."""
    job = JOBS.get(plan.job)
    if job is not None and job.audio:
        _resolve(job.audio)(session, plan, staging, progress)


def _resolve(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)
