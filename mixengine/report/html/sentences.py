"""What was done, in sentences."""

from __future__ import annotations

import math
from collections import Counter

from mixengine.model.units import plain_db
from mixengine.report.html.context import ReportContext
from mixengine.report.words import count, joined

_WORTH_SAYING_DB = 0.05


def title(context: ReportContext) -> str:
    """What the page is about."""
    words = context.view.title or context.job
    return f"{words}, taken back" if context.is_reverse else words


def summary(context: ReportContext) -> list[str]:
    """Sentences, most important first."""
    if not context.plan.changes:
        first = ["Nothing needed changing: the plan holds no changes."]
    elif context.is_reverse:
        first = [f"{count(len(context.plan.changes), 'change')} of an earlier {context.job} taken back."]
    else:
        first = (context.view.sentences or _general)(context)
    return first + _mix_words(context)


def _general(context: ReportContext) -> list[str]:
    counts = Counter(change.kind.replace("_", " ") for change in context.plan.changes)
    return ["Changed: " + joined([count(number, kind) for kind, number in counts.items()]) + "."]


def _mix_words(context: ReportContext) -> list[str]:
    if context.measurements is None:
        return []
    before, after = context.measurements.before.integrated_lufs, context.measurements.after.integrated_lufs
    if not math.isfinite(after):
        return ["The mix is silent now." if math.isfinite(before) else "The mix is silent."]
    peak = f"with true peaks at {plain_db(context.measurements.after.true_peak_dbtp)} dBTP"
    if not math.isfinite(before):
        return [f"The mix was silent and is at {plain_db(after)} LUFS now, {peak}."]
    moved = round(after, 1) - round(before, 1)  # of the numbers as they are shown
    if abs(moved) < _WORTH_SAYING_DB:
        return [f"The mix stays at {plain_db(after)} LUFS, {peak}."]
    way = "louder" if moved > 0 else "softer"
    return [
        f"The mix is {plain_db(abs(moved))} LU {way}: {plain_db(before)} LUFS before, {plain_db(after)} now, {peak}."
    ]
