"""How stems that become tracks are shown."""

from __future__ import annotations

from typing import Any

from mixengine.jobs.render.details import RenderDetails
from mixengine.model.plan import MixPlan
from mixengine.report.tables import printable
from mixengine.report.view import View, finite


def _summary(plan: MixPlan) -> dict[str, Any]:
    summary: dict[str, Any] = finite(plan.details)
    return summary


def _show(plan: MixPlan) -> list[Any]:
    assert isinstance(plan.details, RenderDetails)
    return [printable(f"stem {row.name}: {', '.join(row.tracks)}") for row in plan.details.stems]


VIEW = View(title="Stems as tracks", summary=_summary, show=_show)
