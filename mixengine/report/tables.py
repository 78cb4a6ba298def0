"""The balance as a table for a terminal: one line per track, every decibel explained."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table

from mixengine.hosts.rpp.words import encode
from mixengine.model.plan import MixPlan
from mixengine.model.units import plain_db

_LONGEST_NAME = 36


def balance_table(plan: MixPlan) -> Table:
    """Track, role, measured, target, fader before → after, why; folders as headings."""
    details = plan.details
    table = Table(
        title=f"{printable(plan.session)}: balance by {details['method']}, preset {details['preset']}",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    table.add_column("track", no_wrap=True)
    table.add_column("role", no_wrap=True)
    table.add_column("LUFS", justify="right", no_wrap=True)
    table.add_column("target", justify="right", no_wrap=True)
    table.add_column("fader dB", justify="right", no_wrap=True)
    table.add_column("why", style="dim")
    group: str | None = None
    for row in details["tracks"]:
        if row["group"] != group:
            group = row["group"]
            table.add_row(f"[bold cyan]{printable(group)}[/bold cyan]" if group else "")
        table.add_row(*_cells(row, indent="  " if group else ""))
    return table


def _cells(row: dict[str, Any], indent: str) -> tuple[str, ...]:
    return (
        indent + printable(_short(row["name"])),
        row["role"].replace("_", " ") if row["role"] != "unknown" else "",
        plain_db(row["measured_lufs"]),
        plain_db(row["target_lufs"]),
        f"{plain_db(row['fader_before_db'])} → [bold]{plain_db(row['fader_after_db'])}[/bold]",
        printable(row["reason"]),
    )


def _short(name: str) -> str:
    """A long name cut in the middle: its end often tells tracks apart."""
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME // 2]}…{name[-_LONGEST_NAME // 2 + 1 :]}"


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
