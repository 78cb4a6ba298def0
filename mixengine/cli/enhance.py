"""``mixengine enhance`` and ``mixengine evaluate``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mixengine.analysis.certainty import MIN_SURE
from mixengine.cli.shared import (
    AsJson,
    DryRun,
    InPlace,
    WithReport,
    app,
    console,
    output_path,
    pages,
    path_of,
    progress,
    report,
    say,
)
from mixengine.model.words import comma_separated
from mixengine.repair.names import BREATH_DB, NAMES, NONE, SIBILANCE_DB
from mixengine.separation_models import DENOISER
from mixengine.system import file_names
from mixengine.system.errors import UserError

if TYPE_CHECKING:
    from mixengine.jobs.separate.settings import SeparateSettings

_SUFFIX = "-enhanced"


@app.command()
def enhance(
    source: Annotated[
        str, typer.Argument(metavar="FILE|SESSION", help="A recording, a folder of them, a .RPP project, or: reaper.")
    ],
    out: Annotated[str | None, typer.Option("-o", "--out", help="What to write: .wav, .flac, folder, project.")] = None,
    model: Annotated[str, typer.Option(help="blend, unet, mask, …; `separate --list` shows all.")] = DENOISER,
    blend: Annotated[float, typer.Option(help="0: only repaired, 1: as clean as can be.")] = 1.0,
    floor_db: Annotated[float, typer.Option(min=-120.0, max=0.0, help="Nothing is lowered by more (dB).")] = -24.0,
    keep_music: Annotated[
        bool, typer.Option("--keep-music/--no-keep-music", help="Leave music and instruments as they are.")
    ] = True,
    voice: Annotated[str, typer.Option(help="What voices are: auto (by the sound), speech, song.")] = "auto",
    repair: Annotated[
        str | None, typer.Option("--repair", metavar="A,B", help=f"Mended before, default none: {', '.join(NAMES)}.")
    ] = None,
    min_sure: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="What is a fault less surely than this is left and named.")
    ] = MIN_SURE,
    sibilance_db: Annotated[
        float, typer.Option(min=-30.0, max=10.0, help="Repair sibilance: to this level beside the voice (dB).")
    ] = SIBILANCE_DB,
    breath_db: Annotated[
        float, typer.Option(min=-30.0, max=0.0, help="Repair breaths: they are lowered by this (dB).")
    ] = BREATH_DB,
    track: Annotated[
        list[str] | None,
        typer.Option(metavar="TRACK", help="In a project: all items of this track; else selected ones."),
    ] = None,
    model_dir: Annotated[Path | None, typer.Option(help="Folder with the weights of models.")] = None,
    with_report: WithReport = None,
    in_place: InPlace = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take the noise out of speech: same length, rate, channels, aligned to the sample. In a project: as new takes."""
    from mixengine.audio.files import is_audio_name
    from mixengine.jobs.separate.settings import SeparateSettings
    from mixengine.model.settings import SettingError

    path, target = path_of(source), output_path(out)
    place = str(model_dir) if model_dir else None
    words = comma_separated(repair or "")
    if repair is not None and not words:
        raise UserError(f"--repair '{repair}' names no repair; choose from: {', '.join(NAMES)}, {NONE}")
    try:
        settings = SeparateSettings(
            model=model,
            model_dir=place,
            tracks=tuple(track or ()),
            take=True,
            blend=blend,
            floor_db=floor_db,
            keep_music=keep_music,
            voice=voice,
            repair=words,
            min_sure=min_sure,
            sibilance_db=sibilance_db,
            breath_db=breath_db,
        )
    except SettingError as error:
        raise UserError(error.in_options(SeparateSettings)) from None
    if is_audio_name(path) or path.is_dir():
        if track or in_place or dry_run:
            raise UserError("--track, --in-place and --dry-run are for projects; this is audio")
        _files(path, target, settings, as_json)
        return
    from mixengine.app import workflow

    if target is None and path.is_file() and not in_place:
        target = str(path.with_name(file_names.extended(path.stem, f"{_SUFFIX}{path.suffix}")))
    outcome = workflow.run_job(
        "separate",
        path,
        settings,
        out=target,
        in_place=in_place,
        dry_run=dry_run,
        extras=pages(with_report, source),
        progress=progress(),
    )
    report(outcome.to_dict() if as_json else None, [outcome])


def _files(path: Path, out: str | None, settings: SeparateSettings, as_json: bool) -> None:
    """One file, or all of a folder; a file that fails does not stop the others."""
    from mixengine.app import enhance_files

    result = enhance_files.enhance(path, out, settings, failed=_say_failed, progress=progress)
    inputs = [asdict(entry) for entry in result.inputs] if path.is_dir() else None
    _show(result.files, as_json, inputs)
    if result.failures:
        raise typer.Exit(1)


def _say_failed(line: str) -> None:
    say(f"mixengine: {line}")


def _show(done: list, as_json: bool, inputs: list | None) -> None:
    from mixengine.report.tables import printable

    if as_json:
        rows = [asdict(one) for one in done]
        typer.echo(json.dumps(rows[0] if inputs is None else {"files": rows, "inputs": inputs}, indent=1))
        return
    terminal = console()
    for one in done:
        for note in one.notes:
            terminal.print(f"[yellow]note:[/yellow] {printable(note)}")
        level = "silence" if one.level_db is None else f"{one.level_db:+.1f} dB"
        pace = f"{one.seconds:.1f} s, {one.times_real_time:.0f} × real time"
        terminal.print(f"enhanced: {printable(one.output)} ({one.model}, {level}, {pace})", soft_wrap=True)


@app.command()
def evaluate(
    speech: Annotated[Path, typer.Option(help="Folder with clean speech.")],
    noise: Annotated[Path, typer.Option(help="Folder with noise.")],
    model: Annotated[list[str] | None, typer.Option(help=f"Models to compare. Default: {DENOISER}.")] = None,
    snr: Annotated[list[float] | None, typer.Option(help="Ratios of speech to noise in dB.")] = None,
    files: Annotated[int, typer.Option(min=0, help="At most so many clean files; 0: all.")] = 0,
    seed: Annotated[int, typer.Option(help="Same seed, same mixtures.")] = 0,
    model_dir: Annotated[Path | None, typer.Option(help="Folder with models' weights.")] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Folder for the page and the figures.")] = None,
    as_json: AsJson = False,
) -> None:
    """How good a model is: SI-SDR, SDR, STOI, PESQ, error of the mask, speed, on mixtures of your recordings."""
    from mixengine.evaluation import page
    from mixengine.evaluation.folders import write
    from mixengine.report.tables import plain_table

    evaluation = write(
        speech, noise, model or [DENOISER], snr, out, files=files, seed=seed, model_dir=model_dir, progress=progress()
    )
    for note in evaluation.kept:
        say(f"note: {note}")
    if as_json:
        typer.echo(json.dumps(evaluation.to_dict(), indent=1))
        return
    terminal = console()
    terminal.print(plain_table(page.headers(), page.rows(evaluation.scores)))
    if evaluation.page is not None:
        terminal.print(f"page: {evaluation.page}", soft_wrap=True)
