"""Figures of every report: the mix over time, its spectrum, and the tracks."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixengine.audio.loudness import to_lufs
from mixengine.report.html import columns
from mixengine.report.html.context import MixMeasurements
from mixengine.report.html.theme import AFTER, BEFORE, FAINT, INK, frequency_axis, legend, short, svg, time_axis

MAX_POINTS = 1000
MAX_TRACKS = 120
_FLOOR_LUFS = -60.0
_ROW_IN = 0.26
_TRACK_COLUMNS = 300
_SPAN_DB = 70.0


def mix_over_time(measurements: MixMeasurements) -> str:
    """Short-term loudness of the mix before and after, with the integrated loudness of both."""

    def draw(figure: Any) -> None:
        axis = figure.subplots()
        lows, highs = [], []
        for version, colour, words in ((measurements.before, BEFORE, "before"), (measurements.after, AFTER, "after")):
            window_s, curve = _curve(version.short_term_lufs, version.momentary_lufs)
            if not len(curve):
                continue
            times_s = np.arange(len(curve)) * 0.1 + window_s / 2
            times_s, curve = _thinned(times_s, curve)
            axis.plot(times_s, np.maximum(curve, _FLOOR_LUFS - 20.0), color=colour, label=words)
            if np.isfinite(version.integrated_lufs):
                axis.axhline(version.integrated_lufs, color=colour, linewidth=0.9, linestyle=(0, (4, 3)))
            sounding = curve[np.isfinite(curve)]
            if len(sounding):
                lows.append(float(np.percentile(sounding, 5)))
                highs.append(float(sounding.max()))
        if highs:
            axis.set_ylim(max(min(lows) - 6.0, _FLOOR_LUFS, max(highs) - 40.0), max(highs) + 3.0)
            legend(axis)
        axis.set_ylabel("LUFS")
        time_axis(axis, measurements.end_s)

    alt = "Line chart: short-term loudness of the mix over time, before and after; dashed lines: integrated loudness"
    return svg("time", alt, 2.7, draw)


def _curve(short_term: np.ndarray, momentary: np.ndarray) -> tuple[float, np.ndarray]:
    """Short-term loudness, or momentary where the session is too short for it; with the length of the window."""
    return (3.0, short_term) if len(short_term) > 1 else (0.4, momentary)


def _thinned(times: np.ndarray, levels_db: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """At most `MAX_POINTS` points: means of powers over equal stretches."""
    step = -(-len(levels_db) // MAX_POINTS)
    if step <= 1:
        return times, levels_db
    starts = np.arange(0, len(levels_db), step)
    counts = np.diff(np.append(starts, len(levels_db)))
    with np.errstate(divide="ignore"):
        power = np.add.reduceat(10.0 ** (levels_db / 10.0), starts) / counts
        return np.add.reduceat(times, starts) / counts, 10.0 * np.log10(power)


def spectrum(measurements: MixMeasurements) -> str:
    """Long-term spectra of the mix and, below, what changed."""

    def draw(figure: Any) -> None:
        levels, change = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
        top = max(float(np.max(v.spectrum_db, initial=-np.inf)) for v in (measurements.before, measurements.after))
        floor_db = (top if np.isfinite(top) else 0.0) - _SPAN_DB
        low = min(float(np.min(np.maximum(v.spectrum_db, floor_db))) for v in (measurements.before, measurements.after))
        for version, colour, words in ((measurements.before, BEFORE, "before"), (measurements.after, AFTER, "after")):
            levels.plot(version.spectrum_hz, np.maximum(version.spectrum_db, floor_db), color=colour, label=words)
        if np.isfinite(top):
            levels.set_ylim(low - 5.0, top + 5.0)
        levels.set_ylabel("dBFS per 1/6 oct")
        legend(levels)
        both = (measurements.before.spectrum_db > floor_db) & (measurements.after.spectrum_db > floor_db)
        if both.any():
            difference = np.where(
                both, measurements.after.spectrum_db - np.where(both, measurements.before.spectrum_db, 0.0), np.nan
            )
            change.plot(measurements.after.spectrum_hz, difference, color=INK, linewidth=1.2)
            limit = max(3.0, 1.15 * float(np.nanmax(np.abs(difference))))
            change.set_ylim(-limit, limit)
        change.axhline(0.0, color=FAINT, linewidth=1.0)
        change.set_ylabel("change in dB")
        frequency_axis(change)

    alt = "Line chart: long-term spectrum of the mix from 20 Hz to 20 kHz before and after, and the difference in dB"
    return svg("spectrum", alt, 3.7, draw)


def tracks_over_time(measurements: MixMeasurements) -> str:
    """A strip for each track: filled its loudness after, as a line its loudness before."""
    tracks = measurements.tracks[:MAX_TRACKS]
    level = {
        (track.id, side): _strip(version.tracks.get(track.id), measurements.end_s)
        for side, version in enumerate((measurements.before, measurements.after))
        for track in tracks
    }
    top = max((float(np.max(curve)) for curve in level.values()), default=0.0)
    low = max(top - 45.0, _FLOOR_LUFS - 20.0)

    def draw(figure: Any) -> None:
        axis = figure.subplots()
        for row, track in enumerate(tracks):
            base = len(tracks) - 1 - row
            for side in (1, 0):
                curve = np.clip((level[track.id, side] - low) / max(top - low, 1.0), 0.0, 1.0) * 0.9 + base
                times_s = (np.arange(len(curve)) + 0.5) * measurements.end_s / len(curve)
                if side:
                    axis.fill_between(times_s, base, curve, color=AFTER, alpha=0.55, linewidth=0)
                else:
                    axis.plot(times_s, curve, color=BEFORE, linewidth=0.9)
        axis.set_ylim(-0.05, len(tracks))
        axis.set_yticks(np.arange(len(tracks))[::-1] + 0.35, [short(track.name) for track in tracks])
        axis.tick_params(axis="y", length=0)
        axis.grid(axis="y", visible=False)
        for spine in ("left", "bottom"):
            axis.spines[spine].set_visible(False)
        time_axis(axis, measurements.end_s)

    alt = f"A strip for each of {len(tracks)} tracks: loudness over time after (filled) and before (line)"
    return svg("tracks", alt, 0.5 + _ROW_IN * len(tracks), draw)


def _strip(powers: np.ndarray | None, end_s: float) -> np.ndarray:
    """Loudness in at most `_TRACK_COLUMNS` columns; `_FLOOR_LUFS` − 20 where nothing sounds."""
    if powers is None:
        powers = np.zeros(1)
    step = -(-len(powers) // _TRACK_COLUMNS)
    powers = columns.smoothed(powers, end_s, 0.4)
    starts = np.arange(0, len(powers), step)
    means = np.add.reduceat(powers, starts) / np.diff(np.append(starts, len(powers)))
    return np.maximum(to_lufs(means), _FLOOR_LUFS - 20.0)
