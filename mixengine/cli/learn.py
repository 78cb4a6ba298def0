"""``mixengine learn``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mixengine.cli.shared import AsJson, DryRun, app, say
from mixengine.system.errors import UserError


@app.command()
def learn(
    project: Annotated[Path, typer.Argument(metavar="SONG.RPP", help="A project that was balanced, then corrected.")],
    preset: Annotated[
        str | None, typer.Option(help="Preset to correct; default: the learned one, else as used.")
    ] = None,
    name: Annotated[str, typer.Option(help="Name of your preset.")] = "learned",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Remember how you corrected the faders: written as a preset of your own, for --preset learned."""
    from mixengine.app import learn as learning
    from mixengine.hosts.project_file import ProjectFile
    from mixengine.model import presets
    from mixengine.system.staging import Staging

    if not name.replace("-", "").replace("_", "").isalnum():
        raise UserError(f"--name {name}: use letters, digits, - and _")
    source = ProjectFile(project).project
    base = learning.base_preset(source, preset)
    lessons = learning.learn(source, base)
    path = presets.user_folder() / f"{name}.toml"
    nothing = "" if lessons or not path.exists() else learning.nothing_new(base)
    if not dry_run and not nothing:
        with Staging(path.parent) as stage:
            stage.path(path.name).write_text(learning.as_toml(source, base, lessons), encoding="utf-8")
            stage.commit()
        for note in stage.notes:
            say(f"note: {note}")
    if as_json:
        data = {"preset": str(path), "base": base.name, "lessons": [asdict(lesson) for lesson in lessons]}
        typer.echo(json.dumps({**data, **({"nothing_to_do": nothing} if nothing else {})}, indent=1))
        return
    if nothing:
        typer.echo(f"nothing to learn: {nothing}; nothing was written")
        return
    for lesson in lessons:
        typer.echo(lesson.in_words())
    typer.echo("dry run: nothing was written" if dry_run else f"written: {path}   (use it: --preset {name})")
