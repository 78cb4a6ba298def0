"""Progress of long work on stderr: a bar on a terminal, now and then a plain line elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any

_LINE_EVERY_S = 5.0


class TerminalProgress:
    """Called with (done, total, what)."""

    def __init__(self) -> None:
        self._last_line = time.monotonic()
        self._bar: Any = None
        self._task: Any = None

    def __call__(self, done: int, total: int, what: str) -> None:
        """Show that ``done`` of ``total`` is finished."""
        if sys.stderr.isatty():
            self._draw(done, total, what)
        elif time.monotonic() - self._last_line > _LINE_EVERY_S:
            self._last_line = time.monotonic()
            print(f"{done}/{total} {what}", file=sys.stderr, flush=True)

    def _draw(self, done: int, total: int, what: str) -> None:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import Progress

            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task(what, total=total)
            self._bar.start()
        self._bar.update(self._task, completed=done, total=total, description=what)
        if done >= total:
            self._bar.stop()
            self._bar = None
