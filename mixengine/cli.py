"""The command line: options in, tables and JSON out. No logic lives here.

Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 the user's problem (one line), 2 wrong usage,
3 ours.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer

from mixengine import __version__
from mixengine.errors import UserError
from mixengine.settings import BalanceSettings

_TYPER_INTERRUPTED = 130
_DEFAULTS = BalanceSettings()

app = typer.Typer(
    name="mixengine",
    help="Mixing assistant for REAPER projects and folders of stems.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
rpp_app = typer.Typer(help="Look into REAPER project files.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(rpp_app, name="rpp")
cache_app = typer.Typer(help="Measurements kept for the next run.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(cache_app, name="cache")

Out = Annotated[str | None, typer.Option("-o", "--out", help="Folder for the results, or the project file to write.")]
InPlace = Annotated[bool, typer.Option("--in-place", help="Write into the project itself; a dated copy is kept.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mixengine {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    pass


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to put the demo session.")] = Path(
        "mixengine-demo"
    ),
) -> None:
    """Make a small session from audio in the package, balance it, and say where to look."""
    from mixengine import demo as demonstration

    demonstration.run(folder, console=_console(), progress=_progress())


@app.command()
def balance(
    session: Annotated[str, typer.Argument(metavar="SESSION", help="A .RPP project or a folder of audio files.")],
    method: Annotated[
        str,
        typer.Option(help="instrument, active, multitrack, bark, energy, robust; of the paper p_lufs, lufs, centroid."),
    ] = _DEFAULTS.method,
    preset: Annotated[str, typer.Option(help="Name of a preset, or a .toml file.")] = _DEFAULTS.preset,
    group: Annotated[str | None, typer.Option(help="folder: inside folders first; all: every track alike.")] = None,
    role: Annotated[list[str] | None, typer.Option(help="TRACK=ROLE, remembered in the project.")] = None,
    exact: Annotated[bool, typer.Option("--exact", help="Measure exactly as the paper does (slow).")] = False,
    variants: Annotated[bool, typer.Option("--variants", help="Also write the paper's three versions.")] = False,
    anchor: Annotated[str | None, typer.Option(help="Track that does not move; the others come to it.")] = None,
    lock: Annotated[list[str] | None, typer.Option(help="Track that does not move (may be repeated).")] = None,
    strength: Annotated[float, typer.Option(help="Percent of every move to make, 0 to 100.")] = _DEFAULTS.strength,
    selected: Annotated[bool, typer.Option("--selected", help="Move only tracks selected in the project.")] = False,
    batch: Annotated[
        bool | None,
        typer.Option("--batch/--one-session", help="Sub-folders are songs / groups (default: by their names)."),
    ] = None,
    out: Out = None,
    in_place: InPlace = False,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Measure everything anew; keep nothing.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done; write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Balance the faders of a session and write a new project beside it."""
    from mixengine import batch as batches
    from mixengine import workflow

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
    options: dict[str, Any] = {"out": _given(out), "variants": variants, "dry_run": dry_run, "progress": _progress()}
    source = _path(session)
    songs = batches.songs(source, batch)
    if songs is None:
        outcome = workflow.balance(source, settings, in_place=in_place, **options)
        _report(outcome.to_dict() if as_json else None, [outcome])
        return
    if in_place:
        raise UserError(f"{session}: --in-place is for project files; a batch writes beside its songs")
    result = batches.balance(source, songs, settings, **options)
    _report(result.to_dict() if as_json else None, result.outcomes)
    for line in result.failures:
        _say(f"mixengine: {line}")
    if result.failures:
        raise typer.Exit(1)


@app.command()
def apply(
    plan: Annotated[Path, typer.Argument(metavar="PLAN.json")],
    session: Annotated[str, typer.Argument(metavar="SESSION")],
    out: Out = None,
    in_place: InPlace = False,
) -> None:
    """Apply a plan that an earlier command wrote."""
    _apply(plan, session, out, in_place, undo=False)


@app.command()
def revert(
    plan: Annotated[Path, typer.Argument(metavar="PLAN.json")],
    session: Annotated[str, typer.Argument(metavar="SESSION")],
    out: Out = None,
    in_place: InPlace = False,
) -> None:
    """Undo a plan: put back what it changed and nothing else."""
    _apply(plan, session, out, in_place, undo=True)


