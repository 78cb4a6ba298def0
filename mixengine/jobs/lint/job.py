"""The lint job: what is wrong with a session, worst first. It reads audio and writes nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict

from mixengine.jobs.lint.checks import CHECKS
from mixengine.jobs.lint.context import LintContext
from mixengine.jobs.lint.details import LintDetails
from mixengine.jobs.lint.findings import SEVERITIES, Finding, in_order
from mixengine.jobs.lint.measure import measure_stats
from mixengine.jobs.lint.settings import LintSettings
from mixengine.model import signal_path, unheard
from mixengine.model.plan import OWN_MARKER, Change, Marker, MixPlan
from mixengine.model.session import Session
from mixengine.model.settings import unknown_word
from mixengine.system.progress import Progress

MARK = f"{OWN_MARKER}lint: "
"""Markers of this job begin so; a later run replaces them."""


def plan(session: Session, settings: LintSettings, progress: Progress) -> MixPlan:
    """Look at a session.

    Returns
    -------
    MixPlan
        `LintDetails`. With
        ``settings.markers`` the changes are a marker or region for each finding that has a place.

    Raises
    ------
    UserError
        A check is unknown.
    """
    check_settings(settings)
    tracks = [track for track in session.tracks if any(clip.length_s > 0 for clip in track.audio_clips)]
    sounding = [track for track in tracks if not signal_path.is_muted(session, track)]
    results = measure_stats(session, tracks, use_cache=settings.cache, progress=progress)
    context = LintContext(session, results, settings.cache, progress)
    chosen = [check for name, check in CHECKS.items() if not settings.checks or name in settings.checks]
    findings = in_order([finding for check in chosen for finding in check(context)])
    counts = Counter(finding.severity for finding in findings)
    return MixPlan(
        job="lint",
        session=session.name,
        source=session.path,
        settings=asdict(settings),
        changes=_markers(session, findings) if settings.markers else (),
        details=LintDetails(tuple(findings), {severity: counts[severity] for severity in SEVERITIES}),
        notes=(*session.notes, *unheard.lines(session, sounding)),
    )


def check_settings(settings: LintSettings) -> None:
    """Refuse checks that there are not."""
    for name in settings.checks:
        if name not in CHECKS:
            raise unknown_word("checks", name, CHECKS)


def _markers(session: Session, findings: list[Finding]) -> tuple[Change, ...]:
    """Take earlier ones away, then add one for each finding with a place."""
    old: list[Change] = [
        Marker(marker.name, marker.time_s, marker.end_s, remove=True, reason="of an earlier look")
        for marker in session.markers
        if marker.name.startswith(MARK)
    ]
    new: dict[tuple, Change] = {}
    for finding in findings:
        if finding.start_s is None:
            continue
        who = ", ".join(finding.tracks)
        name = f"{MARK}{who + ': ' if who else ''}{finding.check.replace('_', ' ')}"
        end_s = finding.end_s if finding.end_s is not None and finding.end_s > finding.start_s else None
        new.setdefault((name, finding.start_s, end_s), Marker(name, finding.start_s, end_s, reason=finding.message))
    return (*old, *new.values())
