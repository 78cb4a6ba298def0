"""How long work reports where it stands. Standard library only."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int, str], None]
"""Called with how much is done, how much there is, and what is being done."""


def no_progress(_done: int, _total: int, _what: str) -> None:
    """Does nothing: for callers without a progress display."""
