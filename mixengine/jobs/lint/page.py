"""The page of a lint: what is wrong with a session, worst first, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

from mixengine.jobs.lint.findings import ERROR, SEVERITIES, WARNING, Finding
from mixengine.jobs.lint.table import details_of
from mixengine.model.plan import MixPlan
from mixengine.model.session import Session
from mixengine.report.clock import clock
from mixengine.report.html.document import document
from mixengine.report.html.elements import Cell, bullets, paragraphs, section, table
from mixengine.report.html.page import NAME
from mixengine.system.progress import Progress
from mixengine.system.staging import Staging

_STYLES = {ERROR: "fail", WARNING: "strong"}


def write(_session: Session, plan: MixPlan, staging: Staging, side: str, _progress: Progress) -> dict[str, str]:
    """Write ``report.html``: the findings."""
    name = f"{side}{NAME}"
    staging.path(name).write_bytes(page(plan).encode("utf-8"))
    return {"report": name}


def page(plan: MixPlan) -> str:
    """The findings of a lint plan as one self-contained page."""
    findings = details_of(plan).findings
    body = "\n".join(
        filter(
            None,
            (
                section("summary", "What was found", f'<div class="lead">{paragraphs(_summary(plan))}</div>'),
                section("findings", "Findings", _table(findings)) if findings else "",
                section("notes", "Notes", bullets(plan.notes)),
            ),
        )
    )
    facts = "recordings as they are in their files; effects are not heard"
    return document("Lint", plan.session, facts, body, "True peaks after ITU-R BS.1770-5.")


def _summary(plan: MixPlan) -> list[str]:
    counts = details_of(plan).counts
    words = [f"{counts[name]} {name}{'s' * (counts[name] != 1)}" for name in SEVERITIES]
    if not details_of(plan).findings:
        return ["Nothing is wrong with this session, as far as the checks can tell."]
    return [
        f"{', '.join(words[:-1])} and {words[-1]}.",
        "An error is broken for sure, a warning is most likely a mistake, a hint may be intended.",
    ]


def _table(findings: Sequence[Finding]) -> str:
    rows: list[list[Cell | str]] = [
        [
            Cell(row.severity, SEVERITIES.index(row.severity), _STYLES.get(row.severity, "")),
            row.check.replace("_", " "),
            ", ".join(row.tracks) or "session",
            _where(row),
            row.message,
            row.advice,
        ]
        for row in findings
    ]
    heads = ("severity", "check", "tracks", "where", "what is wrong", "what to do")
    groups = [row.severity for row in findings]
    return table(
        "findings-table", "Findings, worst first", heads, rows, groups=groups, grouped="severity", sortable=True
    )


def _where(row: Finding) -> Cell:
    start_s, end_s = row.start_s, row.end_s
    if start_s is None:
        return Cell("–", -1.0)
    until = f" – {clock(end_s)}" if end_s is not None and end_s > start_s else ""
    return Cell(f"{clock(start_s)}{until}", start_s)
