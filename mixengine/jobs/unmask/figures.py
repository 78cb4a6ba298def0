"""The masking map of a unmask report: who covers whom, and at which frequencies the tracks to be heard are covered."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixengine.analysis.spectra import BANDS, EDGES_HZ
from mixengine.jobs.unmask.details import MapRow
from mixengine.jobs.unmask.table import details_of
from mixengine.report.html.context import ReportContext
from mixengine.report.html.theme import AFTER, BEFORE, CONTROL, FAINT, INK, legend, short, svg

MAX_ROWS, MAX_COLUMNS = 24, 12
_STATES = ("before", "after")
_UNDER_TEXT, _PLAIN = 0.55, 0.9
"""Opacity of a cell that is covered wholly: text on it must stay readable in light and dark."""
_MARKS = {1: "100", 5: "510", 9: "1.1 k", 13: "2 k", 17: "3.7 k", 21: "7.7 k"}
"""Number of a critical band's lower edge → that edge in Hz."""


def who_covers_whom(case: ReportContext) -> str:
    """A row for each track to be heard, a column for each that covers it, before and after."""
    rows = [row for row in details_of(case.plan).masking_map if row.by][:MAX_ROWS]
    max_share = {name: max(row.by.get(name, (0.0,))[0] for row in rows) for row in rows for name in row.by}
    columns = sorted(max_share, key=lambda name: -max_share[name])[:MAX_COLUMNS]
    if not rows:
        return ""

    def draw(figure: Any) -> None:
        panels = figure.subplots(1, 2, sharey=True)
        for state, (panel, title) in enumerate(zip(panels, _STATES, strict=True)):
            _frame(panel, case, rows, len(columns), title)
            for down, row in enumerate(rows):
                for across, name in enumerate(columns):
                    share = row.by.get(name, (0.0, 0.0))[state]
                    _cell(panel, across, down, share, _UNDER_TEXT)
                    words = "–" if name == row.id else f"{100 * share:.0f}"
                    panel.text(across + 0.5, down + 0.5, words, ha="center", va="center", fontsize=8.0)
            names = [short(case.track_name(name)) for name in columns]
            panel.set_xticks([place + 0.5 for place in range(len(columns))], names, rotation=40, ha="right")
        figure.supxlabel("% of the track on the left that this track alone covers", fontsize=9.0)

    alt = f"Heat map: who covers whom, before and after. {_in_words(case, rows)}"
    return svg("who", alt, 1.7 + 0.3 * len(rows), draw)


def _in_words(case: ReportContext, rows: list[MapRow]) -> str:
    """The three strongest, for those who do not see the map."""
    pairs = [(row.id, name, pair) for row in rows for name, pair in row.by.items()]
    strongest = sorted(pairs, key=lambda entry: -max(entry[2]))[:3]
    return "; ".join(
        f"{short(case.track_name(name))} covers {100 * before:.0f} % of {short(case.track_name(target))}, "
        f"{100 * after:.0f} % after"
        for target, name, (before, after) in strongest
    )


def where(case: ReportContext) -> str:
    """A row for each track to be heard, a column for each critical band: what all others cover of it there."""
    rows = [row for row in details_of(case.plan).masking_map if row.bands][:MAX_ROWS]
    if not rows:
        return ""

    def draw(figure: Any) -> None:
        from matplotlib.patches import Patch

        panels = figure.subplots(1, 2, sharey=True)
        for panel, title in zip(panels, _STATES, strict=True):
            _frame(panel, case, rows, BANDS, title)
            for down, row in enumerate(rows):
                for band, share in enumerate(row.bands[title]):
                    if share is not None:
                        _cell(panel, band, down, share, _PLAIN, edge=FAINT)
            panel.set_xticks(list(_MARKS), list(_MARKS.values()))
        key = [Patch(facecolor=CONTROL, alpha=_PLAIN * share, label=f"{100 * share:.0f} %") for share in (0.25, 0.5, 1)]
        panels[1].legend(handles=key, loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.1, ncols=3)
        figure.supxlabel("frequency in Hz", fontsize=9.0)

    low, high = (f"{hz:.0f} Hz" for hz in (EDGES_HZ[0], EDGES_HZ[-1]))
    alt = (
        f"Heat map: share of {len(rows)} tracks that others cover in each of {BANDS} critical bands from {low} to "
        f"{high}, before and after"
    )
    return svg("where", alt, 0.95 + 0.3 * len(rows), draw)


def _frame(panel: Any, case: ReportContext, rows: list[MapRow], wide: int, title: str) -> None:
    panel.set_title(title)
    panel.set_xlim(0, wide)
    panel.set_ylim(len(rows), 0)
    panel.set_yticks([down + 0.5 for down in range(len(rows))], [short(case.track_name(row.id)) for row in rows])
    panel.tick_params(length=0, labelcolor=INK)
    panel.grid(visible=False)


def _cell(panel: Any, across: int, down: int, share: float, opacity: float, edge: str = "none") -> None:
    from matplotlib.patches import Rectangle

    panel.add_patch(Rectangle((across, down), 1, 1, facecolor=CONTROL, alpha=opacity * share, linewidth=0))
    panel.add_patch(Rectangle((across, down), 1, 1, facecolor="none", edgecolor=edge, linewidth=0.5))


def covered(case: ReportContext) -> str:
    """Share of each track that must be heard which others cover, before and after."""
    rows = [
        (
            row.name,
            100.0 * row.masked_before,
            100.0 * (row.masked_before if row.masked_after is None else row.masked_after),
        )
        for row in details_of(case.plan).tracks
        if row.masked_before is not None
    ][:40]
    if not rows:
        return ""

    def draw(figure: Any) -> None:
        axis = figure.subplots()
        places = np.arange(len(rows))[::-1]
        before, after = [row[1] for row in rows], [row[2] for row in rows]
        axis.barh(places + 0.2, before, 0.36, color=BEFORE, label="before")
        axis.barh(places - 0.2, after, 0.36, color=AFTER, label="after")
        for place, values in zip(places, zip(before, after, strict=True), strict=True):
            for value, shift in zip(values, (0.2, -0.2), strict=True):
                axis.annotate(
                    f"{value:.0f} %",
                    (value, place + shift),
                    (4, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=8.0,
                )
        axis.set_yticks(places, [short(row[0]) for row in rows])
        axis.set_xlim(0.0, max(*before, *after, 10.0) * 1.12)
        axis.set_ylim(-0.6, len(rows) - 0.4)
        axis.grid(axis="y", visible=False)
        axis.set_xlabel("covered by others, % of the track")
        legend(axis)

    alt = "Bar chart: share of each track that must be heard which other tracks cover, before and after"
    return svg("covered", alt, 0.8 + 0.5 * len(rows), draw)
