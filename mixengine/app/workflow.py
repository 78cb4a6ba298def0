"""From a path to files: open the session, run the job, write what it decided. What the command line and Python share.

Nothing is written before the plan exists, and everything is written at once (`mixengine.system.staging`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mixengine import hosts
from mixengine.app import decision
from mixengine.app.pages import view_of
from mixengine.hosts.rpp import history
from mixengine.hosts.rpp.project import Project
from mixengine.jobs import registry
from mixengine.model import compose
from mixengine.model import plan as mixplan
from mixengine.model.plan import MixPlan
from mixengine.model.session import Session
from mixengine.reaper import remote
from mixengine.system import staging
from mixengine.system.errors import UserError

Progress = Callable[[int, int, str], None]
Extra = Callable[[Session, MixPlan, staging.Staging, str, Progress], dict[str, str]]
"""Writes more files under a folder name of the staging; returns output name → path."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where results go: all inside ``folder``, the project under ``project``, other files under ``side`` (``""`` or
    ``name/``).
    """

    folder: Path
    project: str
    side: str


@dataclass
class Outcome:
    """What a command did."""

    plan: MixPlan
    outputs: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """The ``--json`` object of the command."""
        return {
            "session": self.plan.source,
            **view_of(self.plan).summary(registry.typed(self.plan)),
            "outputs": self.outputs,
            "notes": self.notes,
            "seconds": round(self.seconds, 3),
        }


def destination(source: Path, out: str | None, suffix: str) -> Destination:
    """Where results of ``source`` go.

    Beside a project ``song.RPP``: ``song-balanced.RPP`` and the folder ``song-balanced/``. Beside a folder ``stems``:
    everything in ``stems-balanced/``. ``out`` names a folder for everything, or the project file.
    """
    name = f"{source.stem if source.is_file() else source.resolve().name}-{suffix}"
    if out is not None and Path(out).suffix.lower() == ".rpp":
        target = Path(out).absolute()
        place = Destination(target.parent, target.name, f"{target.stem}/")
    elif out is not None:
        place = Destination(Path(out).absolute(), f"{name}.RPP", "")
    elif source.is_file():
        place = Destination(source.absolute().parent, f"{name}{source.suffix}", f"{name}/")
    else:
        place = Destination(source.resolve().parent / name, f"{name}.RPP", "")
    target = place.folder / place.project
    if target.exists() and source.exists() and target.samefile(source):
        raise UserError(f"{target}: is the input; choose another name, or use --in-place (a copy is kept)")
    return place


def run(
    job: str,
    source: Path,
    settings: Any,
    *,
    out: str | None = None,
    in_place: bool = False,
    dry_run: bool = False,
    extras: Iterable[Extra] = (),
    progress: Progress = lambda *_: None,
) -> Outcome:
    """Run a job on one session and write the results.

    Parameters
    ----------
    job : str
        A name of `mixengine.jobs.registry.names`; ``settings`` are its settings.
    source : Path
        Project file or folder, or ``reaper`` for the project that is open in the running REAPER.
    out : str, optional
        Folder for the results, or the project file to write.
    in_place : bool
        Write into the project itself, keeping a copy named after the time.
    dry_run : bool
        Decide, write nothing.
    extras : iterable of callable
        What to write besides the project and the plan.
    """
    started = time.monotonic()
    if str(source) == remote.WORD and not source.exists():
        if out is not None or in_place or list(extras):
            raise UserError(
                "reaper: what is changed is the open project: no -o, --in-place, --render, --variants or --report here"
            )
        return _run_in_reaper(job, settings, dry_run=dry_run, progress=progress)
    place = _place(source, job, out, in_place)
    if hosts.is_project(source) and not dry_run:
        Project.load(source).check_writable()
    session, plan = decide(job, source, settings, progress)
    outcome = Outcome(plan, notes=list(plan.notes))
    if not dry_run:
        _write(session, plan, place, extras, outcome, progress)
    outcome.seconds = time.monotonic() - started
    return outcome


def decide(job: str, source: Path, settings: Any, progress: Progress = lambda *_: None) -> tuple[Session, MixPlan]:
    """Read a session and run a job on it; nothing is written."""
    session = hosts.open_session(source)
    return session, decision.decide(job, session, _applied_before(session), settings, progress)


def write(session: Session, plan: MixPlan, *, out: str | None = None, in_place: bool = False) -> Outcome:
    """Write what was decided for a session, as `run` does."""
    outcome = Outcome(plan, notes=list(plan.notes))
    _write(session, plan, _place(Path(session.path), plan.job, out, in_place), (), outcome, lambda *_: None)
    return outcome


def _place(source: Path, job: str, out: str | None, in_place: bool) -> Destination:
    if not source.exists():
        hosts.open_session(source)  # says what is wrong
    place = destination(source, out, registry.job(job).suffix)
    return _in_place(source, place) if in_place else place


def _run_in_reaper(job: str, settings: Any, *, dry_run: bool, progress: Progress) -> Outcome:
    """The same in the running REAPER: what is written is its open project, with undo."""
    started = time.monotonic()
    plan, skipped = remote.run(job, settings, dry_run=dry_run, progress=progress)
    outcome = Outcome(plan, notes=[*plan.notes, *skipped])
    if not dry_run and plan.changes:
        outcome.outputs = {"reaper": plan.source}
    outcome.seconds = time.monotonic() - started
    return outcome


def _in_place(source: Path, place: Destination) -> Destination:
    if not source.is_file():
        raise UserError(f"{source}: --in-place is for project files; a folder's audio is never changed")
    real = source.resolve()  # a link stays a link: what it names is rewritten
    return Destination(real.parent, real.name, place.side)


def _write(
    session: Session,
    plan: MixPlan,
    place: Destination,
    extras: Iterable[Extra],
    outcome: Outcome,
    progress: Progress,
) -> None:
    files = {
        "plan": (f"{place.side}plan.json", _whole_plan(session, plan, place).to_json()),
        **{key: (place.side + name, text) for key, (name, text) in view_of(plan).files(plan).items()},
    }
    with staging.Staging(place.folder) as stage:
        outputs: dict[str, str] = {}
        for extra in extras:
            outputs |= extra(session, plan, stage, place.side, progress)
        for key, (name, text) in files.items():
            stage.path(name).write_text(text, encoding="utf-8", errors="surrogateescape")
            outputs[key] = name
        registry.write_audio(session, plan, stage, progress)
        _stage_project(session, plan, place, stage, outcome)
        stage.commit()
    outcome.outputs = {"project": str(place.folder / place.project)} | {
        key: str(place.folder / name) for key, name in outputs.items()
    }


def _whole_plan(session: Session, plan: MixPlan, place: Destination) -> MixPlan:
    """The plan to keep: in place, what was applied before and now together, so that revert goes back to the start."""
    if place.folder / place.project != Path(session.path).resolve():
        return plan
    return compose.merge(_applied_before(session), plan)


def _applied_before(session: Session) -> MixPlan | None:
    """The plan that the session's project remembers, if any."""
    path = Path(session.path)
    return history.plan_in(Project.load(path).root) if path.is_file() else None


