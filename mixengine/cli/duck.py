"""``mixengine duck``."""

from __future__ import annotations

from typing import Annotated

import typer

from mixengine.cli.shared import (
    AsJson,
    DryRun,
    InPlace,
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
)
from mixengine.model.settings import DuckSettings

_DEFAULTS = DuckSettings()


@app.command()
def duck(
    session: Session,
    speech: Annotated[list[str] | None, typer.Option(metavar="TRACK", help="A track with speech (repeatable).")] = None,
    music: Annotated[list[str] | None, typer.Option(metavar="TRACK", help="A track with music (repeatable).")] = None,
    ambience: Annotated[
        list[str] | None, typer.Option(metavar="TRACK", help="A track with ambience or effects (repeatable).")
    ] = None,
    priority: Annotated[
        list[str] | None, typer.Option(metavar="TRACK", help="Speech above which other speech is ducked too.")
    ] = None,
    role: Roles = None,
    target_lu: Annotated[float | None, typer.Option(help="LU of speech above music; preset: 10.")] = None,
    ambience_lu: Annotated[float | None, typer.Option(help="LU of speech above ambience; preset: 15.")] = None,
    depth_db: Annotated[float | None, typer.Option(help="Duck by this many dB everywhere instead.")] = None,
    alpha: Annotated[float | None, typer.Option(help="The same as a factor: music x (1 - alpha).")] = None,
    limit_db: Annotated[float | None, typer.Option(help="Deepest duck for a target; preset: 18.")] = None,
    detector: Annotated[str, typer.Option(help="psd-adaptive, silero, energy, psd.")] = _DEFAULTS.detector,
    bed: Annotated[str | None, typer.Option(help="Level music first by: loudness, rms, keep.")] = None,
    preset: PresetName = _DEFAULTS.preset,
    fade_down: Annotated[float | None, typer.Option(help="Seconds of the way down.")] = None,
    hold: Annotated[float | None, typer.Option(help="Seconds between the last word and the way up.")] = None,
    fade_up: Annotated[float | None, typer.Option(help="Seconds of the way up.")] = None,
    look_ahead: Annotated[float | None, typer.Option(help="Seconds before the first word to be down.")] = None,
    buses: Annotated[bool, typer.Option("--buses", help="One envelope per folder of music, not per track.")] = False,
    render: Annotated[bool, typer.Option("--render", help="Also write the ducked mix and a figure.")] = False,
    with_report: WithReport = None,
    selected: Selected = False,
    out: Out = None,
    in_place: InPlace = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Lower music and ambience under speech by volume envelopes."""
    from mixengine.app import workflow
    from mixengine.jobs.duck.ducked_mix import write as ducked_mix

    settings = DuckSettings(
        speech=tuple(speech or ()),
        music=tuple(music or ()),
        ambience=tuple(ambience or ()),
        priority=tuple(priority or ()),
        roles=tuple(role or ()),
        detector=detector,
        preset=preset,
        target_lu=target_lu,
        ambience_lu=ambience_lu,
        depth_db=depth_db,
        alpha=alpha,
        limit_db=limit_db,
        fade_down_s=fade_down,
        hold_s=hold,
        fade_up_s=fade_up,
        look_ahead_s=look_ahead,
        bed=bed,
        buses=buses,
        selected_only=selected,
    )
    outcome = workflow.run(
        "duck",
        path_of(session),
        settings,
        out=given(out),
        in_place=in_place,
        dry_run=dry_run,
        extras=[*[ducked_mix] * render, *pages(with_report, session)],
        progress=progress(),
    )
    report(outcome.to_dict() if as_json else None, [outcome])
