"""An automix for a terminal: every microphone, how long it is open, whom it hears."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table

from mixengine.jobs.automix.details import AutomixDetails, Mic
from mixengine.model.plan import MixPlan
from mixengine.model.units import plain_db, signed_db
from mixengine.report.clock import clock
from mixengine.report.tables import printable


def details_of(plan: MixPlan) -> AutomixDetails:
    """What was measured, as it is typed."""
    assert isinstance(plan.details, AutomixDetails)
    return plan.details


def automix_tables(plan: MixPlan) -> list[Any]:
    """The table of microphones, and what it did to the bleed."""
    details = details_of(plan)
    table = Table(
        title=f"{printable(plan.session)}: microphones", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD
    )
    for name in ("microphone", "room", "speaks", "open", "points", "hears"):
        table.add_column(name, justify="left" if name in ("microphone", "hears") else "right", no_wrap=name != "hears")
    points = {drawn.id: len(drawn.points) for drawn in details.envelopes}
    for mic in details.mics:
        table.add_row(
            printable(mic.track),
            str(mic.room) if mic.room else "–",
            clock(mic.speaks_s),
            f"{100.0 * mic.open_share:.0f} %" if mic.room else "left alone",
            str(points.get(mic.id, 0)),
            printable(hears(mic)) or "–",
        )
    return [table, *bleed_sentences(details)] if details.mics else []


def hears(mic: Mic) -> str:
    """Whom a microphone hears, loudest first, in words."""
    loudest_first = sorted((mic.hears or {}).items(), key=lambda entry: -entry[1])
    return ", ".join(f"{name} {signed_db(level_db)} dB" for name, level_db in loudest_first)


def bleed_sentences(details: AutomixDetails) -> list[str]:
    """What became of the bleed, if there is any."""
    if details.bleed_before_db is None or details.bleed_after_db is None:
        return []
    return [
        f"All speakers in the microphones of others: {plain_db(details.bleed_before_db)} dB relative to their own "
        f"before, {plain_db(details.bleed_after_db)} dB after."
    ]