def _apply(plan: Path, session: str, out: str | None, in_place: bool, *, undo: bool) -> None:
    from mixengine import workflow

    outcome = workflow.apply_plan(plan, _path(session), out=_given(out), in_place=in_place, undo=undo)
    for note in outcome.notes:
        _say(f"note: {note}")
    typer.echo(f"written: {outcome.outputs['project']}")


@cache_app.command("clear")
def cache_clear() -> None:
    """Forget all measurements."""
    from mixengine import cache, places

    count, size = cache.clear()
    typer.echo(f"{count} measurements forgotten ({size / 1e6:.1f} MB) in {places.cache_folder()}")


@rpp_app.command("check")
def rpp_check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…")],
    as_json: AsJson = False,
) -> None:
    """Read projects and write them again: exit 1 and say where if a byte would differ."""
    from mixengine.hosts.rpp import check

    results, failed = check.check_all(files)
    if as_json:
        typer.echo(json.dumps([check.as_dict(result) for result in results], indent=1))
    for result in results:
        if not as_json and result.version:
            typer.echo(check.in_words(result))
        elif not result.version:
            _say(f"mixengine: {result.warnings[0]}")
    if failed:
        raise typer.Exit(1)


def _path(word: str) -> Path:
    """A path the user typed; an empty word is a script's mistake and not the current folder."""
    if not word:
        raise UserError("SESSION is empty; give a REAPER project (.RPP) or a folder of audio files")
    return Path(word)


def _given(out: str | None) -> str | None:
    if out == "":
        raise UserError("-o is empty; give a folder or a project file, or leave it out")
    return out


def _report(data: dict[str, Any] | None, outcomes: list) -> None:
    if data is not None:
        typer.echo(json.dumps(data, indent=1, allow_nan=False))
        return
    from mixengine.report.tables import balance_table, printable
    from mixengine.units import plain_db

    console = _console()
    for outcome in outcomes:
        console.print(balance_table(outcome.plan))
        headroom_db = outcome.plan.details["headroom_db"]
        console.print(f"sum of the tracks: {plain_db(-headroom_db)} dBTP")
        for note in outcome.notes:
            console.print(f"[yellow]note:[/yellow] {printable(note)}")
        for what, path in outcome.outputs.items():
            console.print(f"{what.replace('_', ' ')}: {printable(path)}", soft_wrap=True)
        if not outcome.outputs:
            console.print("dry run: nothing was written")


def _console() -> Any:
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else 160)


def _progress() -> Any:
    from mixengine.report.progress import Progress

    return Progress()


def _say(line: str) -> None:
    typer.echo(line, err=True)


def main() -> None:
    """Entry point: turns every failure into one line and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    signal.signal(signal.SIGTERM, _terminate)
    code = _exit_code()
    try:
        sys.stdout.flush()
    except OSError as error:
        _say(f"mixengine: output: {error.strerror}")
        code = code or 1
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _exit_code() -> int:
    try:
        code = int(app(standalone_mode=False) or 0)
        return _interrupted() if code == _TYPER_INTERRUPTED else code
    except UserError as error:
        _say(f"mixengine: {error}")
        return 1
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except OSError as error:
        _say(f"mixengine: {error.filename or 'output'}: {error.strerror or error}")
        return 1
    except Exception as error:
        # typer brings its own copy of click, so that its usage errors are known by what they can do
        if hasattr(error, "show") and hasattr(error, "exit_code"):
            error.show()
            return int(error.exit_code)
        return _interrupted() if _is_interrupt(error) else _internal(error)


def _is_interrupt(error: BaseException | None) -> bool:
    """Whether an interrupt hides in an error: typer's Abort, or compiled code that wraps what it was stopped by."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt) or type(error).__name__ == "Abort":
            return True
        error = error.__cause__ or error.__context__
    return False


def _terminate(*_: object) -> None:
    raise KeyboardInterrupt


def _interrupted() -> int:
    _say("mixengine: interrupted; nothing half-written was left")
    return 1


def _internal(error: Exception) -> int:
    if os.environ.get("MIXENGINE_DEBUG"):
        traceback.print_exc()
    where = traceback.extract_tb(error.__traceback__)[-1]
    _say(
        f"mixengine: internal error, please report it: {type(error).__name__}: {error} "
        f"({Path(where.filename).name}:{where.lineno}; MIXENGINE_DEBUG=1 shows more)"
    )
    return 3
