"""``mixengine train``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from mixengine.cli.shared import AsJson, app, progress

train_app = typer.Typer(help="Train what mixengine listens with.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(train_app, name="train")


@train_app.command("speech-threshold")
def speech_threshold(
    speech: Annotated[Path, typer.Option(help="Folder with recordings of speech.")],
    music: Annotated[Path, typer.Option(help="Folder with recordings of music.")],
    most: Annotated[int, typer.Option("--files", help="How many files of each to use; 0: all.")] = 15,
    as_json: AsJson = False,
) -> None:
    """Find the threshold of the psd detector: midway between the means of speech and of music."""
    from mixengine.audio.files import audio_files
    from mixengine.duck.threshold import train

    model = train(audio_files(speech, most), audio_files(music, most), progress())
    if as_json:
        found = {"speech_mean": model.speech_mean, "music_mean": model.music_mean, "threshold": model.threshold}
        typer.echo(json.dumps(found, indent=1))
        return
    typer.echo(f"speech {model.speech_mean:.4f}, music {model.music_mean:.4f}, threshold {model.threshold:.4f}")
