"""``mixengine tone``."""

from __future__ import annotations

from typing import Annotated

import typer

from mixengine.cli.shared import (
    AsJson,
    DryRun,
    InPlace,
    NoCache,
    Out,
    Roles,
    Selected,
    Session,
    WithReport,
    app,
    given,
    pages,
    path_of,
    progress,
    report,
)
from mixengine.model.settings import ToneSettings

_DEFAULTS = ToneSettings()


@app.command()
def tone(
    session: Session,
    mode: Annotated[str, typer.Option(help="masking, or three-band (the published carve).")] = _DEFAULTS.mode,
    priority: Annotated[
        list[str] | None, typer.Option(metavar="TRACK", help="Must be heard through the others, first one first.")
    ] = None,
    track: Annotated[list[str] | None, typer.Option(metavar="TRACK", help="Equalise only this track.")] = None,
    role: Roles = None,
    max_cut: Annotated[float, typer.Option(help="Deepest cut in dB.")] = _DEFAULTS.max_cut_db,
    max_bands: Annotated[int, typer.Option(help="Most cuts on a track.")] = _DEFAULTS.max_bands,
    render: Annotated[bool, typer.Option("--render", help="Also write the mix through the equalisers.")] = False,
    with_report: WithReport = None,
    selected: Selected = False,
    out: Out = None,
    in_place: InPlace = False,
    no_cache: NoCache = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Make room for speech (or any track) by EQ cuts in what covers it."""
    from mixengine.app import workflow
    from mixengine.jobs.unmask.carved_stems import write as mix

    settings = ToneSettings(
        mode=mode,
        priority=tuple(priority or ()),
        tracks=tuple(track or ()),
        roles=tuple(role or ()),
        max_cut_db=max_cut,
        max_bands=max_bands,
        selected_only=selected,
        cache=not no_cache,
    )
    outcome = workflow.run(
        "tone",
        path_of(session),
        settings,
        out=given(out),
        in_place=in_place,
        dry_run=dry_run,
        extras=[*[mix] * render, *pages(with_report, session)],
        progress=progress(),
    )
    report(outcome.to_dict() if as_json else None, [outcome])
