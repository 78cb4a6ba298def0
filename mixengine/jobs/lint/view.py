"""How what a lint found is shown."""

from __future__ import annotations

from typing import Any

from mixengine.jobs.lint.page import page
from mixengine.jobs.lint.table import lint_table
from mixengine.model.plan import MixPlan
from mixengine.report.view import View, finite


def _summary(plan: MixPlan) -> dict[str, Any]:
    summary: dict[str, Any] = finite(plan.details)
    return summary


def _show(plan: MixPlan) -> list[Any]:
    return [lint_table(plan)]


VIEW = View(title="Lint", summary=_summary, show=_show, page=page)
