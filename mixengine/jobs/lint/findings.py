"""What a check says: one finding, ready for the table, for JSON and for markers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mixengine.model.session import Track

ERROR, WARNING, HINT = "error", "warning", "hint"
SEVERITIES = (ERROR, WARNING, HINT)
"""Worst first. An error is broken for sure, a warning is most likely a mistake, a hint may be meant so."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or may be.

    Attributes
    ----------
    check : str
        A name of `mixengine.jobs.lint.checks.CHECKS`.
    severity : str
        One of `SEVERITIES`.
    tracks : tuple of str
        Names of the tracks it is about, sorted; empty for the whole session.
    start_s, end_s : float, optional
        Where on the timeline, when it has a place.
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
    """Names of tracks, sorted: a finding does not depend on the mixer's order."""
    return tuple(sorted(track.name for track in tracks))


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """Worst first; then by check, tracks and time."""
    return sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), f.check, f.tracks, f.start_s or 0.0))
