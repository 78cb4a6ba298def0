"""``mixengine report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mixengine.cli.shared import app, output_path, path_of, progress, say


@app.command("report")
def make_report(
    plan: Annotated[Path, typer.Argument(metavar="PLAN.json")],
    session: Annotated[
        str | None,
        typer.Argument(metavar="[SESSION]", help="The project or folder of the plan, if it is elsewhere now."),
    ] = None,
    out: Annotated[
        str | None, typer.Option("-o", "--out", help="The .html file to write, or a folder; default: beside the plan.")
    ] = None,
) -> None:
    """Write a page about a plan: what it changes, why, and what the mix gains. Opens in any browser, offline."""
    from mixengine.app import pages

    source = None if session is None else path_of(session)
    target, kept = pages.of_saved(plan, source, output_path(out), progress())
    for note in kept:
        say(f"note: {note}")
    typer.echo(f"report: {target}")
