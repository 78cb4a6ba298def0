"""How a delivery is shown."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from mixengine.jobs.deliver.details import DeliverDetails
from mixengine.model.delivery import MEASURES
from mixengine.model.plan import MixPlan
from mixengine.model.units import plain_db, signed_db
from mixengine.report.html.document import document
from mixengine.report.html.elements import Cell, bullets, paragraphs, section, table
from mixengine.report.tables import printable
from mixengine.report.view import View, finite


def _details(plan: MixPlan) -> DeliverDetails:
    assert isinstance(plan.details, DeliverDetails)
    return plan.details


def _summary(plan: MixPlan) -> dict[str, Any]:
    details = _details(plan)
    return {entry.name: finite(getattr(details, entry.name)) for entry in fields(details)}


def sentences(plan: MixPlan) -> list[str]:
    """What was measured and what is set, in words."""
    details = _details(plan)
    lines = [
        f"The mix is at {plain_db(details.lufs_before)} LUFS and {plain_db(details.true_peak_before_dbtp)} dBTP; the "
        f"target {details.target} asks for {plain_db(details.level)} {MEASURES.get(details.measured_by, 'LUFS')} below "
        f"{plain_db(details.ceiling_dbtp)} dBTP: {signed_db(details.gain_db)} dB."
    ]
    if details.limited_db:
        lines.append(
            f"A limiter takes up to {plain_db(details.limited_db)} dB, more than 3 dB in "
            f"{100 * details.heavy_share:.1f} % of the time."
        )
    reasons = [getattr(change, "reason", "") for change in plan.changes]
    return lines + [f"{reason[0].upper()}{reason[1:]}." for reason in reasons if reason]


def _page(plan: MixPlan) -> str:
    details = _details(plan)
    rows: list[list[Cell | str]] = [
        ["Loudness (LUFS)", plain_db(details.lufs_before), Cell(plain_db(details.lufs), style="strong")],
        [
            "True peak (dBTP)",
            plain_db(details.true_peak_before_dbtp),
            Cell(plain_db(details.true_peak_dbtp), style="strong"),
        ],
        ["Loudness range (LU)", plain_db(details.lra_before_lu), plain_db(details.lra_lu)],
    ]
    heads = ("measure", "the mix", "with gain and limiter")
    body = "\n".join(
        (
            section("summary", "What was done", f'<div class="lead">{paragraphs(sentences(plan))}</div>'),
            section("levels", "Levels", table("levels-table", "Levels before and after", heads, rows, numbers=(1, 2))),
            section("notes", "Notes", bullets(plan.notes)),
        )
    )
    return document("Deliver", plan.session, "", body, "After: as mixengine's own limiter leaves it.")


VIEW = View(
    title="Delivered",
    summary=_summary,
    show=lambda plan: [printable(line) for line in sentences(plan)],
    sentences=lambda context: sentences(context.plan),
    page=_page,
)
