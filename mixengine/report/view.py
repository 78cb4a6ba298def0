"""How a job's plan is shown: each job fills in a `View`, and the report uses nothing else of a job.

A `View` holds functions and no state: the terminal's table, the ``--json`` object, files beside the project, and the
sentences, sections and rows of the page.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mixengine.model.choice import Cells
    from mixengine.model.plan import MixPlan
    from mixengine.report.html.context import ReportContext


@dataclass(frozen=True, slots=True)
class Stays:
    """A track that a plan leaves as it is, and why."""

    id: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class View:
    """How a job's plan is shown.

    Attributes
    ----------
    title : str
        Heading of the page; empty: the job's name.
    summary : callable
        The job's part of the ``--json`` object.
    show : callable
        What a terminal shows (rich renderables, in order).
    files : callable
        Output name → (file name, text) of files besides the plan.
    sentences : callable, optional
        What was done, in words; default: a count of the changes.
    sections : tuple of callable
        Sections of the page between those that every page has; HTML, or nothing.
    tracks : callable
        Every track the job decided about, changed or not, with the reason.
    passage : callable
        Second around which the page's excerpt is cut, and why there; ``None``: where most changes.
    nothing : callable
        What is said of a plan without changes when there is nothing to do: then nothing is written. Empty: the project
        is written all the same, for jobs whose users go on with what they write.
    cells : callable, optional
        What a panel shows of each track from which the user picks; default: the reasons of its changes.
    page : callable, optional
        The whole page from the plan alone, for a job that changes nothing which could be compared.
    """

    title: str = ""
    summary: Callable[[MixPlan], dict[str, Any]] = lambda _: {}
    show: Callable[[MixPlan], list[Any]] = lambda _: []
    files: Callable[[MixPlan], dict[str, tuple[str, str]]] = lambda _: {}
    sentences: Callable[[ReportContext], list[str]] | None = None
    sections: tuple[Callable[[ReportContext], str], ...] = ()
    tracks: Callable[[MixPlan], Iterable[Stays]] = lambda _: ()
    passage: Callable[[MixPlan], tuple[float, str] | None] = lambda _: None
    nothing: Callable[[MixPlan], str] = lambda _: ""
    cells: Callable[[MixPlan], Cells] | None = None
    page: Callable[[MixPlan], str] | None = None


def finite(value: Any) -> Any:
    """A value for JSON: dataclasses as objects, infinities as null, numbers of numpy plain ones."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {entry.name: finite(getattr(value, entry.name)) for entry in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value


def without(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """All entries but the named ones."""
    return {key: value for key, value in values.items() if key not in names}
