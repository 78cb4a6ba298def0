"""How a separation of items is shown."""

from __future__ import annotations

from typing import Any

from mixengine.jobs.separate.table import items_table
from mixengine.model.plan import MixPlan
from mixengine.report.view import View, finite


def _summary(plan: MixPlan) -> dict[str, Any]:
    summary: dict[str, Any] = finite(plan.details)
    return summary


def _show(plan: MixPlan) -> list[Any]:
    return [items_table(plan)]


VIEW = View(title="Separation into parts", summary=_summary, show=_show)
