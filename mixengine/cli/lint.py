"""``mixengine lint``."""

from __future__ import annotations

from typing import Annotated

import typer

from mixengine.cli import jobs
from mixengine.cli.shared import (
    AsJson,
    Out,
    SplitChannels,
    Timestamps,
    WithReport,
    folder_options,
    output_path,
    path_of,
    progress,
    report,
)
from mixengine.jobs.lint.settings import LintSettings

_ORDER = ("project", "plan", "report")


@jobs.command("lint")
def lint(
    session: Annotated[str, typer.Argument(metavar="SESSION", help="A .RPP project, or a folder of audio files.")],
    settings: LintSettings,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when there is an error.")] = False,
    with_report: WithReport = None,
    split_channels: SplitChannels = False,
    timestamps: Timestamps = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong with a session: clipping, polarity, missing media, noise and more. Changes nothing.

    A page about it is written to SESSION-linted/.
    """
    from mixengine import hosts
    from mixengine.app import workflow
    from mixengine.jobs.lint import page

    source, target = path_of(session), output_path(out)
    with_page = with_report is not False
    # findings are shown even where nothing can be written, unless an option requests files
    wants_files = settings.markers or with_report or target is not None
    outcome = workflow.run_job(
        "lint",
        hosts.open_files(source, folder_options(source, split_channels, timestamps)),
        settings,
        out=target,
        extras=[page.write] * with_page,
        project=settings.markers,
        dry_run=not settings.markers and not with_page,
        or_note="" if wants_files else "no page was written",
        progress=progress(),
    )
    outcome.outputs = {what: outcome.outputs[what] for what in _ORDER if what in outcome.outputs}
    report(outcome.to_dict() if as_json else None, [outcome], if_nothing_written="")
    if strict and outcome.plan.details["counts"]["error"]:
        raise typer.Exit(1)
