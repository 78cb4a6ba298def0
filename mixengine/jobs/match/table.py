"""What a match found, for a terminal: one line per group, the master, and how near the reference it came."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table

from mixengine.jobs.match.details import GroupRow, Loss, MasterRow, MatchDetails
from mixengine.model.plan import MixPlan
from mixengine.model.session import CompressorSettings, EqBand
from mixengine.model.units import signed_db
from mixengine.report.tables import printable

_LOW_HZ = 1000.0


def details_of(plan: MixPlan) -> MatchDetails:
    """What was measured, as it is typed."""
    assert isinstance(plan.details, MatchDetails)
    return plan.details


def match_tables(plan: MixPlan) -> list[Any]:
    """Group, level, pan, bands, compressor, why; then the loss of each feature."""
    details = details_of(plan)
    table = Table(
        title=f"{printable(plan.session)}: matched to {printable(details.reference)}",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    table.add_column("group", no_wrap=True)
    table.add_column("dB", justify="right", no_wrap=True)
    table.add_column("pan", justify="right", no_wrap=True)
    table.add_column("EQ")
    table.add_column("compressor", no_wrap=True)
    table.add_column("why", style="dim")
    for row in details.tracks:
        table.add_row(*_cells(row.name, row))
    table.add_row(*_cells("master", details.master))
    return [table, _loss_line(details.loss)]


def _cells(name: str, row: GroupRow | MasterRow) -> tuple[str, ...]:
    return (
        printable(name),
        signed_db(row.gain_db),
        f"{100 * row.pan:+.0f} %".replace("-", "−") if row.pan else "",
        "\n".join(map(_band, row.eq)),
        _compressor(row.compressor),
        printable(row.reason),
    )


def _loss_line(loss: Loss) -> str:
    stages = [
        ("before", loss.before),
        ("levels and pans", loss.closed_form),
        ("controller", loss.controller),
        ("after", loss.after),
    ]
    losses = [f"{words} {value:.4f}" for words, value in stages if value is not None]
    terms = ", ".join(f"{name} {term['before']:.4f} → {term['after']:.4f}" for name, term in loss.terms.items())
    return f"loss: {' → '.join(losses)} ({terms})"


def _band(band: EqBand) -> str:
    hz = band.frequency_hz
    where = f"{hz:.0f} Hz" if hz < _LOW_HZ else f"{hz / 1000.0:.1f} kHz"
    kind = "" if band.kind == "band" else " shelf"
    return f"{signed_db(band.gain_db)} dB at {where}{kind}"


def _compressor(settings: CompressorSettings | None) -> str:
    return f"{settings.ratio:.1f}:1 at {signed_db(settings.threshold_db)} dB" if settings else ""
