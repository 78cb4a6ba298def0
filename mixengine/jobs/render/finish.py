"""A finished file at a target: the mix through gain and limiter, measured as it stands in the file.

The mix is at hand as a `Spool`. The level is approached, the file is written, and what was written is measured. A lossy
file is decoded again and measured: its peaks are not those that went in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixengine.audio.files import AudioFile
from mixengine.jobs.render import dialogue, encode, files, pictures, refusal, remarks, tags
from mixengine.jobs.render.approach import CLOSE_ENOUGH, Approach, Approacher, Behind
from mixengine.jobs.render.finished import Curves, Finished
from mixengine.jobs.render.levels import Levels
from mixengine.jobs.render.remarks import OVER_DB
from mixengine.jobs.render.settings import RenderSettings
from mixengine.jobs.render.spool import BLOCK_FRAMES, Spool
from mixengine.jobs.render.tags import Tags
from mixengine.mixer import limiter
from mixengine.mixer.limiter import TruePeaks
from mixengine.model.delivery import DIALOGUE, PROGRAMME, RMS, Target
from mixengine.model.units import decibels, plain_db
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress

_REWRITES = 5
_COLUMNS = 800
_PART_FRAMES = 8192
"""Of the written file so much is looked at for true peaks or not: where nothing is limited they are known."""
_MAX_LOWERING_DB = 3.0
"""An encoder whose peaks lie further above what it was given is told of, and not followed."""


@dataclass(frozen=True, slots=True)
class Approached:
    """A target, reached: what is measured and at which level, the mix before, and how it is done."""

    measure: str
    level: float
    before: Levels
    way: Approacher
    tried: Approach
    speech: np.ndarray | None
    dialogue_from: str
    notes: list[str]


def approached(
    spool: Spool,
    target: Target,
    gain_db: float | None,
    progress: Progress,
    speech: tuple[np.ndarray, str] | None = None,
    behind: Behind | None = None,
) -> Approached:
    """Find gain and limiting for what is in the spool.

    Parameters
    ----------
    gain_db : float, optional
        That of an album, in place of the one that reaches the target.
    speech : tuple of ndarray and str, optional
        As for `finish`.
    behind : callable, optional
        What the sound goes through behind the limiter.

    Raises
    ------
    UserError
        Silence, or a target that cannot be reached sanely.
    """
    progress(0, 1, "measuring the mix")
    shares, dialogue_from = speech or (None, "")
    before = Levels(spool.rate, spool.channels, rms=target.measure == RMS)
    for at, block in spool.blocks():
        before.add(block if behind is None else behind(at, block))
    if not math.isfinite(before.of(PROGRAMME)):
        raise UserError("no loudness: silence, all below −70 LUFS, or shorter than 0.4 s; nothing was written")
    if target.measure == DIALOGUE and shares is None:
        shares, dialogue_from = dialogue.on_mix(spool), "the mix"
    before.speech = shares
    measure, level, notes = _measure(target, before, dialogue_from)
    way = Approacher(spool, before, shares, behind)
    progress(0, 1, f"towards {target.title}")
    if gain_db is not None:
        tried = way.fixed(target, measure, level, gain_db, target.ceiling_dbtp)
    else:
        tried = way.reach(target, measure, level, target.ceiling_dbtp)
        if not tried.reached or way.is_dense(tried.limited):
            raise refusal.refused(way, target, measure, level, tried)
    return Approached(measure, level, before, way, tried, shares, dialogue_from, notes)


@dataclass(frozen=True, slots=True)
class Written:
    """A finished file: what it measures, in numbers and over time, notes, its sample peak and its clipped samples."""

    result: Finished
    curves: Curves
    notes: list[str]
    peak_dbfs: float
    clipped: int


@dataclass(frozen=True, slots=True)
class _Version:
    """One writing of the file: how it was done, to which ceiling, and what stands in it."""

    tried: Approach
    ceiling_dbtp: float
    after: Levels
    peak_dbtp: float
    peak_dbfs: float
    clipped: int


def finish(
    spool: Spool,
    target: Target,
    settings: RenderSettings,
    path: Path,
    file_tags: Tags,
    progress: Progress,
    speech: tuple[np.ndarray, str] | None = None,
) -> Written:
    """Write what is in the spool at the target.

    Parameters
    ----------
    path : Path
    speech : tuple of ndarray and str, optional
        Share of speech in each 100 ms, and on which tracks that was found; default: on the mix, where it is needed.

    Raises
    ------
    UserError
        Silence, or a target that cannot be reached sanely.
    """
    goal = approached(spool, target, settings.gain_db, progress, speech)
    version = _version(goal, spool, target, settings, path, file_tags, progress)
    result = _measures(goal, version, target)
    notes = [
        *goal.notes,
        *remarks.of(result, version.after.of(goal.measure), target, version.ceiling_dbtp, settings),
    ]
    if settings.file_format == "wav":
        tags.write_into_wav(path, file_tags, _loudness(version), spool.rate)
    if settings.file_format == "flac" and file_tags.picture:
        pictures.into_flac(path, file_tags.picture)
    return Written(result, _curves(goal.before, version.tried), notes, version.peak_dbfs, version.clipped)


def _version(
    goal: Approached,
    spool: Spool,
    target: Target,
    settings: RenderSettings,
    path: Path,
    file_tags: Tags,
    progress: Progress,
) -> _Version:
    """Write the file; while an encoder makes another level or higher peaks of it, write it anew with another aim."""
    tried, aim, ceiling_dbtp = goal.tried, goal.level, target.ceiling_dbtp
    for _ in range(_REWRITES):
        progress(0, 1, "writing")
        peak_dbtp, peak_dbfs, clipped = _write(goal.way, tried, spool, settings, path, file_tags)
        after, off = tried.after, 0.0
        if settings.file_format not in files.EXACT:
            after, peak_dbtp = _decoded(path, target, goal.speech)
            off = goal.level - after.of(goal.measure) if settings.gain_db is None else 0.0
        version = _Version(tried, ceiling_dbtp, after, peak_dbtp, peak_dbfs, clipped)
        over_db = max(peak_dbtp - target.ceiling_dbtp, 0.0)
        too_low = target.ceiling_dbtp - ceiling_dbtp > _MAX_LOWERING_DB
        if (over_db <= OVER_DB or too_low) and abs(off) <= CLOSE_ENOUGH:
            break
        if over_db > OVER_DB and not too_low:
            ceiling_dbtp -= over_db
        aim += off
        if settings.gain_db is not None:
            tried = goal.way.fixed(target, goal.measure, goal.level, tried.gain_db, ceiling_dbtp)
        else:
            tried = goal.way.reach(target, goal.measure, aim, ceiling_dbtp)
    return version


def _measures(goal: Approached, version: _Version, target: Target) -> Finished:
    before, after, tried = goal.before, version.after, version.tried
    return Finished(
        target=target.name,
        measured_by=goal.measure,
        level=goal.level,
        tolerance=target.tolerance,
        ceiling_dbtp=target.ceiling_dbtp,
        lufs=after.of(PROGRAMME),
        true_peak_dbtp=version.peak_dbtp,
        lra_lu=after.range_lu,
        gain_db=tried.gain_db,
        limited_db=tried.limited.deepest_db,
        limited_share=tried.limited.share,
        heavy_share=tried.limited.heavy_share,
        lufs_before=before.of(PROGRAMME),
        true_peak_before_dbtp=goal.way.true_peak_dbtp(),
        lra_before_lu=before.range_lu,
        dialogue_lufs=after.of(DIALOGUE) if goal.measure == DIALOGUE else None,
        dialogue_share=before.dialogue_share if target.measure == DIALOGUE else None,
        dialogue_from=goal.dialogue_from,
        rms_db=after.of(RMS) if target.measure == RMS else None,
        noise_db=after.noise_db if target.measure == RMS else None,
    )


def _loudness(version: _Version) -> tags.Loudness:
    after = version.after
    return tags.Loudness(
        after.of(PROGRAMME), after.range_lu, version.peak_dbtp, after.max_momentary_lufs, after.max_short_term_lufs
    )


def _curves(before: Levels, tried: Approach) -> Curves:
    (window_s, loudness), (_, after) = before.curve(), tried.after.curve()
    gains = tried.limited.gains
    starts = np.unique(np.linspace(0, len(gains) - 1, _COLUMNS).astype(int))
    deepest = -20.0 * np.log10(np.minimum.reduceat(gains, starts))
    return Curves(loudness + tried.gain_db, after, window_s, deepest)


def _measure(target: Target, before: Levels, dialogue_from: str) -> tuple[str, float, list[str]]:
    """What is brought to which level, and a note."""
    if target.measure != DIALOGUE:
        return target.measure, target.level, []
    share = before.dialogue_share
    percent = f"{100 * share:.0f} % of the time is dialogue, looked for on {dialogue_from}"
    if share < max(target.min_dialogue_share, 1e-9) or not math.isfinite(before.of(DIALOGUE)):
        level = target.level if target.without_dialogue is None else target.without_dialogue
        why = f"{percent}; the whole programme is brought to {plain_db(level)} LUFS"
        return PROGRAMME, level, [why]
    return DIALOGUE, target.level, [percent]


def _write(
    way: Approacher, tried: Approach, spool: Spool, settings: RenderSettings, path: Path, file_tags: Tags
) -> tuple[float, float, int]:
    """Write the file; true peak of what went into it, sample peak, clipped samples."""
    form = settings.file_format
    peaks = TruePeaks(spool.rate, spool.channels)
    sink: files.Sink | encode.LossySink
    if form in files.EXACT:
        sink = files.Sink(path, spool.rate, spool.frames, form, settings.bits, file_tags.title, spool.channels)
        sink.tag(file_tags.words())
    else:
        sink = encode.LossySink(path, spool.rate, spool.channels, form, file_tags)
    try:
        for at, block in way.blocks(tried.gain_db, tried.limited):
            for start in range(0, len(block), _PART_FRAMES):
                part = block[start : start + _PART_FRAMES]
                look = limiter.is_limited(tried.limited, at + start, len(part), spool.rate)
                (peaks.add if look else peaks.skip)(part)
            sink.write(block)
    finally:
        sink.close()
    known = way.true_peak_where_unlimited(tried.gain_db, tried.limited)
    return max(peaks.dbtp(), decibels(known)), decibels(sink.peak), sink.clipped


def _decoded(path: Path, target: Target, speech: np.ndarray | None) -> tuple[Levels, float]:
    """Levels and true peak of a file as it is decoded."""
    file = AudioFile(str(path))
    try:
        levels = Levels(file.rate, file.channels, speech, rms=target.measure == RMS)
        peaks = TruePeaks(file.rate, file.channels)
        for at in range(0, file.frames, BLOCK_FRAMES):
            block = file.read(at, min(BLOCK_FRAMES, file.frames - at))
            levels.add(block)
            peaks.add(block)
    finally:
        file.close()
    return levels, peaks.dbtp()
