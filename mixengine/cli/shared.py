"""What every command shares: the app, common options, where output goes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mixengine.system.errors import UserError, unknown

if TYPE_CHECKING:
    from mixengine.hosts.folder_tracks import FolderOptions

app = typer.Typer(
    name="mixengine",
    help="Mixing assistant for REAPER projects and folders of stems.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Session = Annotated[str, typer.Argument(metavar="SESSION", help="A .RPP project, a folder of audio files, or: reaper.")]
Out = Annotated[str | None, typer.Option("-o", "--out", help="Folder for the results, or the project file to write.")]
InPlace = Annotated[bool, typer.Option("--in-place", help="Write into the project itself; a dated copy is kept.")]
WithReport = Annotated[
    bool | None,
    typer.Option(
        "--report/--no-report", help="A page (HTML) about what was done. Asked for, it listens to long mixes too."
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done; write nothing.")]
SplitChannels = Annotated[
    bool, typer.Option("--split-channels", help="Of a folder: a track for each channel of a file.")
]
Timestamps = Annotated[
    bool | None,
    typer.Option(
        "--timestamps/--no-timestamps",
        help="Of a folder: place files at their recorders' times (BWF). By default where all are of one day.",
    ),
]
Listen = Annotated[
    str,
    typer.Option(
        "--listen",
        metavar="as-needed|always|items",
        help="Of the running REAPER: tracks that it renders, so that their plug-ins and instruments are heard.",
    ),
]
Plugins = Annotated[
    str,
    typer.Option(
        "--plugins",
        metavar="models|host|off",
        help="Of a project file: play ReaEQ and ReaComp, load your own VST3 plug-ins too, or play none.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


def plugins_mode(word: str, session: str) -> str:
    """One of `mixengine.hosts.host.PLUGINS` as the user typed it, for a session that is not open in REAPER."""
    from mixengine.hosts.host import HOSTED, MODELS, PLUGINS
    from mixengine.system import extras

    if word not in PLUGINS:
        raise unknown("--plugins", word, PLUGINS)
    if word != MODELS and is_reaper(session):
        raise UserError(f"--plugins {word} is for project files: the running REAPER plays its plug-ins itself")
    if word == HOSTED:
        extras.require("plugins", f"--plugins {word}")
    return word


def path_of(word: str) -> Path:
    """A path the user typed; an empty word is a script's mistake and not the current folder."""
    if not word:
        raise UserError("SESSION is empty; give a REAPER project (.RPP) or a folder of audio files")
    return Path(word)


def is_reaper(session: str) -> bool:
    """Whether the user means the running REAPER."""
    from mixengine import hosts

    return hosts.is_live(session)


def pages(with_report: bool | None, session: str) -> list:
    """What to write for ``--report`` (``True``), ``--no-report``, and neither (a quick page; none for REAPER)."""
    from mixengine.app import pages as writers

    if with_report is None:
        return [] if is_reaper(session) else [writers.write_quick]
    return [writers.write] * with_report


def folder_options(path: Path, split_channels: bool, timestamps: bool | None) -> FolderOptions | None:
    """How a folder is read; options that are for folders alone are a mistake with anything else."""
    if not split_channels and timestamps is None:
        return None
    if not path.is_dir():
        raise UserError(f"{path}: --split-channels and --timestamps are for folders of audio files")
    from mixengine.hosts.folder_tracks import FolderOptions

    return FolderOptions(split_channels, timestamps)


def output_path(out: str | None) -> str | None:
    """The user's ``-o``; an empty word is a script's mistake."""
    if out == "":
        raise UserError("-o is empty; give a folder or a project file, or leave it out")
    return out


def report(
    data: dict[str, Any] | None, outcomes: list, *, if_nothing_written: str = "dry run: nothing was written"
) -> None:
    """Show outcomes: as one JSON object when ``data`` is given, else as the job's tables, notes and files."""
    if data is not None:
        typer.echo(json.dumps(data, indent=1, allow_nan=False))
        return
    from mixengine.app.pages import view_of
    from mixengine.report.tables import printable

    out = console()
    for outcome in outcomes:
        for entry in view_of(outcome.plan).show(outcome.plan):
            out.print(entry)
        for note in outcome.notes:
            out.print(f"[yellow]note:[/yellow] {printable(note)}")
        for what, path in outcome.outputs.items():
            out.print(f"{what.replace('_', ' ')}: {printable(path)}", soft_wrap=True)
        if outcome.nothing:
            out.print(printable(outcome.nothing), soft_wrap=True)
        elif not outcome.outputs and if_nothing_written:
            out.print(if_nothing_written)


def console() -> Any:
    """The terminal, or a wide page when the output goes elsewhere."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else 160)


def progress() -> Any:
    """The function that a job calls to report progress."""
    from mixengine.report.progress import TerminalProgress

    return TerminalProgress()


def say(line: str) -> None:
    """One line on stderr."""
    typer.echo(line, err=True)
