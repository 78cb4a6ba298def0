"""``mixengine lint``."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mixengine.cli.shared import AsJson, NoCache, Out, app, console, given, path_of, progress
from mixengine.settings import LintSettings

if TYPE_CHECKING:
    from mixengine.plan import MixPlan
    from mixengine.session import Session

SUFFIX = "linted"


@app.command()
def lint(
    session: Annotated[str, typer.Argument(metavar="SESSION", help="A .RPP project, or a folder of audio files.")],
    check: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Do only this check.")] = None,
    markers: Annotated[
        bool, typer.Option("--markers", help="Write a copy of the project with a marker at each finding.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when there is an error.")] = False,
    out: Out = None,
    no_cache: NoCache = False,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong with a session: clipping, polarity, missing media, noise and more. Changes nothing."""
    from mixengine import hosts
    from mixengine.codec import encode
    from mixengine.lint import job
    from mixengine.report.lint_tables import lint_table
    from mixengine.report.tables import printable

    started = time.monotonic()
    source, target = path_of(session), given(out)
    opened = hosts.open_session(source)
    settings = LintSettings(checks=tuple(check or ()), markers=markers, cache=not no_cache)
    plan = job.plan(opened, settings, progress())
    outputs, skipped = _write(opened, plan, source, target) if markers else ({}, [])
    notes = [*plan.notes, *skipped]
    if as_json:
        seconds = round(time.monotonic() - started, 3)
        data = {"session": plan.source, **plan.details, "outputs": outputs, "notes": notes, "seconds": seconds}
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


def _write(opened: Session, plan: MixPlan, source: Path, out: str | None) -> tuple[dict[str, str], list[str]]:
    """Write the project with markers, and the plan with which ``mixengine revert`` takes them away."""
    from mixengine import hosts, workflow
    from mixengine.hosts import staging
    from mixengine.hosts.rpp.project import Project

    place = workflow.destination(source, out, SUFFIX)
    if source.is_file():
        Project.load(source).check_writable()
    result = hosts.render(opened, plan, place.folder / place.project, ext_state={})
    plan_name = f"{place.side}plan.json"
    with staging.Staging(place.folder) as stage:
        stage.path(plan_name).write_text(plan.to_json(), encoding="utf-8", errors="surrogateescape")
        stage.path(place.project).write_bytes(result.data)
        stage.commit()
    return {"project": str(place.folder / place.project), "plan": str(place.folder / plan_name)}, list(result.skipped)
