"""Findings of a lint run."""

from __future__ import annotations

from dataclasses import dataclass, field

from mixengine.jobs.lint.findings import Finding
from mixengine.model.details import Details


@dataclass(frozen=True, slots=True)
class LintDetails(Details):
    """The findings, worst first, and how many there are of each severity."""

    findings: tuple[Finding, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
