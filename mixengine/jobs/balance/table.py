"""The balance as a table for a terminal: one line per track, every decibel explained."""

from __future__ import annotations

from rich import box
from rich.table import Table

from mixengine.jobs.balance.details import BalanceDetails, Row
from mixengine.model.plan import MixPlan
from mixengine.model.units import plain_db
from mixengine.report.tables import printable

_MAX_NAME_LENGTH = 36


def details(plan: MixPlan) -> BalanceDetails:
    """What was measured, as it is typed."""
    assert isinstance(plan.details, BalanceDetails)
    return plan.details


def balance_table(plan: MixPlan) -> Table:
    """Track, role, measured, target, fader before → after, why; folders as headings."""
    measured = details(plan)
    table = Table(
        title=f"{printable(plan.session)}: balance by {measured.method}, preset {measured.preset}",
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
    for row in measured.tracks:
        if row.group != group:
            group = row.group
            table.add_row(f"[bold cyan]{printable(group)}[/bold cyan]" if group else "")
        table.add_row(*_cells(row, indent="  " if group else ""))
    return table


def _cells(row: Row, indent: str) -> tuple[str, ...]:
    return (
        indent + printable(_short(row.name)),
        row.role.replace("_", " ") if row.role != "unknown" else "",
        plain_db(row.measured_lufs),
        plain_db(row.target_lufs),
        f"{plain_db(row.fader_before_db)} → [bold]{plain_db(row.fader_after_db)}[/bold]",
        printable(row.reason),
    )


def _short(name: str) -> str:
    """A long name cut in the middle: its end often tells tracks apart."""
    return (
        name
        if len(name) <= _MAX_NAME_LENGTH
        else f"{name[: _MAX_NAME_LENGTH // 2]}…{name[-_MAX_NAME_LENGTH // 2 + 1 :]}"
    )
