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
    tracks = details(case.plan).tracks
    rows = [row for row in tracks if row.measured_lufs is not None and math.isfinite(row.measured_lufs)][:120]
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
        targets = [(p, r.target_lufs) for p, r in zip(places, rows, strict=True) if r.target_lufs is not None]
        if targets:
            axis.plot([w for _, w in targets], [p for p, _ in targets], "|", color=INK, markersize=10, label="wanted")
        axis.set_yticks(places, [short(row.name) for row in rows])
        axis.set_ylim(-0.7, len(rows) - 0.3)
        axis.set_xlabel("LUFS")
        legend(axis)

    alt = f"Dot chart: loudness of {len(rows)} tracks as measured, now, and as wanted"
    return svg("levels", alt, 0.9 + 0.24 * len(rows), draw)
