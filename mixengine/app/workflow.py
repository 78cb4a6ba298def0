"""Open a host, decide, write: what the command line, Python, the buttons in REAPER and batches call.

Nothing is written before the plan exists, and what is written appears at once (`mixengine.system.staging`).
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mixengine import hosts
from mixengine.app import decision, hosted_plugins, listening, subprojects
from mixengine.app.pages import view_of
from mixengine.hosts import Destination, Host, Results
from mixengine.hosts.host import OFF
from mixengine.hosts.rpp import history
from mixengine.jobs import registry
from mixengine.model import crop, plan_file
from mixengine.model.inputs import InputFile
from mixengine.model.plan import MixPlan
from mixengine.model.session import Session
from mixengine.model.settings import SettingError, parts
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress, no_progress
from mixengine.system.staging import Staging

Extra = Callable[[Session, MixPlan, Staging, str, Progress], dict[str, str]]
"""Writes more files under a folder name of the staging; returns output name → path."""


@dataclass
class Outcome:
    """What a command did.

    Attributes
    ----------
    plan : MixPlan
    outputs : dict of str to str
        What was written → where.
    notes : list of str
    seconds : float
        How long it took.
    new_audio : list of Path
        Audio of the plan that was not there before.
    inputs : tuple of InputFile
        Of a folder: every file, as what it was used, or why not.
    heard : dict of str to str
        Track → how it was heard, where a program could render what is not in its items (`mixengine.app.listening`).
    """

    plan: MixPlan
    outputs: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    new_audio: list[Path] = field(default_factory=list)
    inputs: tuple[InputFile, ...] = ()
    heard: dict[str, str] = field(default_factory=dict)

    @property
    def nothing(self) -> str:
        """Why there is nothing to do, in the words of the plan's job; empty where it does not say so."""
        return "" if self.plan.changes else view_of(self.plan).nothing(registry.typed(self.plan))

    def to_dict(self) -> dict[str, Any]:
        """The ``--json`` object of the command."""
        return {
            "session": self.plan.source,
            **view_of(self.plan).summary(registry.typed(self.plan)),
            **({"inputs": [asdict(entry) for entry in self.inputs]} if self.inputs else {}),
            **({"heard": self.heard} if self.heard else {}),
            "outputs": self.outputs,
            "notes": self.notes,
            **({"nothing_to_do": self.nothing} if self.nothing else {}),
            "seconds": round(self.seconds, 3),
        }


def run_job(
    job: str,
    source: str | os.PathLike[str] | Host,
    settings: Any,
    *,
    out: str | None = None,
    in_place: bool = False,
    dry_run: bool = False,
    extras: Iterable[Extra] = (),
    project: bool = True,
    time_selection: bool = False,
    or_note: str = "",
    even_unchanged: bool = False,
    listen: str = listening.AS_NEEDED,
    plugins: str = "",
    progress: Progress = no_progress,
) -> Outcome:
    """Run a job on one session and write the results.

    Parameters
    ----------
    job : str
        A name of `mixengine.jobs.registry.names`; ``settings`` are its settings.
    source : path or Host
        Project file or folder, or ``reaper`` for the project that is open in the running REAPER; or a host that is
        open already.
    out : str, optional
        Folder for the results, or the project file to write.
    in_place : bool
        Write into the project itself, keeping a copy named after the time.
    dry_run : bool
        Decide, write nothing.
    extras : iterable of callable
        What to write besides the project, the plan and what ``settings`` ask for.
    project : bool
        Write the project and the plan; without it only ``extras``.
    time_selection : bool
        Decide on the project's time selection only, if there is one.
    or_note : str
        When the results cannot be written, add a note that begins with this text instead of raising the error.
    even_unchanged : bool
        Write also where the job says that there is nothing to do; else nothing is written then, whatever ``out`` and
        ``extras`` ask for.
    listen : str
        Which tracks are heard through REAPER, where one is running: one of `mixengine.app.listening.MODES`.
    plugins : str
        What is heard of plug-ins of a project file: one of `mixengine.hosts.host.PLUGINS`; empty: as the host says.

    Raises
    ------
    UserError
        The session or a setting is not usable, or the results cannot be written; nothing is written then.
    """
    started, host = time.monotonic(), source if isinstance(source, Host) else hosts.open_host(source)
    host.plugins = plugins or host.plugins
    extras = (*registry.job(job).requested(asdict(settings)), *extras)
    place = host.destination(out, registry.job(job).suffix, in_place=in_place, with_files=bool(extras))
    if project and not dry_run:
        host.check_writable()

    def run() -> Outcome:
        session = heard_session(job, host, time_selection=time_selection, listen=listen, progress=progress)
        outcome = _decided(job, host, session, settings, progress)
        # an open project is not written when nothing changes; its side waits for the plan all the same
        if not dry_run and (even_unchanged or host.is_live or not project or not outcome.nothing):
            with _noted(outcome, or_note):
                _write(host, session, outcome, place, extras, project=project, progress=progress)
        return outcome

    outcome = hosted_plugins.without_stopped(run)
    outcome.seconds = time.monotonic() - started
    return outcome


