"""``mixengine render``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mixengine.cli import jobs
from mixengine.cli.shared import (
    AsJson,
    InPlace,
    Plugins,
    Session,
    SplitChannels,
    Timestamps,
    WithReport,
    console,
    folder_options,
    output_path,
    pages,
    path_of,
    plugins_mode,
    progress,
    report,
)
from mixengine.jobs.render.settings import RenderSettings
from mixengine.system.errors import UserError
from mixengine.system.progress import no_progress

if TYPE_CHECKING:
    from mixengine.jobs.render.export import Rendered

_MAX_LISTED = 12


@jobs.command("render")
def render(
    session: Session,
    settings: RenderSettings,
    into_project: Annotated[
        bool, typer.Option("--into-project", help="Add the stems to the project as tracks and mute the originals.")
    ] = False,
    out: Annotated[
        str | None, typer.Option("-o", "--out", help="Folder for the files; with --mix alone also a file name.")
    ] = None,
    in_place: InPlace = False,
    plugins: Plugins = "models",
    split_channels: SplitChannels = False,
    timestamps: Timestamps = None,
    with_report: WithReport = None,
    show: Annotated[bool, typer.Option("--progress/--no-progress", help="Tell how far it is.")] = True,
    as_json: AsJson = False,
) -> None:
    """Render the session offline: mix and stems that line up and add up, and what is not in them."""
    from mixengine import hosts
    from mixengine.app import render_files

    show_progress = progress() if show else no_progress
    source = path_of(session)
    host = None
    if into_project or not render_files.is_audio_file(source):
        host = hosts.open_host(source, folder_options(source, split_channels, timestamps))
    if into_project and host is not None:
        from mixengine.app import workflow

        if settings.mix:
            raise UserError("--mix with --into-project: only stems become tracks; leave --mix out")
        if settings.target is not None:
            raise UserError("--target with --into-project: only stems become tracks; use mixengine deliver")
        if hosts.is_live(session):
            raise UserError("reaper: use the action 'Render stems' in REAPER, or save and name the project file")
        outcome = workflow.run_job(
            "render",
            host,
            settings,
            out=output_path(out),
            in_place=in_place,
            extras=pages(with_report, session),
            plugins=plugins_mode(plugins, session),
            progress=show_progress,
        )
        report(outcome.to_dict() if as_json else None, [outcome])
        return
    if in_place:
        raise UserError("--in-place goes with --into-project: a render alone changes no project")

    def page(done: Rendered, first: Path) -> tuple[str, str] | None:
        """A page about it beside the files; none beside a single mix without a target, unless requested."""
        from mixengine.jobs.render.page import page as page_of
        from mixengine.report.html.page import NAME

        alone = len(done.written) == 1 and done.written[0].kind == "mix" and done.finished is None
        reference = Path(settings.reference) if settings.reference else None
        return (
            None if with_report is False or (with_report is None and alone) else (NAME, page_of(done, first, reference))
        )

    done = render_files.render(
        host or source,
        settings,
        out=output_path(out),
        plugins=plugins_mode(plugins, session),
        page=page,
        progress=show_progress,
    )
    _show(done, as_json)


def _show(done: Rendered, as_json: bool) -> None:
    """The report; exit code 1 when the stems do not add up."""
    from mixengine.jobs.render.export import summary_lines
    from mixengine.model.codec import encode
    from mixengine.report.tables import printable

    if as_json:
        typer.echo(json.dumps(encode(done.to_dict()), indent=1, allow_nan=False))
    else:
        terminal = console()
        for file in done.written[:_MAX_LISTED]:
            terminal.print(f"{file.kind}: {printable(file.file)}", soft_wrap=True)
        if len(done.written) > _MAX_LISTED:
            terminal.print(f"… and {len(done.written) - _MAX_LISTED} more")
        for entry in done.unheard:
            terminal.print(f"not rendered of {printable(entry.track)}: {printable('; '.join(entry.what))}")
        for note in done.notes:
            terminal.print(f"note: {printable(note)}")
        for line in summary_lines(done):
            terminal.print(printable(line), soft_wrap=True)
        for what, path in done.outputs.items():
            terminal.print(f"{what}: {printable(path)}", soft_wrap=True)
    if done.adds_up is False:
        raise typer.Exit(1)
