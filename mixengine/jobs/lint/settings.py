"""Settings of the lint job. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from mixengine.model.settings import NO_CACHE, check, setting


@dataclass(frozen=True, slots=True)
class LintSettings:
    """Settings of the lint job.

    Attributes
    ----------
    checks : tuple of str
        Names of `mixengine.jobs.lint.checks.CHECKS`; empty: all.
    markers : bool
        Mark what has a place on the timeline.
    cache : bool
        Use and keep earlier measurements.
    """

    checks: tuple[str, ...] = setting((), metavar="NAME", help="Do only this check.")
    markers: bool = setting(False, help="Write a copy of the project with a marker at each finding.")
    cache: bool = setting(True, help=NO_CACHE, option="--no-cache")

    def __post_init__(self) -> None:
        check(self)
