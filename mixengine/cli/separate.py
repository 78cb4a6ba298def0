"""``mixengine separate``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mixengine.cli import jobs
from mixengine.cli.shared import (
    AsJson,
    DryRun,
    InPlace,
    Out,
    WithReport,
    console,
    output_path,
    pages,
    path_of,
    progress,
    report,
    say,
)
from mixengine.jobs.separate.settings import SeparateSettings
from mixengine.system.errors import UserError

if TYPE_CHECKING:
    from mixengine.jobs.separate.files import Separated


@jobs.command("separate")
def separate(
    settings: SeparateSettings,
    source: Annotated[
        str | None,
        typer.Argument(metavar="IN.wav|SESSION", help="An audio file, a .RPP project, a folder, or: reaper."),
    ] = None,
    list_models: Annotated[bool, typer.Option("--list", help="Show models and scenarios, and what is here.")] = False,
    out: Out = None,
    with_report: WithReport = None,
    in_place: InPlace = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Separate sources: voices, music, drums, noise. The parts sum to the input."""
    if list_models:
        _list(settings.model_dir, as_json)
        return
    if source is None:
        raise UserError("give an audio file or a session to separate, or --list")
    if _is_audio(path_of(source)):
        if settings.tracks or settings.take or in_place:
            raise UserError("--track, --take and --in-place are for sessions; this is an audio file")
        if settings.repairs:
            names = ",".join(settings.repairs)
            raise UserError(
                "--repair is for new takes in sessions; "
                f"`mixengine enhance FILE --repair {names} --blend 0` mends a file"
            )
        _file(source, settings, out, as_json, dry_run)
        return
    from mixengine.app import workflow

    outcome = workflow.run_job(
        "separate",
        path_of(source),
        settings,
        out=output_path(out),
        in_place=in_place,
        dry_run=dry_run,
        extras=pages(with_report, source),
        progress=progress(),
    )
    report(outcome.to_dict() if as_json else None, [outcome])


def _is_audio(path: Path) -> bool:
    from mixengine.audio.files import is_audio_name

    return is_audio_name(path) and not path.is_dir()


def _file(source: str, settings: SeparateSettings, out: str | None, as_json: bool, dry_run: bool) -> None:
    from mixengine.app import separate_files

    target = output_path(out)
    if dry_run:
        model, names = separate_files.names(settings)
        typer.echo(json.dumps({"model": model, "files": names}) if as_json else f"{model}: {', '.join(names)}")
        return
    _show(separate_files.separate(source, settings, out=target, say=say, progress=progress()), as_json)


def _show(done: Separated, as_json: bool) -> None:
    from mixengine.jobs.separate.table import stems_headline, stems_table
    from mixengine.report.tables import printable

    facts = asdict(done)
    if as_json:
        typer.echo(json.dumps(facts, indent=1, allow_nan=False))
        return
    terminal = console()
    terminal.print(stems_headline(facts), soft_wrap=True)
    terminal.print(stems_table(facts))
    for note in done.notes:
        terminal.print(f"[yellow]note:[/yellow] {printable(note)}")
    for name, path in done.outputs.items():
        terminal.print(f"{name}: {printable(path)}", soft_wrap=True)


def _list(model_dir: str | None, as_json: bool) -> None:
    from mixengine.separation_models import registry, scenarios, weights

    folder = weights.models_folder(model_dir)
    rows, table = registry.listing(model_dir), scenarios.listing(model_dir)
    if as_json:
        typer.echo(json.dumps({"folder": str(folder), "models": rows, "scenarios": table}, indent=1))
        return
    from mixengine.jobs.separate.table import models_table, scenarios_table

    terminal = console()
    terminal.print(models_table(rows, str(folder)))
    terminal.print(scenarios_table(table))