def _decided(job: str, host: Host, session: Session, settings: Any, progress: Progress) -> Outcome:
    """The plan for a session as the job hears it, and what is to be said of it."""
    try:
        plan = decision.decide(job, session, host.earlier_plan, settings, progress)
    except UserError as error:
        if type(error) not in (UserError, SettingError) or not host.hosts_plugins:
            raise
        lines = hosted_plugins.not_played(host.session)
        raise SettingError(*parts(error), *(f"; {line}" for line in lines)) from None
    notes = [*plan.notes, *listening.standing(plan, host.session, session)]
    if host.hosts_plugins:
        notes += [line for line in hosted_plugins.noticed(host.session) if line not in notes]
    ways = listening.ways(registry.job(job), host, session)
    return Outcome(plan, notes=notes, inputs=host.inputs, heard=ways)


@contextlib.contextmanager
def _noted(outcome: Outcome, or_note: str) -> Iterator[None]:
    """Where ``or_note`` is given, results that cannot be written become a note that begins with it."""
    try:
        yield
    except UserError as error:
        if not or_note:
            raise
        outcome.notes.append(f"{or_note}: {error}")


def decide(
    job: str, host: Host, settings: Any, *, time_selection: bool = False, progress: Progress = no_progress
) -> MixPlan:
    """Run a job on the session of a host; nothing is written."""

    def run() -> MixPlan:
        session = heard_session(job, host, time_selection=time_selection, progress=progress)
        return decision.decide(job, session, host.earlier_plan, settings, progress)

    return hosted_plugins.without_stopped(run)


def heard_session(
    job: str,
    host: Host,
    *,
    time_selection: bool = False,
    listen: str = listening.AS_NEEDED,
    with_mix: bool = True,
    depth: int = 0,
    progress: Progress = no_progress,
) -> Session:
    """The session of a host as a job hears it; see `run_job` and `mixengine.app.listening.heard`."""
    whole = listening.session_of(host)
    if host.plugins == OFF and not host.renders:
        whole = hosted_plugins.unplayed(whole)
    if registry.job(job).listens and not host.renders and listen != listening.ITEMS:
        whole = subprojects.played(whole, host.plugins, _inner, depth)
    session = crop.to_time_selection(whole) if time_selection else whole
    return listening.heard(registry.job(job), host, session, listen, whole=whole, with_mix=with_mix, progress=progress)


def _inner(host: Host, depth: int) -> Session:
    """The session of a sub-project as a render hears it."""
    return heard_session("render", host, depth=depth)


def write(host: Host, plan: MixPlan, *, out: str | None = None, in_place: bool = False) -> Outcome:
    """Write what was decided for the session of a host, as `run_job` does."""
    outcome = Outcome(plan, notes=list(plan.notes), inputs=host.inputs)
    job = registry.of_plan(plan)
    extras = tuple(job.requested(plan.settings))
    place = host.destination(out, job.suffix, in_place=in_place, with_files=bool(extras))
    _write(host, heard_session(job.name, host), outcome, place, extras, project=True, progress=no_progress)
    return outcome


def _write(
    host: Host,
    session: Session,
    outcome: Outcome,
    place: Destination,
    extras: tuple[Extra, ...],
    *,
    project: bool,
    progress: Progress,
) -> None:
    """Write the plan of an outcome; ``session`` is what the job heard."""
    plan = outcome.plan
    host.refresh()

    def stage_files(stage: Staging, side: str, carried_out: MixPlan) -> dict[str, str]:
        names: dict[str, str] = {}
        for extra in extras:
            names |= extra(host.session, plan, stage, side, progress)
        kept = plan_file.as_text(host.plan_to_keep(carried_out, place))
        texts = {"plan": (plan_file.NAME, kept), **view_of(plan).files(plan)}
        for key, (name, text) in texts.items() if project else ():
            names[key] = side + name
            stage.path(names[key]).write_text(text, encoding="utf-8", errors="surrogateescape")
        return names

    remembered = registry.of_plan(plan).remembered
    memory = history.after(host.earlier_plan) if remembered else {}
    results = Results(audio_writer(session, plan, outcome.notes, progress), stage_files, memory, project)
    written = host.write(plan, place, results)
    outcome.notes += [place.note] if place.note and written.outputs else []
    outcome.plan, outcome.outputs, outcome.new_audio = written.plan, written.outputs, written.audio
    outcome.notes.extend(written.notes)
    if registry.of_plan(plan).promises_loudness and plan.changes and not written.skipped:
        outcome.notes.extend(host.checked(plan))


def audio_writer(
    session: Session, plan: MixPlan, notes: list[str], progress: Progress
) -> Callable[[Staging], None] | None:
    """What stages the files that a plan plays, if its job makes any, and adds to ``notes`` what it says of them."""
    if not registry.makes_audio(plan.job):
        return None
    return lambda stage: notes.extend(registry.write_audio(session, plan, stage, progress))
