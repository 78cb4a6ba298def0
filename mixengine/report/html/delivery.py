"""The mix in numbers, before and after, and whether it could be delivered as it is."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import PurePath

from mixengine.model.delivery import DIALOGUE, Target, shown
from mixengine.model.units import plain_db, signed_db
from mixengine.report.html.context import ReportContext
from mixengine.report.html.elements import Cell, paragraphs, section, table, text
from mixengine.report.html.mix_stats import Version

_ROUNDING = 0.05
_MEASURES: tuple[tuple[str, str, Callable[[Version], float | None], int], ...] = (
    ("Integrated loudness", "LUFS", lambda version: version.integrated_lufs, 1),
    ("Loudness range, LRA", "LU", lambda version: version.range_lu, 1),
    ("True peak", "dBTP", lambda version: version.true_peak_dbtp, 1),
    ("Sample peak", "dBFS", lambda version: version.sample_peak_dbfs, 1),
    ("Stereo correlation", "", lambda version: version.correlation, 2),
)


def measures(context: ReportContext) -> str:
    """Table of the measures."""
    if context.measurements is None:
        return ""
    rows: list[list[Cell | str]] = []
    for name, unit, of, digits in _MEASURES:
        before, after = of(context.measurements.before), of(context.measurements.after)
        change = _moved(before, after, digits)
        words = f"{name} ({unit})" if unit else name
        rows.append([words, plain_db(before, digits), Cell(plain_db(after, digits), style="strong"), change])
    heads = ("measure", "before", "after", "change")
    return section(
        "mix",
        "The mix in numbers",
        table("measures", "Measures of the mix before and after", heads, rows, numbers=(1, 2, 3)),
        paragraphs([_correlation_words(context.measurements.after.correlation)]),
    )


def _moved(before: float | None, after: float | None, digits: int) -> str:
    """Difference of the two as they are shown; a dash where one is not known or silent."""
    if before is None or after is None or not (math.isfinite(before) and math.isfinite(after)):
        return "–"
    moved = round(round(after, digits) - round(before, digits), digits)
    return signed_db(moved, digits) if moved else "0"


def _correlation_words(correlation: float | None) -> str:
    if correlation is None:
        return ""
    if correlation < -0.1:
        return "Left and right work against each other: the mix loses level in mono. Look for a flipped polarity."
    if correlation < 0.3:
        return "The mix is very wide; listen to it once in mono."
    return "The mix is safe in mono." if correlation < 0.98 else "The mix is practically mono."


def targets(context: ReportContext) -> str:
    """Pass or fail for each of `mixengine.model.delivery.shown`, what is missing, and the command that does it."""
    if context.measurements is None or not math.isfinite(context.measurements.after.integrated_lufs):
        return ""
    rows: list[list[Cell | str]] = []
    for target in shown():
        specification = (
            f"{plain_db(target.level, 0)} LUFS ± {target.tolerance:g}, ≤ {plain_db(target.ceiling_dbtp, 0)} dBTP"
        )
        verdicts = [
            Cell("✓ pass", style="pass") if meets(version, target) else Cell("✗ fail", style="fail")
            for version in (context.measurements.before, context.measurements.after)
        ]
        rows.append([label(target), specification, *verdicts, advice(context.measurements.after, target)])
    heads = ("target", "asks for", "before", "after", "to reach it")
    words = (
        "Whole mix as programme loudness (BS.1770-5). * Netflix and, for most programmes, ATSC gate by dialogue: "
        "measure the dialogue there. This page says how far the programme as a whole is from the number."
    )
    project = PurePath(context.after.path).name or "SESSION"
    names = ", ".join(target.name for target in shown())
    way = (
        f"The way there: mixengine render “{project}” --target NAME ({names}) writes the finished file: gain, "
        "true-peak limiter, measured again; dialogue is measured where the target asks for it."
    )
    sources = "; ".join(f"{target.title}: {target.source} ({target.date})" for target in shown())
    return section(
        "delivery",
        "Delivery targets",
        table("targets", "Delivery targets: pass or fail", heads, rows),
        f'<p class="small">{text(words)}</p><p class="small">{text(way)}</p>'
        f"<details><summary>Where the numbers stand</summary><p class="
        f'"small">{text(sources)}</p></details>',
    )


def label(target: Target) -> str:
    """A target in the table; a star where it gates by dialogue."""
    return f"{target.title} *" if target.measure == DIALOGUE else target.title


def meets(version: Version, target: Target) -> bool:
    """Whether the mix could be delivered as it is; numbers are judged as they are shown."""
    off_lu = abs(version.integrated_lufs - target.level)
    return off_lu < target.tolerance + _ROUNDING and version.true_peak_dbtp < target.ceiling_dbtp + _ROUNDING


def advice(version: Version, target: Target) -> str:
    """What the master needs, in words."""
    gain_db = target.level - version.integrated_lufs
    excess_db = version.true_peak_dbtp + gain_db - target.ceiling_dbtp
    if meets(version, target):
        return "nothing"
    if abs(gain_db) < target.tolerance + _ROUNDING:
        over_db = version.true_peak_dbtp - target.ceiling_dbtp
        return f"loudness fits; peaks {plain_db(over_db)} dB too high: limit them"
    words = f"{signed_db(gain_db)} dB on the master"
    if excess_db >= _ROUNDING:
        return f"{words}, and a limiter: peaks would pass the ceiling by {plain_db(excess_db)} dB"
    return words
