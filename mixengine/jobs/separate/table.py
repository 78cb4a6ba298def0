"""Separation for a terminal: what models there are, what was made of a file, what becomes of items."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table

from mixengine.jobs.separate.details import SeparateDetails
from mixengine.model.plan import MixPlan
from mixengine.model.units import plain_db
from mixengine.report.tables import printable


def details_of(plan: MixPlan) -> SeparateDetails:
    """What was decided, as it is typed."""
    assert isinstance(plan.details, SeparateDetails)
    return plan.details


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title or None, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column)
    return table


def models_table(rows: list[dict[str, Any]], folder: str) -> Table:
    """What can be used here, and what is missing."""
    table = _table(f"models; weights belong into {printable(folder)}/MODEL/", "model", "makes", "installed", "weights")
    for row in rows:
        installed = "yes" if row["installed"] else f"no: {printable(row['install'])}"
        weights = ", ".join(f"{name} ({'there' if there else 'missing'})" for name, there in row["weights"].items())
        table.add_row(row["model"], row["makes"], installed, weights or "none needed")
    return table


def scenarios_table(rows: list[dict[str, Any]]) -> Table:
    """Which model for which recording."""
    table = _table("scenarios", "scenario", "for", "models, best first", "quality", "speed", "here")
    for row in rows:
        table.add_row(
            row["scenario"], row["what"], ", ".join(row["models"]), row["quality"], row["speed"], row["here"] or "–"
        )
    return table


def stems_headline(facts: dict[str, Any]) -> str:
    """One line about a separation: by what, and how exactly the parts sum to the input."""
    error = facts["sum_error_dbfs"]
    exact = "exactly" if error is None else f"within {plain_db(error)} dBFS"
    return f"{printable(facts['input'])}: by {printable(facts['model'])}; all parts sum to it {exact}"


def stems_table(facts: dict[str, Any]) -> Table:
    """The parts of a separation and their levels against the input."""
    table = _table("", "part", "level dB")
    for name, level_db in facts["levels_db"].items():
        table.add_row(name + ("" if name in facts["outputs"] else " (not written)"), plain_db(level_db))
    return table


def items_table(plan: MixPlan) -> Table:
    """The items of a session and what is made of them."""
    details = details_of(plan)
    table = _table(f"{printable(plan.session)}: separated by {details.model}", "track", "item", "at", "becomes")
    for row in details.items:
        becomes = f"a new take: {', '.join(row.files)}" if details.take else ", ".join(row.files)
        table.add_row(printable(row.track_name), printable(row.name), f"{row.position_s:.2f} s", becomes)
    return table
