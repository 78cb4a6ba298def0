"""Figures that only one job's report has."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mixengine.audio.loudness import to_lufs
from mixengine.audio.reaeq import response_db
from mixengine.model.plan import Equalizer
from mixengine.report.html import columns
from mixengine.report.html.context import Heard, ReportContext
from mixengine.report.html.mix_stats import Version
from mixengine.report.html.theme import (
    AFTER,
    BEFORE,
    CONTROL,
    FAINT,
    INK,
    SPEECH,
    frequency_axis,
    legend,
    short,
    svg,
    time_axis,
)

MOST_EQUALIZERS = 24
_MOST_SPANS = 1500
_ACROSS = 3
_SHORT_TERM_S = 3.0
_WIDEST_LU = 40.0


def shade(axis: Any, case: ReportContext) -> None:
    """Shade where somebody speaks."""
    spans = case.details["activity"][:_MOST_SPANS]
    axis.broken_barh([(a, b - a) for a, b in spans], (-1000.0, 2000.0), facecolor=SPEECH, alpha=0.22, linewidth=0)


def speech_over_music(case: ReportContext, heard: Heard) -> str:
    """How far speech stands above music in short-term loudness while somebody speaks; the target as a line."""
    details = case.details
    curves = [_difference(heard, version, details) for version in (heard.before, heard.after)]
    if all(np.isnan(curve).all() for curve in curves):
        return ""
    target_lu = details["target_lu"].get("music")

    def draw(figure: Any) -> None:
        axis = figure.subplots()
        shade(axis, case)
        times_s = (np.arange(len(curves[0])) + 0.5) * heard.end_s / len(curves[0])
        for curve, colour, words in zip(curves, (BEFORE, AFTER), ("before", "after"), strict=True):
            axis.plot(times_s, curve, color=colour, label=words)
        if target_lu is not None:
            axis.axhline(target_lu, color=CONTROL, linewidth=1.1, linestyle=(0, (4, 3)), label="target")
        found = np.concatenate([*curves, [target_lu if target_lu is not None else 0.0]])
        found = found[np.isfinite(found)]
        axis.set_ylim(max(float(found.min()) - 2.0, -20.0), min(float(found.max()) + 2.0, _WIDEST_LU))
        axis.set_ylabel("LU")
        legend(axis)
        time_axis(axis, heard.end_s)

    alt = "Line chart: speech above music in short-term loudness over time, before and after, and the target"
    return svg("difference", alt, 2.7, draw)


def _difference(heard: Heard, version: Version, details: dict[str, Any]) -> np.ndarray:
    """Speech minus music in LU over windows of about 3 s; nan while nobody speaks or nothing plays."""
    speech, music = (_sum(heard, version, set(details[key])) for key in ("speech", "music"))
    active = np.zeros(len(speech))
    width_s = heard.end_s / len(active)
    for start_s, end_s in details["activity"]:
        active[int(start_s / width_s) : math.ceil(end_s / width_s)] = 1.0
    share = columns.smoothed(active, heard.end_s, _SHORT_TERM_S)
    # loudness over the spoken parts of the window, as the duck job judges it
    spoken = columns.smoothed(speech * active, heard.end_s, _SHORT_TERM_S) / np.maximum(share, 1e-9)
    played = columns.smoothed(music * active, heard.end_s, _SHORT_TERM_S) / np.maximum(share, 1e-9)
    sounding = (active > 0.0) & (spoken > 1e-9) & (played > 1e-9)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(sounding, np.minimum(to_lufs(spoken) - to_lufs(played), _WIDEST_LU), np.nan)


def _sum(heard: Heard, version: Version, names: set[str]) -> np.ndarray:
    wide = columns.count(heard.end_s)
    return sum(
        (version.tracks[t.id] for t in heard.tracks if t.name in names and t.id in version.tracks), np.zeros(wide)
    )


def equalizers(case: ReportContext) -> str:
    """The curve of every changed equaliser, one small panel each."""
    changes = [c for c in case.plan.changes if isinstance(c, Equalizer)][:MOST_EQUALIZERS]
    if not changes:
        return ""
    rate = case.after.sample_rate
    frequencies_hz = np.geomspace(20.0, min(20000.0, 0.49 * rate), 200)
    rows = -(-len(changes) // _ACROSS)

    def curve(bands: Any) -> np.ndarray:
        return response_db(bands or (), frequencies_hz, rate)

    pairs = [(curve(change.before), curve(change.after)) for change in changes]
    limit = max(3.0, *(float(np.abs(c).max()) for pair in pairs for c in pair)) + 1.0

    def draw(figure: Any) -> None:
        panels = figure.subplots(rows, _ACROSS, sharex=True, sharey=True, squeeze=False).ravel()
        for panel, change, (before_db, after_db) in zip(panels, changes, pairs, strict=False):
            panel.set_title(short(case.track_name(change.track)))
            panel.axhline(0.0, color=FAINT, linewidth=1.0)
            if change.before:
                panel.plot(frequencies_hz, before_db, color=BEFORE, linewidth=1.2)
            panel.fill_between(frequencies_hz, 0.0, after_db, color=AFTER, alpha=0.25, linewidth=0)
            panel.plot(frequencies_hz, after_db, color=AFTER)
            frequency_axis(panel)
            panel.set_xlabel("")
            panel.set_xticks([50, 200, 1000, 5000], ["50", "200", "1 k", "5 k"])
            panel.set_ylim(-limit, limit)
        for panel in panels[len(changes) :]:
            panel.set_visible(False)
        for panel in panels[::_ACROSS]:
            panel.set_ylabel("dB")
        figure.supxlabel("frequency in Hz", fontsize=9.0)

    alt = f"{len(changes)} small line charts: gain of each changed equaliser over frequency"
    return svg("eq", alt, 0.4 + 1.45 * rows, draw)


def covered(case: ReportContext) -> str:
    """Share of each track that must be heard which others cover, before and after."""
    rows = [row for row in case.details["tracks"] if row["masked_before"] is not None][:40]
    if not rows:
        return ""

    def draw(figure: Any) -> None:
        axis = figure.subplots()
        places = np.arange(len(rows))[::-1]
        before = [100.0 * row["masked_before"] for row in rows]
        after = [100.0 * (row["masked_before"] if row["masked_after"] is None else row["masked_after"]) for row in rows]
        axis.barh(places + 0.2, before, 0.36, color=BEFORE, label="before")
        axis.barh(places - 0.2, after, 0.36, color=AFTER, label="after")
        for place, values in zip(places, zip(before, after, strict=True), strict=True):
            for value, shift in zip(values, (0.2, -0.2), strict=True):
                axis.annotate(
                    f"{value:.0f} %",
                    (value, place + shift),
                    (4, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=8.0,
                )
        axis.set_yticks(places, [short(row["name"]) for row in rows])
        axis.set_xlim(0.0, max(*before, *after, 10.0) * 1.12)
        axis.set_ylim(-0.6, len(rows) - 0.4)
        axis.grid(axis="y", visible=False)
        axis.set_xlabel("covered by others, % of what it tells")
        legend(axis)

    alt = "Bar chart: share of each track that must be heard which other tracks cover, before and after"
    return svg("covered", alt, 0.8 + 0.5 * len(rows), draw)


def levels(case: ReportContext) -> str:
    """For a balance: where each track stood, where it stands, where it was wanted."""
    rows = [row for row in case.details["tracks"] if row["measured_lufs"] is not None]
    rows = [row for row in rows if math.isfinite(row["measured_lufs"])][:120]
    if not rows:
        return ""

    def draw(figure: Any) -> None:
        axis = figure.subplots()
        places = np.arange(len(rows))[::-1]
        before = np.array([row["measured_lufs"] for row in rows])
        after = before + np.array([np.clip(row["gain_db"], -60.0, 60.0) for row in rows])
        axis.hlines(places, before, after, color=FAINT, linewidth=2.0)
        axis.plot(before, places, "o", color=BEFORE, markersize=5, label="measured")
        axis.plot(after, places, "o", color=AFTER, markersize=6, label="now")
        wanted = [(p, r["target_lufs"]) for p, r in zip(places, rows, strict=True) if r["target_lufs"] is not None]
        if wanted:
            axis.plot([w for _, w in wanted], [p for p, _ in wanted], "|", color=INK, markersize=10, label="wanted")
        axis.set_yticks(places, [short(row["name"]) for row in rows])
        axis.set_ylim(-0.7, len(rows) - 0.3)
        axis.set_xlabel("LUFS")
        legend(axis)

    alt = f"Dot chart: loudness of {len(rows)} tracks as measured, now, and as wanted"
    return svg("levels", alt, 0.9 + 0.24 * len(rows), draw)
