"""What each job shows of its plan: the ``--json`` object, the table on a terminal, files beside the project."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mixengine.jobs import registry
from mixengine.model.plan import MixPlan
from mixengine.system.errors import unknown

_BALANCE_KEYS = (
    "name",
    "file",
    "group",
    "role",
    "active_share",
    "measured_lufs",
    "true_peak_dbtp",
    "f0_hz",
    "centroid_hz",
    "target_lufs",
    "gain_db",
    "fader_before_db",
    "fader_after_db",
    "reason",
)
_STYLE_KEYS = (
    "reference",
    "reference_lufs",
    "compared_at_lufs",
    "windows",
    "tracks",
    "master",
    "loss",
    "differences",
    "controller_parameters",
    "controller_master",
)
_DUCK_KEYS = ("speech", "music", "ambience", "detector", "target_lu", "levels", "activity", "regions", "envelopes")


@dataclass(frozen=True, slots=True)
class Presenter:
    """How a job's plan is shown.

    Attributes
    ----------
    suffix : str
        Results of ``song`` are called ``song-<suffix>``.
    summary : callable
        The job's part of the ``--json`` object.
    show : callable
        What a terminal shows (rich renderables, in order).
    files : callable
        Output name → (file name, text) of files besides the plan.
    """

    suffix: str
    summary: Callable[[MixPlan], dict[str, Any]]
    show: Callable[[MixPlan], list[Any]]
    files: Callable[[MixPlan], dict[str, tuple[str, str]]] = lambda _: {}


def presenter(job: str) -> Presenter:
    """The presenter of a job, also of its reverse."""
    name = registry.job(job.removeprefix("revert ")).name
    if name not in _PRESENTERS:
        raise unknown("job", name, _PRESENTERS)
    return _PRESENTERS[name]


def finite(value: Any) -> Any:
    """A value for JSON: infinities become null, numbers of numpy plain ones."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value


def _balance_summary(plan: MixPlan) -> dict[str, Any]:
    details = plan.details
    return {
        "method": details["method"],
        "preset": details["preset"],
        "tracks": [{key: finite(row[key]) for key in _BALANCE_KEYS} for row in details["tracks"]],
        "headroom_db": finite(details["headroom_db"]),
    }


def _balance_show(plan: MixPlan) -> list[Any]:
    from mixengine.model.units import plain_db
    from mixengine.report.tables import balance_table

    return [balance_table(plan), f"sum of the tracks: {plain_db(-plan.details['headroom_db'])} dBTP"]


def _balance_files(plan: MixPlan) -> dict[str, tuple[str, str]]:
    from mixengine.jobs.balance import paper_results

    found = paper_results.entries(plan)
    return {
        "results_json": ("results.json", paper_results.as_json(found)),
        "results_csv": ("results.csv", paper_results.as_csv(found)),
    }


def _duck_summary(plan: MixPlan) -> dict[str, Any]:
    return {key: finite(plan.details[key]) for key in _DUCK_KEYS}


def _duck_show(plan: MixPlan) -> list[Any]:
    from mixengine.jobs.duck.table import duck_tables

    return duck_tables(plan)


def _tone_summary(plan: MixPlan) -> dict[str, Any]:
    return {key: finite(value) for key, value in plan.details.items() if key != "roles"}


def _tone_show(plan: MixPlan) -> list[Any]:
    from mixengine.jobs.unmask.table import tone_table

    return [tone_table(plan)]


def _style_summary(plan: MixPlan) -> dict[str, Any]:
    return {key: finite(plan.details[key]) for key in _STYLE_KEYS}


def _style_show(plan: MixPlan) -> list[Any]:
    from mixengine.jobs.match.table import style_tables

    return style_tables(plan)


def _render_show(plan: MixPlan) -> list[Any]:
    from mixengine.report.tables import printable

    return [printable(f"stem {row['name']}: {', '.join(row['tracks'])}") for row in plan.details["stems"]]


def _separate_summary(plan: MixPlan) -> dict[str, Any]:
    return {key: finite(plan.details[key]) for key in ("model", "take", "items")}


def _separate_show(plan: MixPlan) -> list[Any]:
    from mixengine.jobs.separate.table import items_table

    return [items_table(plan)]


_PRESENTERS = {
    "balance": Presenter("balanced", _balance_summary, _balance_show, _balance_files),
    "duck": Presenter("ducked", _duck_summary, _duck_show),
    "separate": Presenter("separated", _separate_summary, _separate_show),
    "unmask": Presenter("unmasked", _tone_summary, _tone_show),
    "match": Presenter("matched", _style_summary, _style_show),
    "render": Presenter("rendered", lambda plan: dict(plan.details), _render_show),
}
