"""The duck for a terminal: who ducks under whom, and every region with what it achieves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.table import Table

from mixengine.jobs.duck.details import DuckDetails, Region
from mixengine.model.plan import MixPlan
from mixengine.model.units import plain_db, signed_db
from mixengine.report.clock import clock
from mixengine.report.tables import printable

_MAX_ROWS = 40


def details_of(plan: MixPlan) -> DuckDetails:
    """What was measured, as it is typed."""
    assert isinstance(plan.details, DuckDetails)
    return plan.details


def duck_tables(plan: MixPlan) -> list[Any]:
    """Headline, moved faders, and the table of regions."""
    details = details_of(plan)
    tables: list[Any] = [_headline(details)]
    for level in details.levels:
        tables.append(f"{printable(level.track)}: fader {signed_db(level.move_db)} dB, levelled to the speech")
    regions = details.regions
    if regions:
        tables.append(_regions(plan, regions))
    if len(regions) > _MAX_ROWS:
        tables.append(f"… and {len(regions) - _MAX_ROWS} more (all of them: --json)")
    return tables


def _headline(details: DuckDetails) -> str:
    def listed(names: Sequence[str]) -> str:
        return ", ".join(map(printable, names)) or "–"

    spoken_s = sum(end_s - start_s for start_s, end_s in details.activity)
    return (
        f"[bold]speech[/bold] {listed(details.speech)}   [bold]music[/bold] {listed(details.music)}   "
        f"[bold]ambience[/bold] {listed(details.ambience)}\n"
        f"somebody speaks for {spoken_s:.1f} s in {len(details.activity)} passages ({details.detector})"
    )


def _regions(plan: MixPlan, regions: Sequence[Region]) -> Table:
    table = Table(
        title=f"{printable(plan.session)}: ducked", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD
    )
    for name in ("from", "to", "what", "depth dB", "speech LUFS", "background LUFS", "after LUFS", "target"):
        table.add_column(name, justify="left" if name in ("what", "target") else "right", no_wrap=True)
    for region in regions[:_MAX_ROWS]:
        met = "met" if region.met else f"[yellow]only {plain_db(region.least_lu)} LU[/yellow]"
        table.add_row(
            clock(region.start_s),
            clock(region.end_s),
            region.background,
            plain_db(region.depth_db),
            plain_db(region.speech_lufs),
            plain_db(region.background_lufs),
            plain_db(region.background_lufs - region.depth_db),
            met,
        )
    return table
