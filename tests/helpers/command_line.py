"""The program as a user calls it, and what tests ask of a result."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

import typer.main

from mixengine.cli import main

WIDE = {"PYTHONIOENCODING": "utf-8", "COLUMNS": "200"}

_build, _built = typer.main.get_command, dict[object, Any]()


def run_process(*words: object, **options: object) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own: for signals, crashes, full disks, and to see that it starts at all."""
    command = [sys.executable, "-m", "mixengine", *map(str, words)]
    settings = {"capture_output": True, "encoding": "utf-8", "env": {**os.environ, **WIDE}, "timeout": 300, **options}
    return subprocess.run(command, check=False, **settings)  # type: ignore[call-overload]


def run(*words: object) -> subprocess.CompletedProcess[str]:
    """Run the program in this process, from its words to its exit code: a second faster than in one of its own."""
    command = ["mixengine", *map(str, words)]
    out, errors = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, WIDE))
        stack.enter_context(patch.object(sys, "argv", command))
        stack.enter_context(redirect_stdout(out))
        stack.enter_context(redirect_stderr(errors))
        stack.enter_context(_signals_kept())
        stack.enter_context(patch.object(typer.main, "get_command", _command))
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
    texts = (stream.buffer.getvalue().decode("utf-8").replace("\r\n", "\n") for stream in (out, errors))
    return subprocess.CompletedProcess(command, code, *texts)


def _command(app: typer.Typer) -> Any:
    """The parser of all commands, which a program makes once and the tests would make in each of their calls."""
    key = _parts(app)
    if key not in _built:
        _built[key] = _build(app)
    return _built[key]


def _parts(app: typer.Typer) -> tuple[object, ...]:
    """What an app consists of, commands that a test adds included."""
    return (app, *app.registered_commands, *(_parts(group.typer_instance) for group in app.registered_groups))  # type: ignore[arg-type]


@contextmanager
def _signals_kept():
    """The program answers SIGTERM in its own way; what runs it here has another."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def listing(folder: Path) -> list[str]:
    """Everything below a folder, hidden things too."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def one_line(result: subprocess.CompletedProcess[str], *words: str) -> None:
    """The user's mistake: exit 1, one line that holds ``words``, no traceback."""
    assert result.returncode == 1, result.stderr
    lines = [line for line in result.stderr.splitlines() if line.startswith("mixengine:")]
    assert len(lines) == 1, result.stderr
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in lines[0]
