"""Findings of a lint run, for a terminal: one line per finding, worst first."""

from __future__ import annotations

from rich import box
from rich.table import Table

from mixengine.jobs.lint.details import LintDetails
from mixengine.jobs.lint.findings import Finding
from mixengine.model.plan import MixPlan
from mixengine.report.clock import clock
from mixengine.report.tables import printable

_COLOURS = {"error": "bold red", "warning": "yellow", "hint": "cyan"}
_MAX_NAMES = 4


def details_of(plan: MixPlan) -> LintDetails:
    """What was found, as it is typed."""
    assert isinstance(plan.details, LintDetails)
    return plan.details


def lint_table(plan: MixPlan) -> Table:
    """Severity, tracks, where, what is wrong, what to do."""
    details = details_of(plan)
    counts = details.counts
    total = ", ".join(f"{count} {severity}{'s' * (count != 1)}" for severity, count in counts.items())
    table = Table(
        title=f"{printable(plan.session)}: {total}",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    table.add_column("", no_wrap=True)
    table.add_column("track")
    table.add_column("where", no_wrap=True)
    table.add_column("what")
    table.add_column("what to do", style="dim")
    for row in details.findings:
        colour = _COLOURS[row.severity]
        table.add_row(
            f"[{colour}]{row.severity}[/{colour}]",
            printable(_tracks(row.tracks)),
            _where(row),
            printable(row.message),
            printable(row.advice),
        )
    return table


def _tracks(tracks: tuple[str, ...]) -> str:
    more = len(tracks) - _MAX_NAMES
    return ", ".join(tracks[:_MAX_NAMES]) + (f" and {more} more" if more > 0 else "")


def _where(row: Finding) -> str:
    if row.start_s is None:
        return ""
    start = clock(row.start_s)
    return start if row.end_s is None or row.end_s <= row.start_s else f"{start} – {clock(row.end_s)}"
