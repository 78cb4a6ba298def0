"""Figures of a match: spectra, width and loudness of the mix before and after, beside the reference's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mixengine.jobs.match.bark_filters import BANDS, centres_hz
from mixengine.jobs.match.details import Curve
from mixengine.jobs.match.table import details_of
from mixengine.jobs.match.width import MIN_WIDTH_DB
from mixengine.report.html.context import ReportContext
from mixengine.report.html.theme import AFTER, BEFORE, FAINT, INK, frequency_axis, legend, svg, time_axis

_CURVES = {"before": (BEFORE, "-"), "after": (AFTER, "-"), "reference": (INK, (0, (4, 3)))}
_SPAN_DB = 70.0
_FLOOR_LUFS = -60.0
_UNITS = {
    "rms": "1 = full scale",
    "crest_factor": "dB",
    "stereo_width": "side/mid power",
    "stereo_imbalance": "−1 left … 1 right",
    "barkspectrum": "ln of magnitude",
}


def spectra(case: ReportContext) -> str:
    """Bark spectra of mid and side, and below how far the mid is from the reference's."""
    curves_db = {name: values for name in _CURVES if (values := _bark(case, name)) is not None}
    if len(curves_db) < len(_CURVES):
        return ""
    hz = centres_hz()

    def draw(figure: Any) -> None:
        middle, side, gap = figure.subplots(3, 1, sharex=True, height_ratios=(2, 2, 1.2))
        for panel, row, words in ((middle, 0, "middle"), (side, 1, "sides")):
            top = max(float(values[row].max()) for values in curves_db.values())
            for name, (colour, line) in _CURVES.items():
                panel.plot(
                    hz, np.maximum(curves_db[name][row], top - _SPAN_DB), color=colour, linestyle=line, label=name
                )
            panel.set_ylabel(f"{words}, dB")
        legend(middle)
        gap.axhline(0.0, color=FAINT, linewidth=1.0)
        for name in ("before", "after"):
            away = curves_db[name][0] - curves_db["reference"][0]
            gap.plot(hz, away - away.mean(), color=_CURVES[name][0])
        gap.set_ylabel("from it, dB")
        frequency_axis(gap)

    alt = (
        "Line charts: spectrum of middle and sides in 24 Bark bands before, after and of the reference; below, the gap"
    )
    return svg("bark", alt, 5.2, draw)


def loudness(case: ReportContext) -> str:
    """Loudness of each second; the reference on its own time."""
    alt = "Line chart: loudness of each second of the mix before and after, and of the reference at its own level"
    return _over_time(details_of(case.plan).curves.loudness_lufs, "LUFS", _FLOOR_LUFS, "match-time", alt)


def width(case: ReportContext) -> str:
    """Sides over middle in each second; the reference on its own time."""
    alt = "Line chart: power of the sides over the middle in each second of the mix before and after, and the reference"
    return _over_time(details_of(case.plan).curves.width_db, "sides / middle, dB", MIN_WIDTH_DB, "match-width", alt)


def _over_time(curves: dict[str, Curve], unit: str, lowest: float, name_of_figure: str, alt: str) -> str:
    values = {name: _levels(curves.get(name, ())) for name in _CURVES}
    longest = max(len(levels) for levels in values.values())
    if not longest or not any(np.isfinite(levels).any() for levels in values.values()):
        return ""

    def draw(figure: Any) -> None:
        axis = figure.subplots()
        for name, (colour, line) in _CURVES.items():
            times_s = np.arange(len(values[name])) + 0.5
            axis.plot(times_s, np.maximum(values[name], lowest), color=colour, linestyle=line, label=name)
        axis.set_ylabel(unit)
        legend(axis)
        time_axis(axis, float(longest))

    return svg(name_of_figure, alt, 2.7, draw)


def features_table(case: ReportContext) -> list[list[str]]:
    """Rows of feature, its unit, how far off before, how far off after."""
    rows = []
    for name, stages in details_of(case.plan).loss.residuals.items():
        before, after = stages.get("before", math.nan), stages.get("after", math.nan)
        if math.isfinite(before) and math.isfinite(after):
            rows.append([name.replace("_", " "), _UNITS.get(name, ""), f"{before:.4g}", f"{after:.4g}"])
    return rows


def _bark(case: ReportContext, name: str) -> np.ndarray | None:
    rows = details_of(case.plan).curves.bark_db.get(name, ())
    if len(rows) != 2 or any(len(row) != BANDS for row in rows):
        return None
    values = np.array(rows, dtype=float)
    return values if np.isfinite(values).all() else None


def _levels(values: Curve) -> np.ndarray:
    levels = np.array([math.nan if level is None else level for level in values], dtype=float)
    return np.where(np.isfinite(levels), levels, math.nan)
