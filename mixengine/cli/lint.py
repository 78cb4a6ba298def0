"""``mixengine lint``."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mixengine.cli import jobs
from mixengine.cli.shared import AsJson, Out, WithReport, console, given, path_of, progress
from mixengine.jobs.lint.settings import LintSettings
from mixengine.system.errors import UserError

if TYPE_CHECKING:
    from mixengine.model.plan import MixPlan
    from mixengine.model.session import Session

SUFFIX = "linted"


@jobs.command("lint")
def lint(
    session: Annotated[str, typer.Argument(metavar="SESSION", help="A .RPP project, or a folder of audio files.")],
    settings: LintSettings,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when there is an error.")] = False,
    with_report: WithReport = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong with a session: clipping, polarity, missing media, noise and more. Changes nothing.

    A page about it is written to SESSION-linted/.
    """
    from mixengine import hosts
    from mixengine.jobs.lint import job
    from mixengine.jobs.lint.table import lint_table
    from mixengine.model.codec import encode
    from mixengine.report.tables import printable

    started = time.monotonic()
    source, target = path_of(session), given(out)
    opened = hosts.open_session(source)
    plan = job.plan(opened, settings, progress())
    outputs, skipped = _write(opened, plan, source, target, markers=settings.markers, with_report=with_report)
    notes = [*plan.notes, *skipped]
    if as_json:
        seconds = round(time.monotonic() - started, 3)
        data = {
            "session": plan.source,
            **plan.details.encoded(),
            "outputs": outputs,
            "notes": notes,
            "seconds": seconds,
        }
        typer.echo(json.dumps(encode(data), indent=1, allow_nan=False))
    else:
        terminal = console()
        terminal.print(lint_table(plan))
        for note in notes:
            terminal.print(f"[yellow]note:[/yellow] {printable(note)}")
        for what, path in outputs.items():
            terminal.print(f"{what}: {printable(path)}", soft_wrap=True)
    if strict and plan.details["counts"]["error"]:
        raise typer.Exit(1)


def _write(
    opened: Session, plan: MixPlan, source: Path, out: str | None, *, markers: bool, with_report: bool | None
) -> tuple[dict[str, str], list[str]]:
    """Write the page, and for markers the project that has them and the plan with which they are taken back.

    Whoever asked for neither page nor markers and cannot write beside the session gets a note in place of the page.
    """
    if not markers and with_report is False:
        return {}, []
    from mixengine import hosts
    from mixengine.app import workflow
    from mixengine.hosts.rpp.project import Project
    from mixengine.jobs.lint import page
    from mixengine.report.html.page import NAME
    from mixengine.system import staging

    place = workflow.destination(source, out, SUFFIX)
    files: dict[str, tuple[str, bytes]] = {}
    skipped: list[str] = []
    if markers:
        if source.is_file():
            Project.load(source).check_writable()
        result = hosts.render(opened, plan, place.folder / place.project, ext_state={})
        skipped += result.skipped
        plan_text = plan.to_json().encode("utf-8", "surrogateescape")
        files |= {"project": (place.project, result.data), "plan": (f"{place.side}plan.json", plan_text)}
    if with_report is not False:
        files["report"] = (f"{place.side}{NAME}", page.page(plan).encode("utf-8"))
    try:
        with staging.Staging(place.folder) as stage:
            for name, data in sorted(files.values(), key=lambda file: file[0] == place.project):
                stage.path(name).write_bytes(data)
            stage.commit()
    except UserError as error:
        if markers or with_report or out is not None:
            raise
        return {}, [f"no page was written: {error}"]
    return {what: str(place.folder / name) for what, (name, _) in files.items()}, skipped
