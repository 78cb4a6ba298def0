"""The offset of recordings over time, for the page of a sync."""

from __future__ import annotations

from typing import Any

from mixengine.jobs.sync.details import SyncDetails
from mixengine.report.html.theme import BEFORE, CONTROL, legend, short, svg, time_axis

MAX_ROWS = 8
_ROW_IN = 1.5


def offsets(details: SyncDetails) -> str:
    """One chart for each recording that was compared: what was measured, and the line that it was taken for."""
    rows = [row for row in details.recordings if row.lags][:MAX_ROWS]
    if not rows:
        return ""
    end_s = max(time_s for row in rows for time_s, _ in row.lags)

    def draw(figure: Any) -> None:
        charts = figure.subplots(len(rows), 1, sharex=True, squeeze=False)[:, 0]
        for chart, row in zip(charts, rows, strict=True):
            times_s, lags_ms = zip(*row.lags, strict=True)
            chart.plot(times_s, lags_ms, ".", color=BEFORE, label="measured")
            chart.plot(*_line(row.line, times_s), color=CONTROL, label="taken for")
            chart.set_title(f"{short(row.name)} against {short(row.to)}")
            chart.set_ylabel("late, ms")
            chart.ticklabel_format(axis="y", useOffset=False)
        legend(charts[0])
        time_axis(charts[-1], end_s)

    alt = "Chart: how many milliseconds each recording is late against another, over time"
    return svg("offsets", alt, 0.6 + _ROW_IN * len(rows), draw)


def _line(points: Any, times_s: Any) -> tuple[list[float], list[float]]:
    """The line's own points; straight ones from the first to the last time."""
    del times_s
    xs, ys = zip(*points, strict=True) if points else ((), ())
    return list(xs), list(ys)
