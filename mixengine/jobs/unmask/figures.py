"""The masking map of a tone report: who covers whom, and at which frequencies the tracks to be heard are covered."""

from __future__ import annotations

from typing import Any

from mixengine.analysis.spectra import BANDS, EDGES_HZ
from mixengine.report.html.context import ReportContext
from mixengine.report.html.theme import CONTROL, FAINT, INK, short, svg

MOST_ROWS, MOST_COLUMNS = 24, 12
_STATES = ("before", "after")
_UNDER_TEXT, _PLAIN = 0.55, 0.9
"""Opacity of a cell that is covered wholly: text on it must stay readable in light and dark."""
_MARKS = {1: "100", 5: "510", 9: "1.1 k", 13: "2 k", 17: "3.7 k", 21: "7.7 k"}
"""Number of a critical band's lower edge → that edge in Hz."""


def who_covers_whom(case: ReportContext) -> str:
    """A row for each track to be heard, a column for each that covers it, before and after."""
    rows = [row for row in case.details["masking_map"] if row["by"]][:MOST_ROWS]
    most = {name: max(row["by"].get(name, (0.0,))[0] for row in rows) for row in rows for name in row["by"]}
    columns = sorted(most, key=lambda name: -most[name])[:MOST_COLUMNS]
    if not rows:
        return ""

    def draw(figure: Any) -> None:
        panels = figure.subplots(1, 2, sharey=True)
        for state, (panel, title) in enumerate(zip(panels, _STATES, strict=True)):
            _frame(panel, case, rows, len(columns), title)
            for down, row in enumerate(rows):
                for across, name in enumerate(columns):
                    share = row["by"].get(name, (0.0, 0.0))[state]
                    _cell(panel, across, down, share, _UNDER_TEXT)
                    words = "–" if name == row["id"] else f"{100 * share:.0f}"
                    panel.text(across + 0.5, down + 0.5, words, ha="center", va="center", fontsize=8.0)
            names = [short(case.track_name(name)) for name in columns]
            panel.set_xticks([place + 0.5 for place in range(len(columns))], names, rotation=40, ha="right")
        figure.supxlabel("alone covers so many % of what the track on the left tells", fontsize=9.0)

    alt = f"Heat map: who covers whom, before and after. {_in_words(case, rows)}"
    return svg("who", alt, 1.7 + 0.3 * len(rows), draw)


def _in_words(case: ReportContext, rows: list[dict[str, Any]]) -> str:
    """The three strongest, for those who do not see the map."""
    pairs = [(row["id"], name, pair) for row in rows for name, pair in row["by"].items()]
    strongest = sorted(pairs, key=lambda entry: -max(entry[2]))[:3]
    return "; ".join(
        f"{short(case.track_name(name))} covers {100 * before:.0f} % of {short(case.track_name(target))}, "
        f"{100 * after:.0f} % after"
        for target, name, (before, after) in strongest
    )


def where(case: ReportContext) -> str:
    """A row for each track to be heard, a column for each critical band: what all others cover of it there."""
    rows = [row for row in case.details["masking_map"] if row["bands"]][:MOST_ROWS]
    if not rows:
        return ""

    def draw(figure: Any) -> None:
        from matplotlib.patches import Patch

        panels = figure.subplots(1, 2, sharey=True)
        for panel, title in zip(panels, _STATES, strict=True):
            _frame(panel, case, rows, BANDS, title)
            for down, row in enumerate(rows):
                for band, share in enumerate(row["bands"][title]):
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


def _frame(panel: Any, case: ReportContext, rows: list[dict[str, Any]], wide: int, title: str) -> None:
    panel.set_title(title)
    panel.set_xlim(0, wide)
    panel.set_ylim(len(rows), 0)
    panel.set_yticks([down + 0.5 for down in range(len(rows))], [short(case.track_name(row["id"])) for row in rows])
    panel.tick_params(length=0, labelcolor=INK)
    panel.grid(visible=False)


def _cell(panel: Any, across: int, down: int, share: float, opacity: float, edge: str = "none") -> None:
    from matplotlib.patches import Rectangle

    panel.add_patch(Rectangle((across, down), 1, 1, facecolor=CONTROL, alpha=opacity * share, linewidth=0))
    panel.add_patch(Rectangle((across, down), 1, 1, facecolor="none", edgecolor=edge, linewidth=0.5))
