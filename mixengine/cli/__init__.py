"""The command line: options in, tables and JSON out. No logic lives here.

Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 the user's problem (one line), 2 wrong usage,
3 ours.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from mixengine import __version__
from mixengine.cli import (  # noqa: F401 - each adds its commands
    batch,
    encodings,
    enhance,
    job,
    jobs,
    learn,
    lint,
    projects,
    reaper,
    render,
    report,
    separate,
    train,
)
from mixengine.cli.shared import app, say
from mixengine.system.errors import UserError

_TYPER_INTERRUPTED = 130
jobs.register(app)


def _version(print_version: bool) -> None:
    if print_version:
        typer.echo(f"mixengine {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Entry point: turns every failure into one line and an exit code."""
    encodings.prepare()
    signal.signal(signal.SIGTERM, _terminate)
    code = _exit_code()
    try:
        sys.stdout.flush()
    except OSError as error:
        say(f"mixengine: output: {error.strerror}")
        code = code or 1
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _exit_code() -> int:
    try:
        code = int(app(standalone_mode=False) or 0)
        return _interrupted() if code == _TYPER_INTERRUPTED else code
    except UserError as error:
        say(f"mixengine: {error}")
        return 1
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except OSError as error:
        say(f"mixengine: {error.filename or 'output'}: {error.strerror or error}")
        return 1
    except Exception as error:
        # typer brings its own copy of click, so usage errors are recognised by their methods
        if hasattr(error, "show") and hasattr(error, "exit_code"):
            error.show()
            return int(error.exit_code)
        return _interrupted() if _is_interrupt(error) else _internal(error)


def _is_interrupt(error: BaseException | None) -> bool:
    """Whether an error wraps an interrupt: typer's Abort, or an error of compiled code caused by it."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt) or type(error).__name__ == "Abort":
            return True
        error = error.__cause__ or error.__context__
    return False


def _terminate(*_: object) -> None:
    raise KeyboardInterrupt


def _interrupted() -> int:
    say("mixengine: interrupted; nothing half-written was left")
    return 1


def _internal(error: Exception) -> int:
    if os.environ.get("MIXENGINE_DEBUG"):
        traceback.print_exc()
    where = traceback.extract_tb(error.__traceback__)[-1]
    say(
        f"mixengine: internal error, please report it: {type(error).__name__}: {error} "
        f"({Path(where.filename).name}:{where.lineno}; MIXENGINE_DEBUG=1 shows more)"
    )
    return 3
