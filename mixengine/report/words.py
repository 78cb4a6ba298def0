"""Numbers and names in sentences."""

from __future__ import annotations

from collections.abc import Sequence


def count(number: int, noun: str) -> str:
    """``1 fader``, ``2 faders``."""
    return f"{number} {noun}{'s' * (number != 1)}"


def joined(words: Sequence[str], most: int = 4) -> str:
    """``a, b and c``; of many the first, and how many more."""
    shown = list(words[:most])
    if len(words) > most:
        shown.append(f"{len(words) - most} more")
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def duration(seconds: float) -> str:
    """``42 s``, ``3 min 7 s``."""
    if seconds < 60.0:
        return f"{seconds:.0f} s"
    return f"{round(seconds) // 60} min {round(seconds) % 60} s"
