"""``mixengine style``."""

from __future__ import annotations

from typing import Annotated

import typer

from mixengine.cli.shared import (
    AsJson,
    DryRun,
    InPlace,
    Out,
    Roles,
    Session,
    app,
    given,
    path_of,
    progress,
    report,
)
from mixengine.model.settings import StyleSettings

_DEFAULTS = StyleSettings()


@app.command()
def style(
    session: Session,
    reference: Annotated[str, typer.Option("--reference", metavar="FILE", help="Audio file whose mix is matched.")],
    checkpoint: Annotated[
        str | None, typer.Option("--checkpoint", metavar="CKPT", help="A Diff-MST checkpoint to start from.")
    ] = None,
    no_refine: Annotated[
        bool, typer.Option("--no-refine", help="Stop after the checkpoint's parameters, or after the closed form.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="Draws the pieces of sound to work on.")] = _DEFAULTS.seed,
    song_start: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Compare the song from here (default: its loud passages).")
    ] = None,
    reference_start: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Leave out the reference before this.")
    ] = None,
    role: Roles = None,
    with_report: Annotated[
        bool, typer.Option("--report/--no-report", help="A page (HTML) about what was done.")
    ] = True,
    out: Out = None,
    in_place: InPlace = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Match a mix to a reference: levels, pans, EQ and dynamics of groups, and the master."""
    from mixengine.app import workflow
    from mixengine.jobs.match.render import write as mix
    from mixengine.report.html.page import write as page

    settings = StyleSettings(
        reference=reference,
        checkpoint=checkpoint,
        refine=not no_refine,
        seed=seed,
        song_start_s=song_start,
        reference_start_s=reference_start,
        roles=tuple(role or ()),
    )
    in_reaper = session == "reaper"
    outcome = workflow.run(
        "style",
        path_of(session),
        settings,
        out=given(out),
        in_place=in_place,
        dry_run=dry_run,
        extras=[] if in_reaper else [mix, *[page] * with_report],
        progress=progress(),
    )
    report(outcome.to_dict() if as_json else None, [outcome])
