"""``mixengine enhance`` and ``mixengine evaluate``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mixengine.cli.shared import AsJson, app, console, given, path_of, progress

_SUFFIX = "-enhanced"


@app.command()
def enhance(
    source: Annotated[str, typer.Argument(metavar="FILE", help="A recording of speech.")],
    out: Annotated[str | None, typer.Option("-o", "--out", help="The file to write (.wav, .flac).")] = None,
    model: Annotated[str, typer.Option(help="unet, rnnoise, mask, …; `separate --list` shows all.")] = "unet",
    blend: Annotated[float, typer.Option(help="0: as it was, 1: as clean as can be.")] = 1.0,
    model_dir: Annotated[Path | None, typer.Option(help="Folder with models' weights.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take the noise out of speech: same length, rate and channels, aligned to the sample."""
    from mixengine.enhance.files import enhance as clean
    from mixengine.report.tables import printable
    from mixengine.separate.models import open_model

    path, name = path_of(source), given(out)
    target = Path(name) if name else path.with_name(f"{path.stem}{_SUFFIX}{_kind(path)}")
    done = clean(str(path), target, open_model(model, model_dir), blend=blend, progress=progress())
    if as_json:
        typer.echo(json.dumps(asdict(done), indent=1))
        return
    terminal = console()
    for note in done.notes:
        terminal.print(f"[yellow]note:[/yellow] {printable(note)}")
    level = "silence" if done.level_db is None else f"{done.level_db:+.1f} dB"
    pace = f"{done.seconds:.1f} s, {done.times_real_time:.0f} × real time"
    terminal.print(f"enhanced: {printable(done.output)} ({done.model}, {level}, {pace})", soft_wrap=True)


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
    from mixengine.enhance import evaluation_page
    from mixengine.enhance.evaluation import write
    from mixengine.report.tables import plain_table

    found = write(
        speech, noise, model or ["unet"], snr, out, files=files, seed=seed, model_dir=model_dir, progress=progress()
    )
    if as_json:
        typer.echo(json.dumps(found.to_dict(), indent=1))
        return
    terminal = console()
    terminal.print(plain_table(evaluation_page.heads(), evaluation_page.rows(found.scores)))
    if found.page is not None:
        terminal.print(f"page: {found.page}", soft_wrap=True)
