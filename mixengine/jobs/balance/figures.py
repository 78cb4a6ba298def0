"""The figure of a balance's page."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mixengine.jobs.balance.table import details
from mixengine.report.html.context import ReportContext
from mixengine.report.html.theme import AFTER, BEFORE, FAINT, INK, legend, short, svg


def levels(case: ReportContext) -> str:
    """For a balance: where each track stood, where it stands, where it was wanted."""
    balance = details(case.plan)
    rows = [row for row in balance.tracks if row.measured_lufs is not None and math.isfinite(row.measured_lufs)][:120]
    if not rows:
        return ""

    def draw(figure: Any) -> None:
        axis = figure.subplots()
        places = np.arange(len(rows))[::-1]
        before = np.array([row.measured_lufs for row in rows])
        after = before + np.array([np.clip(row.gain_db, -60.0, 60.0) for row in rows])
        axis.hlines(places, before, after, color=FAINT, linewidth=2.0)
        axis.plot(before, places, "o", color=BEFORE, markersize=5, label="measured")
        axis.plot(after, places, "o", color=AFTER, markersize=6, label="now")
        wanted = [
            (place, row.wanted_lufs) for place, row in zip(places, rows, strict=True) if row.wanted_lufs is not None
        ]
        if wanted:
            heights, levels_lufs = zip(*wanted, strict=True)
            if range_db := balance.start.people_db:
                axis.barh(
                    heights, 2 * range_db, left=np.array(levels_lufs) - range_db, color=FAINT, alpha=0.35, height=0.5
                )
            axis.plot(levels_lufs, heights, "|", color=INK, markersize=10, label="wanted")
        axis.set_yticks(places, [short(row.name) for row in rows])
        axis.set_ylim(-0.7, len(rows) - 0.3)
        axis.set_xlabel("LUFS")
        legend(axis)

    alt = f"Dot chart: loudness of {len(rows)} tracks as measured, now, and as wanted"
    return svg("levels", alt, 0.9 + 0.24 * len(rows), draw)
