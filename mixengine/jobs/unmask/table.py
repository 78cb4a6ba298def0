"""The equalisers for a terminal: one line per track, every band with its reason."""

from __future__ import annotations

from rich import box
from rich.table import Table

from mixengine.jobs.unmask.details import Row, UnmaskDetails
from mixengine.model.plan import MixPlan
from mixengine.model.session import EqBand
from mixengine.model.units import signed_db
from mixengine.report.tables import printable

_LOW_HZ = 1000.0


def details_of(plan: MixPlan) -> UnmaskDetails:
    """What was measured, as it is typed."""
    assert isinstance(plan.details, UnmaskDetails)
    return plan.details


def unmask_table(plan: MixPlan) -> Table:
    """Track, how much of it is covered before → after, bands, why."""
    details = details_of(plan)
    first = ", ".join(printable(name) for name in details.priority)
    table = Table(
        title=f"{printable(plan.session)}: unmask by {details.mode}; to be heard first: {first}",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        caption="\n".join(f"{printable(voice.name)}: {voice.words}" for voice in details.voices) or None,
        caption_justify="left",
    )
    table.add_column("track", no_wrap=True)
    table.add_column("covered", justify="right", no_wrap=True)
    table.add_column("bands")
    table.add_column("why", style="dim")
    for row in details.tracks:
        bands = "\n".join(_band(band, row) for band in row.bands)
        table.add_row(printable(row.name), _covered(row), bands, printable(row.reason))
    return table


def _covered(row: Row) -> str:
    before, after = row.masked_before, row.masked_after
    if before is None:
        return ""
    return f"{100 * before:.0f} → {100 * after:.0f} %" if after is not None else f"{100 * before:.0f} %"


def _band(band: EqBand, row: Row) -> str:
    hz = band.frequency_hz
    where = f"{hz:.0f} Hz" if hz < _LOW_HZ else f"{hz / 1000.0:.1f} kHz"
    moves = ", moving" if row.moves and band.gain_db < 0.0 else ""
    return f"{signed_db(band.gain_db)} dB at {where}, {band.bandwidth_oct:.1f} oct{moves}"
