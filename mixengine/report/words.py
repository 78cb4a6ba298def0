"""Numbers and names in sentences."""

from __future__ import annotations

from collections.abc import Sequence


def count(number: int, noun: str) -> str:
    """``1 fader``, ``2 faders``."""
    return f"{number} {noun}{'s' * (number != 1)}"


def joined(words: Sequence[str], max_words: int = 4) -> str:
    """``a, b and c``; of many the first, and how many more."""
    parts = list(words[:max_words])
    if len(words) > max_words:
        parts.append(f"{len(words) - max_words} more")
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def duration(seconds: float) -> str:
    """``42 s``, ``3 min 7 s``."""
    if seconds < 60.0:
        return f"{seconds:.0f} s"
    return f"{round(seconds) // 60} min {round(seconds) % 60} s"


def not_drawn(number: int, limit: int, noun: str) -> str:
    """What a figure that draws the first ``limit`` of them leaves out, as a sentence; empty where it draws all."""
    return f" The first {limit} {noun}s; {number - limit} more are not drawn." if number > limit else ""
