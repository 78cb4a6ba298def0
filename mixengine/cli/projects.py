"""Commands around the jobs: the demo, plans on projects, checking project files, the cache."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from mixengine.cli.shared import InPlace, Out, Session, app, console, output_path, path_of, progress, say

rpp_app = typer.Typer(help="Look into REAPER project files.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(rpp_app, name="rpp")
cache_app = typer.Typer(help="Measurements kept for the next run.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(cache_app, name="cache")


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to put the demo session.")] = Path(
        "mixengine-demo"
    ),
) -> None:
    """Make a small session from audio in the package, balance and duck it, and say where to look."""
    from mixengine.app import demo as demonstration

    demonstration.run(folder, console=console(), progress=progress())


@app.command()
def apply(
    plan: Annotated[Path, typer.Argument(metavar="PLAN.json")],
    session: Session,
    out: Out = None,
    in_place: InPlace = False,
) -> None:
    """Apply a plan that an earlier command wrote."""
    _apply(plan, session, out, in_place, undo=False)


@app.command()
def revert(
    plan: Annotated[Path, typer.Argument(metavar="PLAN.json")],
    session: Session,
    out: Out = None,
    in_place: InPlace = False,
) -> None:
    """Undo a plan: put back what it changed and nothing else."""
    _apply(plan, session, out, in_place, undo=True)


def _apply(plan: Path, session: str, out: str | None, in_place: bool, *, undo: bool) -> None:
    from mixengine.app import saved_plans

    outcome = saved_plans.apply_plan(plan, path_of(session), out=output_path(out), in_place=in_place, undo=undo)
    for note in outcome.notes:
        say(f"note: {note}")
    typer.echo(f"written: {outcome.outputs['project']}")


@cache_app.command("clear")
def cache_clear() -> None:
    """Forget all measurements, decoded copies of files, and what REAPER rendered."""
    from mixengine.analysis import cache
    from mixengine.audio import decoded
    from mixengine.hosts import stems
    from mixengine.system import user_dirs

    count, size = cache.clear()
    typer.echo(f"{count} measurements forgotten ({size / 1e6:.1f} MB) in {user_dirs.cache_folder()}")
    copies, size = decoded.clear()
    if copies:
        typer.echo(f"{copies} decoded copies deleted ({size / 1e6:.1f} MB)")
    renders, size = stems.clear()
    if renders:
        typer.echo(f"{renders} of REAPER's renders deleted ({size / 1e6:.1f} MB)")


@rpp_app.command("check")
def rpp_check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…")],
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list, an object for each file.")] = False,
) -> None:
    """Read projects and write them again: exit 1 and say where if a byte would differ."""
    from mixengine.hosts.rpp import check

    results, failed = check.check_all(files)
    if as_json:
        typer.echo(json.dumps([check.as_dict(result) for result in results], indent=1))
    for result in results:
        if not as_json and result.version:
            typer.echo(check.to_text(result))
        elif not result.version:
            say(f"mixengine: {result.warnings[0]}")
    if failed:
        raise typer.Exit(1)
