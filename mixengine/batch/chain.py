"""Do the jobs of a batch on one item, each on what the one before left; only the last state is written.

The project between two jobs lives in memory. Audio that a job makes for the project stands in its own folder before
the next job reads it; the project comes last (`mixengine.hosts.working_copy`).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mixengine import hosts
from mixengine.app import render_files, workflow
from mixengine.app.pages import view_of
from mixengine.batch import steps
from mixengine.batch.steps import Task
from mixengine.hosts import Host
from mixengine.hosts.working_copy import WorkingCopy
from mixengine.jobs import registry
from mixengine.model import codec
from mixengine.system.errors import UserError

LEVELS = ("lufs", "dialogue_lufs", "rms_db", "true_peak_dbtp", "lra_lu", "gain_db", "limited_db", "limited_share")
"""What is kept of a finished mix at a target."""


@dataclass
class ItemResult:
    """What was written for an item (output name → path), notes on it, and the levels of a finished mix."""

    outputs: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    levels: dict[str, float] = field(default_factory=dict)

    def add_notes(self, notes: list[str]) -> None:
        """Each note once."""
        self.notes += [note for note in notes if note not in self.notes]


def run(task: Task) -> ItemResult:
    """Do the jobs of a task.

    Raises
    ------
    UserError
        The item cannot be read, a job cannot work on it, or the place cannot be written. Nothing of the project is
        written then.
    """
    result = ItemResult()
    settings: dict[str, Any] = {job: codec.decode(registry.job(job).settings, task.settings[job]) for job in task.jobs}
    original = hosts.open_files(task.source)
    original.plugins = task.plugins
    rendered: Host = original
    deciding = [job for job in task.jobs if job != steps.RENDER]
    if deciding:
        copy = WorkingCopy(original, steps.place(task))
        _decide(deciding, settings, copy, result)
        rendered = copy if copy.whole is not None else original
    if steps.RENDER in task.jobs:
        _render(rendered, settings[steps.RENDER], task, result)
    return result


def _decide(deciding: list[str], settings: dict[str, Any], copy: WorkingCopy, result: ItemResult) -> None:
    """Apply the plan of each job, and write the project with all plans merged into one."""
    result.notes += copy.session.notes
    if steps.planned(deciding):
        copy.check_writable()
    files: dict[str, tuple[str, str]] = {}
    for job in deciding:
        is_lint = job == steps.LINT
        outcome = workflow.run_job(job, copy, settings[job], dry_run=is_lint, even_unchanged=True)
        if is_lint:
            files["lint"] = ("lint.json", _findings(outcome, result))
        else:
            result.add_notes(outcome.notes)
            files |= view_of(outcome.plan).files(outcome.plan)
    if copy.whole is not None:
        files["plan"] = ("plan.json", copy.whole.to_json())
    result.outputs = copy.save(files)
    result.add_notes(copy.kept)


def _findings(outcome: workflow.Outcome, result: ItemResult) -> str:
    """The findings of lint as JSON; their number goes to the notes."""
    plan = outcome.plan
    counts = [f"{count} {severity}{'s' * (count != 1)}" for severity, count in plan.details["counts"].items() if count]
    result.notes.append(f"lint: {', '.join(counts) or 'nothing found'}")
    data = {"session": plan.source, **plan.details.encoded(), "notes": list(plan.notes)}
    return json.dumps(codec.encode(data), indent=1, allow_nan=False)


def _render(host: Host, settings: Any, task: Task, result: ItemResult) -> None:
    """Mix and stems of what was written, or of the item itself."""
    source = host.path
    out = None if steps.planned(task.jobs) else str(steps.render_folder(task))
    done = render_files.render(host, settings, out=out)
    if done.adds_up is False:
        raise UserError(f"{source}: {render_files.summary_lines(done)[1]}")
    result.add_notes(done.notes)
    values = done.to_dict()
    result.levels = {name: values[name] for name in LEVELS if values.get(name) is not None}
    stems = [file for file in done.written if file.kind != "mix"]
    result.outputs |= {file.kind: file.file for file in done.written if file.kind == "mix"}
    if stems:
        result.outputs["stems"] = str(Path(stems[0].file).parent)
        if done.pre_fader:
            result.notes.append(f"render: {render_files.summary_lines(done)[1]}")
        if done.null_dbfs is not None and not math.isinf(done.null_dbfs):
            result.notes.append(f"render: sum of {len(stems)} stems − mix = {done.null_dbfs:.0f} dBFS")
