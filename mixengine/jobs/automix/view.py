"""How an automix is shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mixengine.jobs.automix.table import automix_tables, bleed_sentences, details_of, hears
from mixengine.jobs.envelopes.drawn import entries
from mixengine.model.plan import MixPlan
from mixengine.model.units import plain_db
from mixengine.report.clock import clock
from mixengine.report.html.context import ReportContext
from mixengine.report.html.elements import Cell, figure, section, table
from mixengine.report.view import Stays, View, finite
from mixengine.report.words import count, joined, not_drawn

_SUMMARY = ("mics", "turns", "envelopes", "bleed_before_db", "bleed_after_db", "floor_db")


def _summary(plan: MixPlan) -> dict[str, Any]:
    details = details_of(plan)
    values = {name: getattr(details, name) for name in _SUMMARY} | {"envelopes": entries(details.envelopes)}
    return {name: finite(value) for name, value in values.items()}


def _show(plan: MixPlan) -> list[Any]:
    return automix_tables(plan)


def _sentences(case: ReportContext) -> list[str]:
    details = details_of(case.plan)
    shared = [mic for mic in details.mics if mic.room]
    if not details.envelopes:
        return ["No microphones that hear each other: nothing was changed."]
    rooms = len({mic.room for mic in shared})
    points = sum(len(drawn.points) for drawn in details.envelopes)
    lines = [
        f"{count(len(shared), 'microphone')} in {count(rooms, 'room')} share the gain: whoever speaks is open, the "
        f"others wait at {plain_db(details.floor_db)} dB, by {count(points, 'envelope point')} that you can edit.",
        *bleed_sentences(details),
    ]
    if alone := [mic.track for mic in details.mics if not mic.room]:
        lines.append(f"Left alone, because they hear nobody: {joined(alone)}.")
    return lines


def _microphones(case: ReportContext) -> str:
    from mixengine.jobs.automix.figures import MAX_MICS, turns

    details = details_of(case.plan)
    rows: list[list[Cell | str]] = [
        [
            mic.track,
            Cell(str(mic.room) if mic.room else "–", mic.room),
            Cell(clock(mic.speaks_s), mic.speaks_s),
            Cell(f"{100.0 * mic.open_share:.0f} %", mic.open_share),
            hears(mic) or ("–" if mic.room else mic.why),
        ]
        for mic in details.mics
    ]
    heads = ("microphone", "room", "speaks", "open", "hears")
    return section(
        "microphones",
        "Microphones",
        figure(
            turns(details),
            "Who speaks when (blocks), and the gain of each microphone (line, top: 0 dB)."
            + not_drawn(len(details.mics), MAX_MICS, "microphone"),
        ),
        table("mics", "Microphones, whom they hear, and how long they are open", heads, rows, numbers=range(1, 4)),
    )


def _stays(plan: MixPlan) -> Iterable[Stays]:
    return (Stays(mic.id, mic.track, mic.why) for mic in details_of(plan).mics if not mic.room)


def _busiest(plan: MixPlan) -> tuple[float, str] | None:
    """Where two envelopes move within the shortest time."""
    times_s = sorted(time_s for drawn in details_of(plan).envelopes for time_s, *_ in drawn.points[1:])
    if len(times_s) < _NEAR:
        return None
    start = min(range(len(times_s) - _NEAR + 1), key=lambda at: times_s[at + _NEAR - 1] - times_s[at])
    return times_s[start], "where speakers change most often"


_NEAR = 8
VIEW = View(
    title="Microphones share the gain",
    summary=_summary,
    show=_show,
    sentences=_sentences,
    sections=(_microphones,),
    tracks=_stays,
    passage=_busiest,
)
