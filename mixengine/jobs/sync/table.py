"""A sync for a terminal: every recording, how late it stood, how its clock ran, and what is done."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table

from mixengine.jobs.sync.details import Alignment, SyncDetails
from mixengine.model.plan import MixPlan
from mixengine.model.units import signed_db
from mixengine.report.tables import printable

HEADS = ("track", "late", "clock", "compared with", "what")


def details_of(plan: MixPlan) -> SyncDetails:
    """What was measured, as it is typed."""
    assert isinstance(plan.details, SyncDetails)
    return plan.details


def sync_tables(plan: MixPlan) -> list[Any]:
    """The table of recordings."""
    table = Table(
        title=f"{printable(plan.session)}: recordings", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD
    )
    for name in HEADS:
        table.add_column(name, justify="right" if name in ("late", "clock") else "left", no_wrap=name != "what")
    for row in details_of(plan).recordings:
        table.add_row(printable(row.name), late(row), clock(row), printable(row.to) or "–", printable(row.why))
    return [table]


def late(row: Alignment) -> str:
    """How much later a recording stood than it belongs."""
    if not row.to:
        return "–"
    return (
        f"{signed_db(row.offset_ms)} ms"
        if abs(row.offset_ms) < _LONG_MS
        else f"{row.offset_ms / 1000.0:+.3f} s".replace("-", "−")
    )


def clock(row: Alignment) -> str:
    """How its clock ran."""
    if not row.to:
        return "–"
    return "unsteady" if not row.straight else f"{signed_db(row.drift_ppm)} ppm"


_LONG_MS = 1000.0
