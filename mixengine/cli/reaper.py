"""Setting up REAPER: install the actions, say what is wrong, take everything back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from mixengine.cli.shared import AsJson, DryRun, app, say

reaper_app = typer.Typer(help="Set up the actions inside REAPER.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(reaper_app, name="reaper")

ResourcePath = Annotated[
    Path | None,
    typer.Option("--resource-path", help="REAPER's resource folder; needed for portable installs."),
]


@reaper_app.command()
def install(
    resource_path: ResourcePath = None,
    set_python: Annotated[
        bool, typer.Option("--set-python", help="Make REAPER load the Python that runs this, whichever it has now.")
    ] = False,
    front: Annotated[
        str | None,
        typer.Option("--front", help="Actions in Python ('reapy') or in 'lua', which need no Python inside REAPER."),
    ] = None,
    by_reapack: Annotated[
        bool,
        typer.Option("--by-reapack", help="The actions come from ReaPack: only note which Python does the work."),
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Copy the action scripts and icons into REAPER and put them into its action list."""
    from mixengine.reaper.setup.fronts import FRONTS
    from mixengine.reaper.setup.install import install as run
    from mixengine.reaper.setup.places import resource_folder

    if front is not None and front not in FRONTS:
        raise typer.BadParameter(f"'{front}' must be {' or '.join(FRONTS)}", param_hint="--front")
    folder = resource_folder(resource_path)
    outcome = run(folder, set_python=set_python, front=front, by_reapack=by_reapack, dry_run=dry_run)
    _show(outcome, dry_run)
    if not dry_run:
        typer.echo("next: start REAPER, Actions > Show action list, search for 'mixengine'")


@reaper_app.command()
def uninstall(resource_path: ResourcePath = None, dry_run: DryRun = False) -> None:
    """Take back what install did; what was changed since is kept and named."""
    from mixengine.reaper.setup.places import resource_folder
    from mixengine.reaper.setup.uninstall import uninstall as run

    _show(run(resource_folder(resource_path), dry_run=dry_run), dry_run)


@reaper_app.command()
def doctor(resource_path: ResourcePath = None, as_json: AsJson = False) -> None:
    """Examine the set-up: what is wrong, in words, and what to do. Exit code 1 if anything fails."""
    from mixengine.reaper.setup.doctor import examine

    findings = examine(resource_path)
    if as_json:
        failed = sum(finding.state == "fail" for finding in findings)
        typer.echo(json.dumps({"findings": [finding.as_dict() for finding in findings], "failed": failed}, indent=1))
    for finding in findings if not as_json else ():
        typer.echo(f"{finding.state:4}  {finding.name}: {finding.text}")
        if finding.advice:
            typer.echo(f"      -> {finding.advice}")
    if any(finding.state == "fail" for finding in findings):
        raise typer.Exit(1)


def _show(outcome: Any, dry_run: bool) -> None:
    for line in outcome.done:
        typer.echo(line)
    for path in outcome.copies:
        typer.echo(f"copy kept: {path}")
    for line in outcome.warnings:
        say(f"warning: {line}")
    if dry_run:
        typer.echo("dry run: nothing was written")
