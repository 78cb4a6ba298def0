"""Checks of single recordings: clipping, peaks, silence, DC offset, noise."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from mixengine.jobs.lint.context import EXCERPT_RATE, LintContext, loudest_db, playing_db
from mixengine.jobs.lint.findings import ERROR, HINT, WARNING, Finding, names
from mixengine.jobs.lint.track_stats import HOP_S, SILENT_DB, TrackStats
from mixengine.model.session import Track
from mixengine.model.units import decibels, plain_db

FULL_SCALE = 1.0 - 2.0**-12
"""Flat tops at this level or above count as full scale, as in files that a converter limits to −0.002 dBFS."""
MIN_LOWER_RUNS = 20
"""Flat tops below full scale that count as clipping: a gain change after clipping moves all of them, a few occur by
chance."""
MIN_SHORT_RUNS = 20
"""Flat tops of two samples that count as clipping where there are no longer ones; a normalised file has one or two."""
WAVEFORM_SHARE = 0.3
"""A signal that spends a larger share of its time at one ceiling is a square wave or intended distortion: a sine has to
be clipped by 5 dB for that."""
TRUE_PEAK_DBTP = 0.1
"""A converter cannot reproduce peaks above full scale (ITU-R BS.1770-5, annex 2); files normalised to 0 dBFS exceed it
by hundredths of a dB, which is inaudible."""
SHAVED_DBTP = 2.0
"""Samples at full scale with such peaks between them are probably clipped: hats and cymbals change too fast for flat
tops. Real stems normalised to full scale stayed below 0.5 dBTP."""
QUIET_DBFS = -70.0
"""A track with no 100 ms above this is silent: the absolute gate of BS.1770."""
DC_DB = -40.0
"""Offset relative to the RMS: from 1 % on, cuts can click; converters with a high-pass filter stay below −60 dB."""
SNR_DB = 30.0
"""Required distance of speech and instruments to their noise (ACX requires a floor of −60 dBFS at an RMS of −23 dBFS of
audiobooks, 37 dB)."""
MAX_FLOOR_DEVIATION_DB = 1.5
"""A noise floor is steady: standard deviation of its 100 ms levels; noise above 100 Hz stays below 1 dB."""
FLOOR_S = 1.0
"""Length of the quietest passage, which is taken for the noise floor: a pause, not the gap between two notes."""
MIN_FLATNESS = 0.3
"""Ratio of geometric to arithmetic mean of a noise spectrum over a third of an octave; averaged noise has 0.9, decaying
notes 0.1 and less."""
SILENCE_S = 10.0
"""Silence longer than this at either end of a recording is worth a hint."""
SILENCE_DB = 60.0
"""Silence is this far below the loudest 100 ms."""


def clipped(context: LintContext) -> Iterator[Finding]:
    """Flat tops: at full scale a converter or export clipped; at a lower level it did so before a gain change."""
    for track, stats in context.track_stats:
        full = stats.flat_level >= FULL_SCALE
        if not _is_clipped(stats) or stats.flat_share > WAVEFORM_SHARE:
            continue
        count = stats.flat_runs + stats.short_runs
        where = "at full scale" if full else f"at {plain_db(decibels(stats.flat_level), 2)} dBFS"
        yield Finding(
            "clipped",
            ERROR if full else WARNING,
            (track.name,),
            f"clipped {where}: {count} flat top{'s' * (count > 1)}",
            "record or export it again with less level, or repair it with a declipper",
            stats.flat_places_s[0] if stats.flat_places_s else None,
            stats.flat_places_s[-1] + HOP_S if stats.flat_places_s else None,
        )


def _is_clipped(stats: TrackStats) -> bool:
    if stats.flat_level >= FULL_SCALE:
        return stats.flat_runs > 0 or stats.short_runs >= MIN_SHORT_RUNS
    return stats.flat_runs >= MIN_LOWER_RUNS


def inter_sample_peaks(context: LintContext) -> Iterator[Finding]:
    """Inter-sample peaks above full scale where no sample is."""
    for track, stats in context.track_stats:
        if stats.true_peak_dbtp > TRUE_PEAK_DBTP and stats.peak <= 1.0 and not _is_clipped(stats):
            shaved = stats.true_peak_dbtp > SHAVED_DBTP and stats.peak >= FULL_SCALE
            yield Finding(
                "inter_sample_peaks",
                WARNING if shaved else HINT,
                (track.name,),
                f"true peak {plain_db(stats.true_peak_dbtp)} dBTP though no sample is over"
                f"{': probably clipped for single samples' if shaved else ''}",
                "export it again with less level" if shaved else "turn it down by that much before it is exported",
            )


def silent(context: LintContext) -> Iterator[Finding]:
    """Recordings that are silent or almost silent."""
    for track, stats in context.track_stats:
        if stats.peak == 0.0:
            yield Finding("silent", WARNING, (track.name,), "silent", "remove the track, or find the right file")
        elif loudest_db(stats) < QUIET_DBFS:
            yield Finding(
                "silent",
                WARNING,
                (track.name,),
                f"almost silent: never above {plain_db(loudest_db(stats), 0)} dBFS",
                "check the cable, the export, or remove the track",
            )


def non_finite(context: LintContext) -> Iterator[Finding]:
    """NaN and infinite samples: they make plug-ins go silent."""
    for track in context.session.tracks:
        result = context.results.get(track.id)
        if result and result.non_finite:
            count = result.non_finite
            yield Finding(
                "non_finite",
                ERROR,
                (track.name,),
                f"{count} sample{'s' * (count > 1)} in its files {'are' if count > 1 else 'is'} not a number",
                "export the file again; an effect that was on it is broken",
            )


def dc_offset(context: LintContext) -> Iterator[Finding]:
    """A constant (DC) offset."""
    for track, stats in context.track_stats:
        if stats.dc_db > DC_DB:
            yield Finding(
                "dc_offset",
                WARNING,
                (track.name,),
                f"DC offset {plain_db(stats.dc_db, 0)} dB relative to its RMS",
                "high-pass at 20 Hz, or remove the offset in an editor",
            )


def noisy(context: LintContext) -> Iterator[Finding]:
    """Recordings that are too close to their own noise floor."""
    for track, stats in context.track_stats:
        floor = _noise_floor(context, track, stats)
        if floor is None:
            continue
        floor_db, start_s = floor
        yield Finding(
            "noisy",
            WARNING,
            (track.name,),
            f"only {playing_db(stats) - floor_db:.0f} dB above its own noise floor",
            "record it louder or closer, or use a noise reduction",
            start_s,
            start_s + FLOOR_S,
        )


def _noise_floor(context: LintContext, track: Track, stats: TrackStats) -> tuple[float, float] | None:
    """Level and start of a noise floor that is too high; ``None`` where it is low enough or is no noise."""
    levels = np.asarray(stats.levels_db)
    count = round(FLOOR_S / HOP_S)
    sounding = levels > SILENT_DB
    if len(levels) < 3 * count or loudest_db(stats) < QUIET_DBFS:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(np.where(sounding, levels, np.inf), count)
    at = int(np.argmin(windows.max(axis=1)))
    floor = windows[at]
    if not np.isfinite(floor).all() or floor.std() > MAX_FLOOR_DEVIATION_DB:
        return None
    distance_db = playing_db(stats) - float(floor.mean())
    start_s = stats.start_s + at * HOP_S
    # closer than 10 dB it is the sound itself: a pad, or intended noise
    if not 10.0 < distance_db < SNR_DB or _flatness(context.excerpt(track, start_s, start_s + FLOOR_S)) < MIN_FLATNESS:
        return None
    return float(floor.mean()), start_s


def _flatness(samples: np.ndarray) -> float:
    """Spectral flatness: median over third-octaves of geometric over arithmetic mean of the power, 100 Hz … 4 kHz."""
    from scipy import signal

    frequencies_hz, power = signal.welch(samples, EXCERPT_RATE, nperseg=1024)
    edges_hz = 100.0 * 2.0 ** (np.arange(17) / 3.0)
    ratios = []
    for low_hz, high_hz in pairwise(edges_hz):
        inside = power[(frequencies_hz >= low_hz) & (frequencies_hz < high_hz)]
        if len(inside) >= 4 and inside.min() > 0.0:
            ratios.append(float(np.exp(np.log(inside).mean()) / inside.mean()))
    return float(np.median(ratios)) if ratios else 0.0


def long_silence(context: LintContext) -> Iterator[Finding]:
    """Recordings that begin or end with long silence; one finding for all, as stems of full length do so on purpose."""
    silent_at: dict[str, list[Track]] = {"begin": [], "end": []}
    for track, stats in context.track_stats:
        if len(track.audio_clips) != 1 or stats.peak == 0.0:
            continue
        levels = np.asarray(stats.levels_db)
        sounding = np.flatnonzero(levels > levels.max() - SILENCE_DB)
        for end, hops in (("begin", sounding[0]), ("end", len(levels) - 1 - sounding[-1])):
            if hops * HOP_S > SILENCE_S:
                silent_at[end].append(track)
    for end, tracks in silent_at.items():
        if tracks:
            yield Finding(
                "long_silence",
                HINT,
                names(tracks),
                f"{end}{'s' * (len(tracks) == 1)} with more than {SILENCE_S:.0f} s of silence",
                "trim the items for a clearer view, if they are not stems that all start together",
            )
