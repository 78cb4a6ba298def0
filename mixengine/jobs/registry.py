"""The jobs by name: what the command line, the batch, REAPER and Python all call.

A job is a pure function ``plan(session, settings, progress) -> MixPlan`` and what its package says about it
(`mixengine.jobs.job.Job`). Packages are named here as strings and imported when asked for.
"""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mixengine.jobs.job import Job, resolve
from mixengine.model import codec
from mixengine.system.errors import UserError, unknown
from mixengine.system.progress import Progress, no_progress

if TYPE_CHECKING:  # building their dataclasses takes a fifth of the time of ``mixengine --help``
    from mixengine.model.details import Details
    from mixengine.model.plan import MixPlan
    from mixengine.model.session import Session

PACKAGES = {
    "balance": "mixengine.jobs.balance",
    "duck": "mixengine.jobs.duck",
    "automix": "mixengine.jobs.automix",
    "level": "mixengine.jobs.level",
    "sync": "mixengine.jobs.sync",
    "unmask": "mixengine.jobs.unmask",
    "match": "mixengine.jobs.match",
    "separate": "mixengine.jobs.separate",
    "render": "mixengine.jobs.render",
    "deliver": "mixengine.jobs.deliver",
    "lint": "mixengine.jobs.lint",
}
"""One line for each job: the package whose ``JOB`` says the rest."""
_REVERSE = "revert "


def names() -> list[str]:
    """The jobs."""
    return list(PACKAGES)


def every() -> list[Job]:
    """All jobs, in order."""
    return [job(name) for name in PACKAGES]


def job(name: str) -> Job:
    """A job by its name, or by one of an earlier version.

    Raises
    ------
    UserError
        There is no such job.
    """
    if name not in PACKAGES:
        name = aliases().get(name, name)
    if name not in PACKAGES:
        raise unknown("job", name, PACKAGES)
    about: Job = importlib.import_module(PACKAGES[name]).JOB
    return about


def aliases() -> dict[str, str]:
    """Names of earlier versions → names of today."""
    return {alias: entry.name for entry in every() for alias in entry.aliases}


def is_job(name: str) -> bool:
    """Whether a job has this name, or had it."""
    return name in PACKAGES or name in aliases()


def of_plan(plan: MixPlan) -> Job:
    """The job that made a plan, also of its reverse."""
    return job(plan.job.removeprefix(_REVERSE))


def typed(plan: MixPlan) -> MixPlan:
    """The plan with details of its job's own class, also when it was read from a file.

    Details of a plan that no job here made stay as they are.
    """
    from mixengine.model.details import Stored

    if not isinstance(plan.details, Stored) or not is_job(plan.job.removeprefix(_REVERSE)):
        return plan
    kind: type[Details] = resolve(of_plan(plan).details)
    return replace(plan, details=codec.salvage(kind, plan.details.values).usable())


def settings(name: str, given: dict[str, Any]) -> Any:
    """A job's settings from plain values.

    Raises
    ------
    UserError
        A setting is unknown, or a value does not fit.
    """
    try:
        return codec.decode(job(name).settings, given)
    except ValueError as error:
        raise UserError(f"settings of {name}: {error}") from None


def check(name: str, settings: Any) -> None:
    """Refuse settings that no session can be done with, before one is read.

    Raises
    ------
    UserError
        A word that the settings name is unknown, or a file is not there.
    """
    from mixengine.model import selection
    from mixengine.model import settings as settings_of

    settings_of.check_files(settings)
    if hasattr(settings, "roles"):
        selection.role_words(settings)
    if job(name).check:
        resolve(job(name).check)(settings)


def run(name: str, session: Session, settings: Any, progress: Progress = no_progress) -> MixPlan:
    """Run a job by name on a session; see the job's ``plan`` for what it may raise.

    What it would change on a track that the user locked is left out.
    """
    from mixengine.model.plan import track_of
    from mixengine.model.selection import locked_ids

    plan: MixPlan = job(name).load_plan()(session, settings, progress)
    locked = locked_ids(session)
    return replace(plan, changes=tuple(change for change in plan.changes if track_of(change) not in locked))


def makes_audio(name: str) -> bool:
    """Whether plans of this name may play files that `write_audio` writes."""
    plain = name.removeprefix(_REVERSE)
    return is_job(plain) and bool(job(plain).audio)


def write_audio(session: Session, plan: MixPlan, staging: Any, progress: Progress) -> list[str]:
    """Write the files that the plan's new clips and takes play, if its job makes any (see `Job`).

    Returns
    -------
    list of str
        What the user should know of these files.
    """
    if audio := of_plan(plan).audio:
        notes: list[str] | None = resolve(audio)(session, typed(plan), staging, progress)
        return notes or []  # most jobs have nothing to say
    return []
