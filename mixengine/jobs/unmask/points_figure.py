"""The gains of cuts over time, as the points draw them."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixengine.audio.curves import automation_values
from mixengine.model.plan import Equalizer
from mixengine.model.session import VOLUME, Automation, EqBand
from mixengine.report.html.context import ReportContext
from mixengine.report.html.theme import AFTER, FAINT, short, svg, time_axis

MAX_TRACKS = 12
_COLUMNS = 600


def gains_over_time(case: ReportContext) -> str:
    """A row for each track whose cuts move: the gain of its deepest band over time, with the points."""
    rows = _rows(case)[:MAX_TRACKS]
    if not rows:
        return ""
    end_s = max(case.after.duration_s, *(band.points[-1].time_s for _, band in rows))
    times_s = np.linspace(0.0, end_s, _COLUMNS)

    def draw(figure: Any) -> None:
        panels = figure.subplots(len(rows), 1, sharex=True, squeeze=False).ravel()
        for panel, (track_id, band) in zip(panels, rows, strict=True):
            panel.set_title(f"{short(case.track_name(track_id))}, {band.frequency_hz:.0f} Hz")
            panel.axhline(0.0, color=FAINT, linewidth=1.0)
            values_db = 20.0 * np.log10(automation_values(times_s, Automation(VOLUME, band.points)))
            panel.fill_between(times_s, 0.0, values_db, color=AFTER, alpha=0.25, linewidth=0)
            panel.plot(times_s, values_db, color=AFTER)
            at_db = [20.0 * np.log10(point.value) for point in band.points]
            panel.plot([point.time_s for point in band.points], at_db, "o", color=AFTER, markersize=2.5)
            panel.set_ylim(min(band.gain_db, -1.0) - 0.7, 0.7)
            panel.set_ylabel("dB")
        time_axis(panels[-1], end_s)

    alt = f"{len(rows)} small line charts: gain of the deepest cut of a track over time, with its points"
    return svg("moving", alt, 0.5 + 0.75 * len(rows), draw)


def _rows(case: ReportContext) -> list[tuple[str, EqBand]]:
    """Track id and deepest moving cut."""
    rows = []
    for change in case.plan.changes:
        cuts = (
            [b for b in (change.after or ()) if b.points and b.gain_db < 0.0] if isinstance(change, Equalizer) else []
        )
        if isinstance(change, Equalizer) and cuts:
            rows.append((change.track, min(cuts, key=lambda band: band.gain_db)))
    return rows
