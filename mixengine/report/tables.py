"""Tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.markup import escape
from rich.table import Table

from mixengine.hosts.rpp.words import encode


def printable(text: str) -> str:
    """A name from a project for a terminal: no markup, no control characters, odd bytes as ``?``."""
    clean = encode(text).decode("utf-8", "replace")
    return escape("".join(char if char.isprintable() else "?" for char in clean))


def plain_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A table of words and figures; all but the first two columns stand to the right."""
    table = Table(box=None, pad_edge=False)
    for place, head in enumerate(heads):
        table.add_column(head, justify="right" if place > 1 else "left")
    for row in rows:
        table.add_row(*map(printable, row))
    return table
