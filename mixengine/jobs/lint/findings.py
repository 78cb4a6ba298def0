"""The result of a check: one finding, for the table, JSON and markers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mixengine.model.session import Track

ERROR, WARNING, HINT = "error", "warning", "hint"
SEVERITIES = (ERROR, WARNING, HINT)
"""Worst first. An error is certainly broken, a warning most likely a mistake, a hint may be intended."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, or possible fault.

    Attributes
    ----------
    check : str
        A name of `mixengine.jobs.lint.checks.CHECKS`.
    severity : str
        One of `SEVERITIES`.
    tracks : tuple of str
        Names of the tracks concerned, sorted; empty for the whole session.
    start_s, end_s : float, optional
        Position on the timeline, where there is one.
    message, advice : str
        What is wrong; what to do.
    """

    check: str
    severity: str
    tracks: tuple[str, ...]
    message: str
    advice: str
    start_s: float | None = None
    end_s: float | None = None


def names(tracks: Sequence[Track]) -> tuple[str, ...]:
    """Names of tracks, sorted, so that a finding does not depend on the order of tracks."""
    return tuple(sorted(track.name for track in tracks))


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """Findings sorted by severity, worst first, then by check, tracks and time."""
    return sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), f.check, f.tracks, f.start_s or 0.0))
