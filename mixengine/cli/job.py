"""``mixengine job``: what the action buttons in REAPER start."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mixengine.cli.shared import app


@app.command(hidden=True)
def job(file: Annotated[Path, typer.Argument(metavar="JOB.json")]) -> None:
    """Do a job that REAPER requested and write the answer beside its file."""
    from mixengine.reaper import backend

    if code := backend.run(file):
        raise typer.Exit(code)
