"""``mixengine batch``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from mixengine.cli.shared import AsJson, DryRun, Plugins, app, console, output_path, path_of, progress, say
from mixengine.jobs import registry

if TYPE_CHECKING:
    from mixengine.batch.run import Batch


@app.command()
def batch(
    root: Annotated[str, typer.Argument(metavar="ROOT", help="Folder with projects and folders of stems.")],
    jobs: Annotated[str, typer.Argument(metavar="JOB[,JOB…]", help=f"In order, of: {', '.join(registry.names())}.")],
    preset: Annotated[str | None, typer.Option("--preset", help="For every job that has presets.")] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", metavar="JOB.OPTION=VALUE", help="A setting (may be repeated).")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Processes at a time (default: one per processor).")] = None,
    cluster: Annotated[
        str | None, typer.Option(metavar="dask://HOST:PORT", help="Work on this Dask cluster instead.")
    ] = None,
    out: Annotated[
        str | None, typer.Option("-o", "--out", help="Folder for results, journal and summary (default: beside).")
    ] = None,
    journal: Annotated[str | None, typer.Option(help="Folder for journal and summary (default: ROOT).")] = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Do again what failed before.")] = False,
    album: Annotated[
        bool, typer.Option("--album", help="With deliver: one gain for all, so that songs keep their distances.")
    ] = False,
    plugins: Plugins = "models",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Do jobs on every project and stem folder below ROOT; the same command goes on where it stopped."""
    from mixengine.batch import run, steps

    options = run.Options(output_path(out), output_path(journal), workers, cluster, retry_failed, dry_run, album)
    chosen = steps.parse(jobs, preset_name=preset, sets=sets or (), plugins=plugins)
    try:
        done = run.run(path_of(root), chosen, options, progress())
    except KeyboardInterrupt:
        say("what is finished is in the journal; the same command does the rest")
        raise
    if as_json:
        typer.echo(json.dumps(done.to_dict(), indent=1, allow_nan=False))
    else:
        _show(done, dry_run)
    if done.failed and not dry_run:
        raise typer.Exit(1)


def _show(done: Batch, dry_run: bool) -> None:
    from mixengine.batch.run import words
    from mixengine.report.tables import printable

    terminal = console()
    for entry in done.entries if dry_run else []:
        where = f" → {printable(next(iter(entry.outputs.values()), ''))}" if entry.outputs else ""
        terminal.print(f"{entry.status}: {printable(entry.item)}{where}", soft_wrap=True)
    for entry in done.failed:
        terminal.print(f"[red]failed:[/red] {printable(entry.item)}: {printable(entry.error)}", soft_wrap=True)
    for note in done.notes:
        terminal.print(f"[yellow]note:[/yellow] {printable(note)}", soft_wrap=True)
    if dry_run:
        terminal.print("dry run: nothing was written")
        return
    fine, before = len(done.entries) - len(done.failed), len(done.entries) - done.fresh
    earlier = f", {before} of them before" if before else ""
    terminal.print(f"{len(done.entries)} items: {fine} done, {len(done.failed)} failed{earlier}; {words(done.seconds)}")
    if done.failed:
        terminal.print("to try what failed again: the same command with --retry-failed")
    for what, path in done.files.items():
        terminal.print(f"{what.replace('_', ' ')}: {printable(path)}", soft_wrap=True)