def _stage_project(
    session: Session,
    plan: MixPlan,
    place: Destination,
    stage: staging.Staging,
    outcome: Outcome,
    *,
    undo: bool = False,
) -> int:
    """Write the project; returns how many changes could be made."""
    before = _applied_before(session)
    remembered = history.ext_state(None, history.after_undo(before, plan)) if undo else history.ext_state(before, plan)
    result = hosts.render(session, plan, place.folder / place.project, ext_state=remembered)
    outcome.notes.extend(result.skipped)
    stage.path(place.project).write_bytes(result.data)
    return result.applied


def apply_plan(
    plan_file: Path, source: Path, *, out: str | None = None, in_place: bool = False, undo: bool = False
) -> Outcome:
    """Apply a plan from a file to a session, or its reverse, and write the project.

    Raises
    ------
    UserError
        Nothing of the plan fits the session.
    """
    started = time.monotonic()
    try:
        text = plan_file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{plan_file}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    plan = mixplan.from_json(text, where=str(plan_file))
    if undo:
        plan = mixplan.revert(plan)
    session = hosts.open_session(source)
    place = destination(source, out, "reverted" if undo else "applied")
    if in_place:
        place = _in_place(source, place)
    outcome = Outcome(plan)
    with staging.Staging(place.folder) as stage:
        registry.write_audio(session, plan, stage, lambda *_: None)
        applied = _stage_project(session, plan, place, stage, outcome, undo=undo)
        if plan.changes and not applied:
            raise UserError(f"{plan_file}: nothing of this plan fits {source}: {outcome.notes[0]}")
        stage.commit()
    outcome.outputs = {"project": str(place.folder / place.project)}
    outcome.seconds = time.monotonic() - started
    return outcome
