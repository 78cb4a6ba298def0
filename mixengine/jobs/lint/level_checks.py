"""What each recording tells by itself: clipping, peaks, silence, offset, noise."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from mixengine.jobs.lint.context import EXCERPT_RATE, LintContext, loudest_db, playing_db
from mixengine.jobs.lint.findings import ERROR, HINT, WARNING, Finding, names
from mixengine.jobs.lint.track_stats import HOP_S, SILENT_DB, Heard
from mixengine.model.session import Track
from mixengine.model.units import decibels, plain_db

FULL_SCALE = 1.0 - 2.0**-12
"""Flat tops from here on are at full scale: files limited to −0.002 dBFS by a converter are."""
LOWER_RUNS = 20
"""Fewest flat tops below full scale: a gain change after clipping moves all of them, chance makes a few."""
SHORT_RUNS = 20
"""Fewest flat tops of two samples at full scale, where there are no longer ones; a normalised file has one or two."""
WAVEFORM_SHARE = 0.3
"""A signal that spends more of its time at one ceiling is a square wave or a distortion, not an accident: a sine has to
be clipped by 5 dB for that."""
TRUE_PEAK_DBTP = 0.1
"""Above full scale a converter has to show more than it can (ITU-R BS.1770-5, annex 2); files normalised to 0 dBFS lie
hundredths above, which nobody can hear."""
SHAVED_DBTP = 2.0
"""Samples at full scale with such peaks between them are probably cut off: hats and cymbals swing too fast for flat
tops. Files normalised to full scale stayed under 0.5 dBTP on the real stems that were tried."""
QUIET_DBFS = -70.0
"""No 100 ms louder than this: below the absolute gate of BS.1770 nothing counts as programme."""
DC_DB = -40.0
"""Offset relative to the RMS: 1 %, from where on cuts can click; converters with a high pass stay under −60 dB."""
SNR_DB = 30.0
"""Speech and instruments are wanted 30 dB above their noise at least (ACX asks audiobooks for a floor of −60 dBFS at
an RMS of −23 dBFS, 37 dB)."""
STEADY_DB = 1.5
"""A noise floor is steady: standard deviation of its 100 ms levels; noise above 100 Hz stays under 1 dB."""
FLOOR_S = 1.0
"""Length of the quietest stretch that is taken for the floor: a pause, not the gap between two notes."""
FLATNESS = 0.3
"""Least ratio of geometric to arithmetic mean of a noise spectrum over a third of an octave; averaged noise has 0.9,
notes that ring 0.1 and less."""
SILENCE_S = 10.0
"""Silence longer than this at either end of a recording is worth a hint."""
SILENCE_DB = 60.0
"""Silence is this far below the loudest 100 ms."""


def clipped(case: LintContext) -> Iterator[Finding]:
    """Flat tops: at full scale a converter or export overflowed, lower down it did so before a gain change."""
    for track, heard in case.heard:
        full = heard.flat_level >= FULL_SCALE
        if not _is_clipped(heard) or heard.flat_share > WAVEFORM_SHARE:
            continue
        count = heard.flat_runs + heard.short_runs
        where = "at full scale" if full else f"at {plain_db(decibels(heard.flat_level), 2)} dBFS"
        yield Finding(
            "clipped",
            ERROR if full else WARNING,
            (track.name,),
            f"clipped {where}: {count} flat top{'s' * (count > 1)}",
            "record or export it again with less level, or repair it with a declipper",
            heard.flat_places_s[0] if heard.flat_places_s else None,
            heard.flat_places_s[-1] + HOP_S if heard.flat_places_s else None,
        )


def _is_clipped(heard: Heard) -> bool:
    if heard.flat_level >= FULL_SCALE:
        return heard.flat_runs > 0 or heard.short_runs >= SHORT_RUNS
    return heard.flat_runs >= LOWER_RUNS


def inter_sample_peaks(case: LintContext) -> Iterator[Finding]:
    """Peaks over full scale between samples that are not."""
    for track, heard in case.heard:
        if heard.true_peak_dbtp > TRUE_PEAK_DBTP and heard.peak <= 1.0 and not _is_clipped(heard):
            shaved = heard.true_peak_dbtp > SHAVED_DBTP and heard.peak >= FULL_SCALE
            yield Finding(
                "inter_sample_peaks",
                WARNING if shaved else HINT,
                (track.name,),
                f"true peak {plain_db(heard.true_peak_dbtp)} dBTP though no sample is over"
                f"{': probably clipped for single samples' if shaved else ''}",
                "export it again with less level" if shaved else "turn it down by that much before it is exported",
            )


def silent(case: LintContext) -> Iterator[Finding]:
    """Recordings with nothing, or almost nothing, on them."""
    for track, heard in case.heard:
        if heard.peak == 0.0:
            yield Finding("silent", WARNING, (track.name,), "silent", "remove the track, or find the right file")
        elif loudest_db(heard) < QUIET_DBFS:
            yield Finding(
                "silent",
                WARNING,
                (track.name,),
                f"almost silent: never above {plain_db(loudest_db(heard), 0)} dBFS",
                "check the cable, the export, or remove the track",
            )


def non_finite(case: LintContext) -> Iterator[Finding]:
    """NaN and infinite samples: plug-ins fall silent on them."""
    for track in case.session.tracks:
        listened = case.listened.get(track.id)
        if listened and listened.non_finite:
            count = listened.non_finite
            yield Finding(
                "non_finite",
                ERROR,
                (track.name,),
                f"{count} sample{'s' * (count > 1)} in its files {'are' if count > 1 else 'is'} not a number",
                "export the file again; an effect that was on it is broken",
            )


def dc_offset(case: LintContext) -> Iterator[Finding]:
    """A steady offset under the sound."""
    for track, heard in case.heard:
        if heard.dc_db > DC_DB:
            yield Finding(
                "dc_offset",
                WARNING,
                (track.name,),
                f"DC offset {plain_db(heard.dc_db, 0)} dB relative to its RMS",
                "high-pass at 20 Hz, or remove the offset in an editor",
            )


def noisy(case: LintContext) -> Iterator[Finding]:
    """Recordings that are hardly above their own noise floor."""
    for track, heard in case.heard:
        found = _floor(case, track, heard)
        if found is None:
            continue
        floor_db, start_s = found
        yield Finding(
            "noisy",
            WARNING,
            (track.name,),
            f"only {playing_db(heard) - floor_db:.0f} dB above its own noise floor",
            "record it louder or closer, or use a noise reduction",
            start_s,
            start_s + FLOOR_S,
        )


def _floor(case: LintContext, track: Track, heard: Heard) -> tuple[float, float] | None:
    """Level and start of a noise floor that is too near; ``None`` where it is low, or is none."""
    levels = np.asarray(heard.levels_db)
    count = round(FLOOR_S / HOP_S)
    sounding = levels > SILENT_DB
    if len(levels) < 3 * count or loudest_db(heard) < QUIET_DBFS:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(np.where(sounding, levels, np.inf), count)
    at = int(np.argmin(windows.max(axis=1)))
    floor = windows[at]
    if not np.isfinite(floor).all() or floor.std() > STEADY_DB:
        return None
    distance_db = playing_db(heard) - float(floor.mean())
    start_s = heard.start_s + at * HOP_S
    # nearer than 10 dB it would be the sound itself: a pad, or noise that is meant
    if not 10.0 < distance_db < SNR_DB or _flatness(case.excerpt(track, start_s, start_s + FLOOR_S)) < FLATNESS:
        return None
    return float(floor.mean()), start_s


def _flatness(samples: np.ndarray) -> float:
    """Median over third-octaves of geometric by arithmetic mean of the power spectrum, 100 Hz … 4 kHz."""
    from scipy import signal

    frequencies_hz, power = signal.welch(samples, EXCERPT_RATE, nperseg=1024)
    edges_hz = 100.0 * 2.0 ** (np.arange(17) / 3.0)
    ratios = []
    for low_hz, high_hz in pairwise(edges_hz):
        inside = power[(frequencies_hz >= low_hz) & (frequencies_hz < high_hz)]
        if len(inside) >= 4 and inside.min() > 0.0:
            ratios.append(float(np.exp(np.log(inside).mean()) / inside.mean()))
    return float(np.median(ratios)) if ratios else 0.0


def long_silence(case: LintContext) -> Iterator[Finding]:
    """Recordings that begin or end with long silence; one finding for all, as whole-song stems do so on purpose."""
    found: dict[str, list[Track]] = {"begin": [], "end": []}
    for track, heard in case.heard:
        if len(track.audio_clips) != 1 or heard.peak == 0.0:
            continue
        levels = np.asarray(heard.levels_db)
        sounding = np.flatnonzero(levels > levels.max() - SILENCE_DB)
        for end, hops in (("begin", sounding[0]), ("end", len(levels) - 1 - sounding[-1])):
            if hops * HOP_S > SILENCE_S:
                found[end].append(track)
    for end, tracks in found.items():
        if tracks:
            yield Finding(
                "long_silence",
                HINT,
                names(tracks),
                f"{end}{'s' * (len(tracks) == 1)} with more than {SILENCE_S:.0f} s of silence",
                "trim the items for a clearer view, if they are not stems that all start together",
            )
