"""``mixengine balance``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mixengine.cli.shared import (
    AsJson,
    DryRun,
    InPlace,
    NoCache,
    Out,
    PresetName,
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
    say,
)
from mixengine.model.settings import BalanceSettings
from mixengine.system.errors import UserError

_DEFAULTS = BalanceSettings()


@app.command()
def balance(
    session: Session,
    method: Annotated[
        str,
        typer.Option(help="instrument, active, multitrack, bark, energy, robust; of the paper p_lufs, lufs, centroid."),
    ] = _DEFAULTS.method,
    preset: PresetName = _DEFAULTS.preset,
    group: Annotated[str | None, typer.Option(help="folder: inside folders first; all: every track alike.")] = None,
    role: Roles = None,
    exact: Annotated[bool, typer.Option("--exact", help="Measure exactly as the paper does (slow).")] = False,
    variants: Annotated[bool, typer.Option("--variants", help="Also write the paper's three versions.")] = False,
    anchor: Annotated[str | None, typer.Option(help="Track that does not move; the others come to it.")] = None,
    lock: Annotated[list[str] | None, typer.Option(help="Track that does not move (may be repeated).")] = None,
    strength: Annotated[float, typer.Option(help="Percent of every move to make, 0 to 100.")] = _DEFAULTS.strength,
    with_report: WithReport = None,
    selected: Selected = False,
    batch: Annotated[
        bool | None,
        typer.Option("--batch/--one-session", help="Sub-folders are songs / groups (default: by their names)."),
    ] = None,
    out: Out = None,
    in_place: InPlace = False,
    no_cache: NoCache = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Balance the faders of a session and write a new project beside it."""
    from mixengine import batch as batches
    from mixengine.app import workflow
    from mixengine.jobs.balance.paper_variants import write as paper_variants

    settings = BalanceSettings(
        method=method,
        preset=preset,
        exact=exact,
        anchor=anchor,
        lock=tuple(lock or ()),
        group=group,
        roles=tuple(role or ()),
        strength=strength,
        selected_only=selected,
        cache=not no_cache,
    )
    extras = [*[paper_variants] * variants, *pages(with_report, session)]
    options: dict[str, Any] = {"out": given(out), "extras": extras, "dry_run": dry_run, "progress": progress()}
    source = path_of(session)
    songs = batches.songs(source, batch)
    if songs is None:
        outcome = workflow.run("balance", source, settings, in_place=in_place, **options)
        report(outcome.to_dict() if as_json else None, [outcome])
        return
    if in_place:
        raise UserError(f"{session}: --in-place is for project files; a batch writes beside its songs")
    result = batches.balance(source, songs, settings, **options)
    report(result.to_dict() if as_json else None, result.outcomes)
    for line in result.failures:
        say(f"mixengine: {line}")
    if result.failures:
        raise typer.Exit(1)
