"""What tests of the command line ask of a result."""

from __future__ import annotations

import subprocess
from pathlib import Path


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
