"""``mixengine train``."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from mixengine.cli.shared import AsJson, app, progress

train_app = typer.Typer(help="Train what mixengine listens with.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(train_app, name="train")


@train_app.command("speech-threshold")
def speech_threshold(
    speech: Annotated[Path, typer.Option(help="Folder with recordings of speech.")],
    music: Annotated[Path, typer.Option(help="Folder with recordings of music.")],
    max_files: Annotated[int, typer.Option("--files", help="How many files of each to use; 0: all.")] = 15,
    as_json: AsJson = False,
) -> None:
    """Find the threshold of the psd detector: midway between the means of speech and of music."""
    from mixengine.audio.files import audio_files
    from mixengine.training.speech_threshold import train

    model = train(audio_files(speech, max_files), audio_files(music, max_files), progress())
    if as_json:
        result = {"speech_mean": model.speech_mean, "music_mean": model.music_mean, "threshold": model.threshold}
        typer.echo(json.dumps(result, indent=1))
        return
    typer.echo(f"speech {model.speech_mean:.4f}, music {model.music_mean:.4f}, threshold {model.threshold:.4f}")


@train_app.command("style")
def style(
    multitracks: Annotated[Path, typer.Option(help="Folder of songs, each a folder of stems.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the checkpoint.")] = Path("style-controller"),
    references: Annotated[Path | None, typer.Option(help="Folder of finished mixes to learn from too.")] = None,
    hold_out: Annotated[str, typer.Option(help="Song to check with; default: the last.")] = "",
    steps: Annotated[int, typer.Option(help="Updates of the network.")] = 1500,
    batch: Annotated[int, typer.Option(help="Examples per update.")] = 4,
    learning_rate: Annotated[float, typer.Option(help="Highest step size.")] = 1e-3,
    check_every: Annotated[int, typer.Option(help="Updates between two looks at the held-out song.")] = 50,
    patience: Annotated[int, typer.Option(help="Stop after so many looks without improvement.")] = 8,
    minutes: Annotated[float, typer.Option(help="Pause after this time; 0: never.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    resume: Annotated[bool, typer.Option("--resume/--restart", help="Go on with what -o holds, or anew.")] = True,
    as_json: AsJson = False,
) -> None:
    """Train a small controller for matching mixes, from multitracks alone; it can be interrupted at any time."""
    from mixengine.training.controller.job import train as train_controller

    trained = train_controller(
        multitracks,
        out,
        references=references,
        hold_out=hold_out,
        restart=not resume,
        progress=progress(),
        steps=steps,
        batch=batch,
        learning_rate=learning_rate,
        check_every=check_every,
        patience=patience,
        minutes=minutes,
        seed=seed,
    )
    if as_json:
        result = {**dataclasses.asdict(trained), "checkpoint": str(trained.checkpoint)}
        typer.echo(json.dumps(result, indent=1))
        return
    typer.echo(
        f"{trained.ended}; loss on the held-out song {trained.untrained:.3f} untrained, {trained.best:.3f} at its best;"
        f" use: mixengine match SESSION --reference FILE --checkpoint {trained.checkpoint}"
    )


@train_app.command()
def unet(
    speech: Annotated[Path, typer.Option(help="Folder with recordings of clean speech.")],
    noise: Annotated[Path, typer.Option(help="Folder with recordings of noise.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of the run; an interrupted run goes on there.")],
    music: Annotated[list[Path] | None, typer.Option(help="Folder with music, to serve as noise now and then.")] = None,
    hold_out: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN", help="Files never to train with; they check the training. Default: every ninth."
        ),
    ] = None,
    snr: Annotated[
        tuple[float, float] | None, typer.Option(help="Lowest and highest speech-to-noise ratio in dB.")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Steps of learning.")] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Mixtures per step.")] = None,
    rate: Annotated[float | None, typer.Option(min=0.0, help="Highest rate of learning.")] = None,
    clean: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Share of speech with next to no noise.")
    ] = None,
    start: Annotated[Path | None, typer.Option(help="Folder of another run, to begin with its best network.")] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same mixtures.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Train the network of `enhance` on your recordings (MS-SNSD's folders work as they are)."""
    from dataclasses import replace

    from mixengine.training.unet.mixtures import Recipe
    from mixengine.training.unet.run import run

    chosen: dict[str, Any] = {"snr_db": snr, "clean": clean}
    trained = run(
        speech,
        noise,
        music or [],
        out,
        hold_out=hold_out or [],
        recipe=replace(Recipe(), **{name: value for name, value in chosen.items() if value is not None}),
        steps=steps,
        batch=batch,
        rate=rate,
        seed=seed,
        start=start,
        progress=progress(),
    )
    if as_json:
        result = {
            "model": str(trained.model),
            "steps": trained.steps,
            "validation": trained.validation,
            "difference": trained.difference,
        }
        typer.echo(json.dumps(result, indent=1))
        return
    typer.echo(f"{trained.model}: loss on what was set aside {trained.validation:.3f} after {trained.steps} steps")
    typer.echo(f"use it with: mixengine enhance IN.wav --model unet:{trained.model}")
