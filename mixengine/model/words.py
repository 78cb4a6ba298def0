"""Names in sentences and in what users type. Standard library only: REAPER's own Python imports this."""

from __future__ import annotations

from collections.abc import Sequence


def name_list(names: Sequence[str], max_names: int = 4) -> str:
    """``a, b, c``; of a long list the first names and how many more there are: ``a, b, c, d and 3 more``."""
    more = len(names) - max_names
    return ", ".join(names[:max_names]) + (f" and {more} more" if more > 0 else "")


def comma_separated(text: str) -> tuple[str, ...]:
    """The words of ``a, b,c``."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def fitting(lines: Sequence[str], max_lines: int, max_characters: int) -> list[str]:
    """As many lines from the first on as fit into so many characters; the first one in any case."""
    shown: list[str] = []
    for line in lines[:max_lines]:
        if shown and sum(map(len, shown)) + len(line) > max_characters:
            break
        shown.append(line)
    return shown
