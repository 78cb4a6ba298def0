"""Checks of faults inside recordings: clicks, drop-outs, single samples far too high, hum of the mains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from mixengine.analysis.mains_hum import HUM_S, MAINS_HZ, PAUSE_DB, hum_db, spectrum
from mixengine.jobs.lint.context import EXCERPT_RATE, LintContext, loudest_db, playing_db
from mixengine.jobs.lint.findings import ERROR, WARNING, Finding
from mixengine.jobs.lint.track_stats import HOP_S, SILENT_DB, TrackStats
from mixengine.model.session import Track
from mixengine.model.units import decibels, plain_db
from mixengine.report.clock import clock

MAX_PASSAGES = 6
_EDGE_S = 0.005
_MAX_TIMES = 4


def repair_command(name: str) -> str:
    """The command that mends what these checks find, and does nothing else."""
    return f"`mixengine enhance --repair {name} --blend 0`"


def clicks(context: LintContext) -> Iterator[Finding]:
    """Clicks in the middle of the sound."""
    for track, stats in context.track_stats:
        places = [at_s for at_s in stats.clicks_s if not _at_an_edge(track, at_s)]
        if places:
            yield Finding(
                "clicks",
                WARNING,
                (track.name,),
                f"{len(places)} click{'s' * (len(places) > 1)} in the sound (at {times(places)})",
                f"{repair_command('clicks')} replaces those that are sure; else record it again with another cable "
                "or a larger buffer",
                places[0],
                places[-1],
            )


def drop_outs(context: LintContext) -> Iterator[Finding]:
    """Gaps of a few milliseconds that begin and end in the middle of the sound."""
    for track, stats in context.track_stats:
        gaps = [gap for gap in stats.drop_outs_s if not any(_at_an_edge(track, at_s) for at_s in (gap[0], sum(gap)))]
        if gaps:
            length_ms = 1000.0 * float(np.median([length_s for _, length_s in gaps]))
            yield Finding(
                "drop_outs",
                WARNING,
                (track.name,),
                f"{len(gaps)} drop-out{'s' * (len(gaps) > 1)} of {length_ms:.0f} ms "
                f"(at {times([at_s for at_s, _ in gaps])})",
                "look for the whole recording: the computer or the recorder did not keep up; "
                f"{repair_command('drop_outs')} fills those of up to 20 ms",
                gaps[0][0],
                sum(gaps[-1]),
            )


def outliers(context: LintContext) -> Iterator[Finding]:
    """Single samples far above everything else."""
    for track, stats in context.track_stats:
        if stats.outliers:
            first, last = stats.outliers[0], stats.outliers[-1]
            count = len(stats.outliers)
            peak_db = decibels(max(outlier.peak for outlier in stats.outliers))
            yield Finding(
                "outliers",
                ERROR,
                (track.name,),
                f"{count} sample{'s' * (count > 1)} of up to {peak_db:+.1f} dBFS "
                f"(at {times([outlier.time_s for outlier in stats.outliers])}), far above everything else",
                "repair the file: it is a fault, and loud enough to harm ears and loudspeakers",
                first.time_s,
                last.time_s,
            )


def _at_an_edge(track: Track, at_s: float) -> bool:
    """Whether an item begins or ends there, which other checks look at."""
    return any(min(abs(at_s - clip.position_s), abs(at_s - clip.end_s)) < _EDGE_S for clip in track.audio_clips)


def times(places_s: Sequence[float]) -> str:
    """Some times in words."""
    listed = ", ".join(f"{clock(at_s)} ({at_s:.3f} s)" if at_s < 1.0 else clock(at_s) for at_s in places_s[:_MAX_TIMES])
    return listed + (" …" if len(places_s) > _MAX_TIMES else "")


def hum(context: LintContext) -> Iterator[Finding]:
    """Hum of the mains: lines at multiples of 50 or 60 Hz in the pauses."""
    for track, stats in context.track_stats:
        starts = _pauses(stats)
        if not starts:
            continue
        spectra = [spectrum(context.excerpt(track, start_s, start_s + HUM_S), EXCERPT_RATE) for start_s in starts]
        for mains_hz in MAINS_HZ:
            levels = [level for power in spectra if (level := hum_db(power, mains_hz)) is not None]
            if len(levels) * 2 > len(spectra):
                yield Finding(
                    "hum",
                    WARNING,
                    (track.name,),
                    f"hum of {mains_hz:.0f} Hz and its multiples, {plain_db(float(np.median(levels)), 0)} dBFS "
                    "in the pauses",
                    f"look for a ground loop or a bad cable; {repair_command('hum')} takes it out "
                    "where it lasts through all pauses",
                    starts[0],
                    starts[0] + HUM_S,
                )
                break


def _pauses(stats: TrackStats) -> list[float]:
    """Starts of the quietest passages that are not digital silence."""
    levels, count = np.asarray(stats.levels_db), round(HUM_S / HOP_S)
    if len(levels) < 2 * count:
        return []
    windows = np.lib.stride_tricks.sliding_window_view(levels, count)[:: count // 2]
    loudest, quietest = windows.max(axis=1), windows.min(axis=1)
    is_pause = (quietest > SILENT_DB) & (loudest < min(playing_db(stats), loudest_db(stats)) - PAUSE_DB)
    places = [int(place) for place in np.argsort(loudest, kind="stable") if is_pause[place]]
    return sorted(stats.start_s + place * (count // 2) * HOP_S for place in places[:MAX_PASSAGES])
