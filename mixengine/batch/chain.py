"""Do the jobs of a batch on one item, each on what the one before left; only the last state is written.

The project between two jobs lives in memory. Audio that a job makes for the project stands in its own folder before
the next job hears it; the project comes last (`mixengine.system.staging`).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mixengine import hosts
from mixengine.app import decision, workflow
from mixengine.app.pages import view_of
from mixengine.batch import steps
from mixengine.batch.steps import Task
from mixengine.hosts.rpp import apply, history, media, new
from mixengine.hosts.rpp.project import Project
from mixengine.jobs import registry
from mixengine.model import codec, compose
from mixengine.model.plan import MixPlan
from mixengine.model.session import Session
from mixengine.system.errors import UserError
from mixengine.system.staging import Staging


@dataclass
class Made:
    """What was written for an item (what → path), and what there is to say about it."""

    outputs: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def run(task: Task) -> Made:
    """Do the jobs of a task.

    Raises
    ------
    UserError
        The item cannot be read, a job cannot work on it, or the place cannot be written. Nothing of the project is
        written then.
    """
    source, place, made = Path(task.source), steps.place(task), Made()
    settings = {job: _settings(job, task.settings[job]) for job in task.jobs}
    deciding = [job for job in task.jobs if job != steps.RENDER]
    if deciding:
        _decide(deciding, settings, source, place, made)
    if steps.RENDER in task.jobs:
        written = Path(made.outputs["project"]) if "project" in made.outputs else source
        _render(written, settings[steps.RENDER], task, made)
    return made


def _settings(job: str, data: dict[str, Any]) -> Any:
    return codec.decode(registry.job(job).settings, data)


def _decide(
    deciding: list[str], settings: dict[str, Any], source: Path, place: workflow.Destination, made: Made
) -> None:
    """Plan by plan to the finished project, and write it with the plans in one."""
    session = original = hosts.open_session(source)
    made.notes += session.notes
    project = _copy(session, source, place) if steps.planned(deciding) else None
    whole: MixPlan | None = None
    files: dict[str, tuple[str, str]] = {}
    for job in deciding:
        if job == steps.LINT:
            files["lint"] = ("lint.json", _lint(session, settings[job], made))
            continue
        assert project is not None
        before = history.plan_in(project.root)
        plan = decision.decide(job, session, before, settings[job], lambda *_: None)
        _write_audio(session, plan, place.folder)
        result = apply.apply(project, plan, ext_state=history.ext_state(before, plan))
        made.notes += [note for note in (*plan.notes, *result.skipped) if note not in made.notes]
        project = Project(result.data, place.folder / place.project)
        session = project.session()
        plan = replace(plan, session=original.name, source=original.path)
        files |= view_of(plan).files(plan)
        whole = compose.merge(whole, plan)
    if whole is not None:
        files["plan"] = ("plan.json", whole.to_json())
    _write(place, files, project, made)


def _copy(session: Session, source: Path, place: workflow.Destination) -> Project:
    """The project as it would stand at its new place, still unchanged."""
    target = place.folder / place.project
    if not source.is_file():
        return Project(new.project(session, place.folder), target)
    project = Project.load(source)
    project.check_writable()
    return Project(media.rebase(project, place.folder), target)


def _write_audio(session: Session, plan: MixPlan, folder: Path) -> None:
    if registry.of_plan(plan).audio:
        with Staging(folder) as stage:
            registry.write_audio(session, plan, stage, lambda *_: None)
            stage.commit()


def _write(place: workflow.Destination, files: dict[str, tuple[str, str]], project: Project | None, made: Made) -> None:
    with Staging(place.folder) as stage:
        for key, (name, text) in files.items():
            stage.path(place.side + name).write_text(text, encoding="utf-8", errors="surrogateescape")
            made.outputs[key] = str(place.folder / (place.side + name))
        if project is not None:
            stage.path(place.project).write_bytes(project.document.data)
        stage.commit()
    if project is not None:
        made.outputs = {"project": str(place.folder / place.project), **made.outputs}


def _lint(session: Session, settings: Any, made: Made) -> str:
    """The findings as JSON; their number goes to the notes."""
    from mixengine.jobs.lint import job

    plan = job.plan(session, settings, lambda *_: None)
    counts = [f"{count} {severity}{'s' * (count != 1)}" for severity, count in plan.details["counts"].items() if count]
    made.notes.append(f"lint: {', '.join(counts) or 'nothing found'}")
    data = {"session": session.path, **plan.details.encoded(), "notes": list(plan.notes)}
    return json.dumps(codec.encode(data), indent=1, allow_nan=False)


def _render(source: Path, settings: Any, task: Task, made: Made) -> None:
    """Mix and stems of what was written, or of the item itself."""
    from mixengine.jobs.render import export

    name = source.stem if source.is_file() else source.resolve().name
    out = None if not task.out or "project" in made.outputs else str(Path(task.out) / f"{name}-{export.SUFFIX}")
    done = export.run(source, settings, out=out)
    if done.adds_up is False:
        raise UserError(f"{source}: {export.in_words(done)[1]}")
    made.notes += [note for note in done.notes if note not in made.notes]
    stems = [file for file in done.written if file.kind != "mix"]
    made.outputs |= {file.kind: file.file for file in done.written if file.kind == "mix"}
    if stems:
        made.outputs["stems"] = str(Path(stems[0].file).parent)
        if done.null_dbfs is not None and not math.isinf(done.null_dbfs):
            made.notes.append(f"render: sum of {len(stems)} stems − mix = {done.null_dbfs:.0f} dBFS")
