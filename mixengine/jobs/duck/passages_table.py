"""Tables of one job: the passages of a duck."""

from __future__ import annotations

from collections.abc import Sequence

from mixengine.jobs.duck.details import Region
from mixengine.jobs.duck.table import details_of
from mixengine.model.units import plain_db
from mixengine.report.clock import clock
from mixengine.report.html.context import ReportContext
from mixengine.report.html.elements import Cell, table

MAX_ROWS = 400


def critical(case: ReportContext) -> str:
    """Passages where speech does not reach the target; all passages in a fold-out."""
    regions = details_of(case.plan).regions
    missed = [region for region in regions if not region.met]
    if not regions:
        return ""
    first = "<h3>Critical passages</h3>" + (
        _table(case, "critical", "Passages where speech does not reach the target", missed)
        if missed
        else "<p>None: speech reaches the target in every passage.</p>"
    )
    every = _table(case, "passages", "All ducked passages", regions)
    return f"{first}<details><summary>All {len(regions)} ducked passages</summary>{every}</details>"


def _table(case: ReportContext, name: str, caption: str, regions: Sequence[Region]) -> str:
    targets_lu = details_of(case.plan).target_lu
    rows: list[list[Cell | str]] = [
        [
            Cell(clock(region.start_s), region.start_s),
            Cell(clock(region.end_s), region.end_s),
            region.background,
            _number(region.depth_db),
            _number(region.speech_lufs),
            _number(region.background_lufs),
            _number(region.background_lufs - region.depth_db),
            _number(region.least_lu),
            _number(targets_lu.get(region.background)),
            Cell("✓ met", style="pass") if region.met else Cell("✗ not met", style="fail"),
        ]
        for region in regions[:MAX_ROWS]
    ]
    heads = (
        "from",
        "to",
        "what",
        "ducked dB",
        "speech LUFS",
        "before LUFS",
        "after LUFS",
        "least LU",
        "wanted LU",
        "target",
    )
    left_out = len(regions) - len(rows)
    more = f"<p>… and {left_out} more: all of them are in the plan.</p>" if left_out else ""
    return table(name, caption, heads, rows, numbers=range(3, 9), sortable=True) + more


def _number(value: float | None) -> Cell:
    return Cell(plain_db(value), value)
