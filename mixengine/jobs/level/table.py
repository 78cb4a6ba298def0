"""A level for a terminal: every voice, how far its phrases vary before and after, and its gain."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table

from mixengine.jobs.level.details import LevelDetails, Voice
from mixengine.model.plan import MixPlan
from mixengine.model.units import plain_db, signed_db
from mixengine.report.clock import clock
from mixengine.report.tables import printable

HEADS = ("voice", "sounds", "LUFS", "after", "varies LU", "after LU", "gain dB", "points")


def details_of(plan: MixPlan) -> LevelDetails:
    """What was measured, as it is typed."""
    assert isinstance(plan.details, LevelDetails)
    return plan.details


def level_tables(plan: MixPlan) -> list[Any]:
    """The table of voices."""
    details = details_of(plan)
    table = Table(
        title=f"{printable(plan.session)}: voices", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD
    )
    for name in HEADS:
        table.add_column(name, justify="left" if name == "voice" else "right", no_wrap=True)
    for row in rows(details):
        table.add_row(*map(printable, row))
    return [table] if details.voices else []


def rows(details: LevelDetails) -> list[tuple[str, ...]]:
    """One row of texts for each voice, in the order of `HEADS`."""
    points = {drawn.id: len(drawn.points) for drawn in details.envelopes}
    return [_row(voice, points.get(voice.id, 0)) for voice in details.voices]


def _row(voice: Voice, points: int) -> tuple[str, ...]:
    if voice.why:
        return voice.track, voice.why, *[""] * (len(HEADS) - 2)
    return (
        voice.track,
        clock(voice.speaks_s),
        _number(voice.loudness_lufs),
        _number(voice.after_lufs),
        _number(voice.spread_before_lu),
        _number(voice.spread_after_lu),
        f"{signed_db(voice.lowest_db)} … {signed_db(voice.highest_db)}",
        str(points),
    )


def _number(value: float | None) -> str:
    return "–" if value is None else plain_db(value)
