"""Speech above music over time, for the page of a duck."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mixengine.audio.loudness import to_lufs
from mixengine.jobs.duck.details import DuckDetails
from mixengine.jobs.duck.table import details_of
from mixengine.report.html import columns
from mixengine.report.html.context import MixMeasurements, ReportContext
from mixengine.report.html.mix_stats import Version
from mixengine.report.html.theme import AFTER, BEFORE, CONTROL, SPEECH, legend, svg, time_axis

_MAX_SPANS = 1500
_SHORT_TERM_S = 3.0
_MAX_DIFFERENCE_LU = 40.0


def shade(axis: Any, details: DuckDetails) -> None:
    """Shade where somebody speaks."""
    spans = details.activity[:_MAX_SPANS]
    axis.broken_barh([(a, b - a) for a, b in spans], (-1000.0, 2000.0), facecolor=SPEECH, alpha=0.22, linewidth=0)


def speech_over_music(case: ReportContext, mix_stats: MixMeasurements) -> str:
    """How far speech stands above music in short-term loudness while somebody speaks; the target as a line."""
    details = details_of(case.plan)
    curves = [_difference(mix_stats, version, details) for version in (mix_stats.before, mix_stats.after)]
    if all(np.isnan(curve).all() for curve in curves):
        return ""
    target_lu = details.target_lu.get("music")

    def draw(figure: Any) -> None:
        axis = figure.subplots()
        shade(axis, details)
        times_s = (np.arange(len(curves[0])) + 0.5) * mix_stats.end_s / len(curves[0])
        for curve, colour, words in zip(curves, (BEFORE, AFTER), ("before", "after"), strict=True):
            axis.plot(times_s, curve, color=colour, label=words)
        if target_lu is not None:
            axis.axhline(target_lu, color=CONTROL, linewidth=1.1, linestyle=(0, (4, 3)), label="target")
        values_lu = np.concatenate([*curves, [target_lu if target_lu is not None else 0.0]])
        values_lu = values_lu[np.isfinite(values_lu)]
        axis.set_ylim(max(float(values_lu.min()) - 2.0, -20.0), min(float(values_lu.max()) + 2.0, _MAX_DIFFERENCE_LU))
        axis.set_ylabel("LU")
        legend(axis)
        time_axis(axis, mix_stats.end_s)

    alt = "Line chart: speech above music in short-term loudness over time, before and after, and the target"
    return svg("difference", alt, 2.7, draw)


def _difference(mix_stats: MixMeasurements, version: Version, details: DuckDetails) -> np.ndarray:
    """Speech minus music in LU over windows of about 3 s; nan while nobody speaks or nothing plays."""
    speech, music = (_sum(mix_stats, version, set(names)) for names in (details.speech, details.music))
    active = np.zeros(len(speech))
    width_s = mix_stats.end_s / len(active)
    for start_s, end_s in details.activity:
        active[int(start_s / width_s) : math.ceil(end_s / width_s)] = 1.0
    share = columns.smoothed(active, mix_stats.end_s, _SHORT_TERM_S)
    # loudness over the spoken parts of the window, as the duck job judges it
    spoken = columns.smoothed(speech * active, mix_stats.end_s, _SHORT_TERM_S) / np.maximum(share, 1e-9)
    played = columns.smoothed(music * active, mix_stats.end_s, _SHORT_TERM_S) / np.maximum(share, 1e-9)
    sounding = (active > 0.0) & (spoken > 1e-9) & (played > 1e-9)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(sounding, np.minimum(to_lufs(spoken) - to_lufs(played), _MAX_DIFFERENCE_LU), np.nan)


def _sum(mix_stats: MixMeasurements, version: Version, names: set[str]) -> np.ndarray:
    wide = columns.count(mix_stats.end_s)
    return sum(
        (version.tracks[t.id] for t in mix_stats.tracks if t.name in names and t.id in version.tracks), np.zeros(wide)
    )
