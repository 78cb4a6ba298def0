"""How a sync is shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mixengine.jobs.sync.details import EARLY, LOCKED, NOT_SELECTED, NOTHING
from mixengine.jobs.sync.table import HEADS, clock, details_of, late, sync_tables
from mixengine.model.plan import MixPlan
from mixengine.report.html.context import ReportContext
from mixengine.report.html.elements import Cell, figure, section, table
from mixengine.report.view import Stays, View, finite
from mixengine.report.words import count, joined, not_drawn

_LEFT = (EARLY, LOCKED, NOT_SELECTED)


def _summary(plan: MixPlan) -> dict[str, Any]:
    details = details_of(plan)
    return {
        "recordings": finite(details.recordings),
        "references": list(details.references),
        "overlaps": finite(details.overlaps),
    }


def _sentences(case: ReportContext) -> list[str]:
    details = details_of(case.plan)
    moved = [row for row in details.recordings if row.moved]
    alone = [row.name for row in details.recordings if row.why == NOTHING]
    lines = [
        f"{count(len(moved), 'recording')} moved to where {joined(list(details.references))} "
        f"{'stands' if len(details.references) == 1 else 'stand'}."
        if moved
        else "Nothing was moved."
    ]
    drifting = [row.name for row in moved if "play rate" in row.why or not row.straight]
    if drifting:
        lines.append(f"With a clock that ran too fast or too slowly: {joined(drifting)}.")
    if alone:
        lines.append(f"Nothing in common with any other, left alone: {joined(alone)}.")
    return lines


def _recordings(case: ReportContext) -> str:
    from mixengine.jobs.sync.figures import MAX_ROWS, offsets

    details = details_of(case.plan)
    rows: list[list[Cell | str]] = [
        [row.name, Cell(late(row), row.offset_ms), Cell(clock(row), row.drift_ppm), row.to or "–", row.why]
        for row in details.recordings
    ]
    drawn = offsets(details)
    more = not_drawn(sum(bool(row.lags) for row in details.recordings), MAX_ROWS, "recording")
    return section(
        "recordings",
        "Recordings",
        *([figure(drawn, _CAPTION + more)] if drawn else []),
        table("sync", "Recordings, how late they stood, and how their clocks ran", HEADS, rows, numbers=range(1, 3)),
    )


_CAPTION = "How late each recording is, over time: measured, and what it was taken for."


def _nothing(plan: MixPlan) -> str:
    if plan.changes:
        return ""
    rows = [row for row in details_of(plan).recordings if row.why != NOTHING]
    if not rows:
        return "no recordings have anything in common"
    if left := [row for row in rows if row.why in _LEFT]:
        return f"nothing is moved: {', '.join(f'{row.name}: {row.why}' for row in left)}"
    return "all recordings stand where they belong"


def _stays(plan: MixPlan) -> Iterable[Stays]:
    return (Stays(row.track, row.name, row.why) for row in details_of(plan).recordings if not row.moved)


VIEW = View(
    title="Recordings are aligned",
    summary=_summary,
    show=sync_tables,
    sentences=_sentences,
    sections=(_recordings,),
    tracks=_stays,
    nothing=_nothing,
)
