"""``mixengine enhance`` and ``mixengine evaluate``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mixengine.cli.shared import (
    AsJson,
    DryRun,
    InPlace,
    WithReport,
    app,
    console,
    given,
    pages,
    path_of,
    progress,
    report,
    say,
)
from mixengine.system.errors import UserError

_SUFFIX = "-enhanced"


@app.command()
def enhance(
    source: Annotated[
        str, typer.Argument(metavar="FILE|SESSION", help="A recording, a folder of them, a .RPP project, or: reaper.")
    ],
    out: Annotated[str | None, typer.Option("-o", "--out", help="What to write: .wav, .flac, folder, project.")] = None,
    model: Annotated[str, typer.Option(help="unet, rnnoise, mask, …; `separate --list` shows all.")] = "unet",
    blend: Annotated[float, typer.Option(help="0: as it was, 1: as clean as can be.")] = 1.0,
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

    path, target = path_of(source), given(out)
    if is_audio_name(path) or path.is_dir():
        if track or in_place or dry_run:
            raise UserError("--track, --in-place and --dry-run are for projects; this is audio")
        _files(path, target, model, model_dir, blend, as_json)
        return
    from mixengine.app import workflow
    from mixengine.jobs.separate.settings import SeparateSettings

    place = str(model_dir) if model_dir else None
    if target is None and path.is_file() and not in_place:
        target = str(path.with_name(f"{path.stem}{_SUFFIX}{path.suffix}"))
    settings = SeparateSettings(model=model, model_dir=place, tracks=tuple(track or ()), take=True, blend=blend)
    outcome = workflow.run(
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


def _files(path: Path, out: str | None, model: str, model_dir: Path | None, blend: float, as_json: bool) -> None:
    """One file, or all of a folder; a file that fails does not stop the others."""
    from mixengine.audio.files import audio_files
    from mixengine.jobs.separate.enhance_files import enhance as clean
    from mixengine.separation_models.registry import open_model

    opened = open_model(model, model_dir)
    if not path.is_dir():
        target = Path(out) if out else path.with_name(f"{path.stem}{_SUFFIX}{_kind(path)}")
        _show([clean(str(path), target, opened, blend=blend, progress=progress())], as_json, single=True)
        return
    named = path if path.name not in {"", ".."} else path.resolve()
    folder = Path(out) if out else named.with_name(f"{named.name}{_SUFFIX}")
    if folder.resolve() == path.resolve():
        raise UserError(f"{folder}: is the input, which is never overwritten; give another folder with -o")
    # a folder inside the input holds what an earlier run made
    names = [name for name in audio_files(path) if folder.resolve() not in Path(name).resolve().parents]
    if not names:
        raise UserError(f"{path}: no audio files in it besides those in {folder}")
    done, failed = [], 0
    for name, place in _places(path, folder, names):
        try:
            done.append(clean(name, place, opened, blend=blend, progress=progress()))
        except UserError as error:
            failed += 1
            say(f"mixengine: {error}")
    _show(done, as_json, single=False)
    if failed:
        raise typer.Exit(1)


def _show(done: list, as_json: bool, *, single: bool) -> None:
    from mixengine.report.tables import printable

    if as_json:
        found = [asdict(one) for one in done]
        typer.echo(json.dumps(found[0] if single else {"files": found}, indent=1))
        return
    terminal = console()
    for one in done:
        for note in one.notes:
            terminal.print(f"[yellow]note:[/yellow] {printable(note)}")
        level = "silence" if one.level_db is None else f"{one.level_db:+.1f} dB"
        pace = f"{one.seconds:.1f} s, {one.times_real_time:.0f} × real time"
        terminal.print(f"enhanced: {printable(one.output)} ({one.model}, {level}, {pace})", soft_wrap=True)


def _places(root: Path, folder: Path, names: list[str]) -> list[tuple[str, Path]]:
    """Each file with where it goes; a.mp3 beside a.wav becomes a.mp3.wav, so that none takes the other's place."""
    places = {name: folder / Path(name).relative_to(root) for name in names}
    kept = {place for place in places.values() if _kind(place) == place.suffix}
    for name, place in places.items():
        if place not in kept:
            wav = place.with_suffix(_kind(place))
            places[name] = wav if wav not in kept else place.with_name(f"{place.name}{_kind(place)}")
            kept.add(places[name])
    return list(places.items())


def _kind(path: Path) -> str:
    """Where the input's format is one that is written, the same; else WAV."""
    return path.suffix if path.suffix.lower() in {".wav", ".flac", ".aif", ".aiff"} else ".wav"


@app.command()
def evaluate(
    speech: Annotated[Path, typer.Option(help="Folder with clean speech.")],
    noise: Annotated[Path, typer.Option(help="Folder with noise.")],
    model: Annotated[list[str] | None, typer.Option(help="Models to compare. Default: unet.")] = None,
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

    found = write(
        speech, noise, model or ["unet"], snr, out, files=files, seed=seed, model_dir=model_dir, progress=progress()
    )
    if as_json:
        typer.echo(json.dumps(found.to_dict(), indent=1))
        return
    terminal = console()
    terminal.print(plain_table(page.heads(), page.rows(found.scores)))
    if found.page is not None:
        terminal.print(f"page: {found.page}", soft_wrap=True)
