"""How a match is shown."""

from __future__ import annotations

import math
from typing import Any

from mixengine.jobs.match.table import details_of
from mixengine.model.plan import MixPlan
from mixengine.report.html.context import ReportContext
from mixengine.report.html.elements import figure, section, table
from mixengine.report.view import View, finite, without


def _summary(plan: MixPlan) -> dict[str, Any]:
    return without(finite(details_of(plan)), "curves", "roles")


def _show(plan: MixPlan) -> list[Any]:
    from mixengine.jobs.match.table import match_tables

    return match_tables(plan)


def _sentences(case: ReportContext) -> list[str]:
    details = details_of(case.plan)
    before, after = details.loss.before, details.loss.after
    lines = [f"The mix was compared with {details.reference or 'a reference'}, at −16 LUFS, in loud passages."]
    if before is not None and after is not None and math.isfinite(before) and math.isfinite(after):
        lines.append(f"The distance of all features together fell from {before:.3f} to {after:.3f}.")
    if details.differences:
        lines.append(f"Before: {'; '.join(details.differences[:3])}.")
    return lines


def _nearness(case: ReportContext) -> str:
    from mixengine.jobs.match import figures

    rows = figures.features_table(case)
    return section(
        "match",
        "How near it came to the reference",
        figure(figures.spectra(case), "Mean spectrum of the passages compared; below: mix − reference."),
        figure(figures.loudness(case), "Loudness of each second; the reference at its own level and time."),
        figure(figures.width(case), "Width: sides over middle in each second; mono sound stands at −60 dB."),
        table("features", "Distance from the reference", ["feature", "unit", "before", "after"], rows, numbers=(2, 3))
        if rows
        else "",
    )


VIEW = View(title="Matching a reference", summary=_summary, show=_show, sentences=_sentences, sections=(_nearness,))
