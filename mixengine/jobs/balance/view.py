"""How a balance is shown."""

from __future__ import annotations

import math
from typing import Any

from mixengine.jobs.balance.details import StartDetails
from mixengine.jobs.balance.table import details
from mixengine.model.choice import Cells
from mixengine.model.plan import Fader, MixPlan
from mixengine.model.units import plain_db, signed_db
from mixengine.report.html.context import ReportContext
from mixengine.report.html.elements import figure, section
from mixengine.report.view import Stays, View, finite, without
from mixengine.report.words import count


def start_words(start: StartDetails) -> str:
    """How far tracks went and why: ``40 % of the way from their present levels to the wanted ones: …``."""
    mean = "on average " if start.by_track else ""
    return f"{mean}{start.way_percent:.0f} % of the way from their present levels to the wanted ones: {start.why}"


def _summary(plan: MixPlan) -> dict[str, Any]:
    balance = details(plan)
    return {
        "method": balance.method,
        "preset": balance.preset,
        "start": finite(balance.start),
        "tracks": [without(finite(row), "id") for row in balance.tracks],
        "headroom_db": finite(balance.headroom_db),
    }


def _show(plan: MixPlan) -> list[Any]:
    from mixengine.jobs.balance.table import balance_table

    measured = details(plan)
    lines = [balance_table(plan), f"sum of the tracks in front of the master: {plain_db(-measured.headroom_db)} dBTP"]
    return [*lines, f"tracks went {start_words(measured.start)}"] if measured.start.why else lines


def _files(plan: MixPlan) -> dict[str, tuple[str, str]]:
    """The results of [Shi 2025], where what it measures was measured."""
    from mixengine.jobs.balance import shi2025_results

    if all(reading.p_lufs is None for reading in details(plan).readings.values()):
        return {}
    entries = shi2025_results.entries(plan)
    return {
        "results_json": ("results.json", shi2025_results.as_json(entries)),
        "results_csv": ("results.csv", shi2025_results.as_csv(entries)),
    }


def _sentences(case: ReportContext) -> list[str]:
    balance = details(case.plan)
    moves = [change for change in case.plan.changes if isinstance(change, Fader)]
    finite_moves = [c for c in moves if math.isfinite(c.after - c.before)]
    up, down = ([c for c in finite_moves if (c.after > c.before) is way] for way in (True, False))
    parts = []
    for faders, words in ((up, "up"), (down, "down")):
        if faders:
            furthest = max(faders, key=lambda change: abs(change.after - change.before))
            far = f"{signed_db(furthest.after - furthest.before)} dB"
            who = case.track_name(furthest.track)
            parts.append(
                f"{len(faders)} {words} (furthest: {who}, {far})" if len(faders) > 1 else f"{who} {words} ({far})"
            )
    lines = [f"{count(len(moves), 'fader')} moved: {' and '.join(parts)}." if parts else "Faders were set."]
    lines.append(
        f"Every track was measured where it plays (method {balance.method}); the preset “{balance.preset}” says "
        "what is wanted for its sound and its role."
    )
    if balance.start.why:
        lines.append(f"Tracks went {start_words(balance.start)}.")
    if people_db := balance.start.people_db:
        lines.append(f"No rule knows a person's taste: two people set the same track ±{people_db:g} dB apart here.")
    if math.isfinite(balance.headroom_db):
        lines.append(
            f"The sum of the tracks peaks at {plain_db(-balance.headroom_db)} dBTP in front of the master fader."
        )
    return lines


def _cells(plan: MixPlan) -> Cells:
    headings = ("role", "LUFS", "target", "fader dB", "proposed", "why")
    rows = {
        row.id: (
            row.role.replace("_", " "),
            *map(plain_db, (row.measured_lufs, row.target_lufs, row.fader_before_db, row.fader_after_db)),
            row.reason,
        )
        for row in details(plan).tracks
    }
    return Cells(headings, rows)


def _levels(case: ReportContext) -> str:
    from mixengine.jobs.balance.figures import levels

    caption = (
        "Loudness of each track where it plays: where it was, where the rule wants it, and how far it went. The bar "
        "beside the wanted level is how far two people differ on such a track."
    )
    return section("levels", "Levels of the tracks", figure(levels(case), caption))


VIEW = View(
    title="Balance",
    summary=_summary,
    show=_show,
    files=_files,
    sentences=_sentences,
    sections=(_levels,),
    cells=_cells,
    tracks=lambda plan: [Stays(row.id, row.name, row.reason) for row in details(plan).tracks],
)
