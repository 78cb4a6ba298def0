"""Statistics of one track in one pass over its audio: everything that the checks of single tracks need.

The recording itself is measured: the clips with their fades, without clip gain, take pan and volume envelopes, and
before the fader, so that no gain in the session changes a finding. One level per 100 ms is kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mixengine.analysis.alignment import fingerprint
from mixengine.analysis.alignment.fingerprint import FingerprintMeter
from mixengine.analysis.impulses import ImpulseMeter
from mixengine.audio import files, outliers, timeline
from mixengine.audio.outliers import Outlier
from mixengine.audio.peaks import PeakMeter
from mixengine.jobs.lint.clipping import Rail
from mixengine.jobs.lint.hops import Hops, stretches
from mixengine.model.session import Session, Track

VERSION = 4
"""Increment when a measurement changes: cached results of other versions are ignored."""
HOP_S = 0.1
SILENT_DB = -200.0
"""Level of a hop in which every sample is zero."""
_FRAMES = 1 << 16


@dataclass(frozen=True, slots=True)
class TrackStats:
    """Statistics of a track as recorded; plain data for the cache and for other processes.

    Attributes
    ----------
    rate, channels : int
    start_s : float
        Session time of the first hop.
    peak : float
        Largest absolute sample.
    true_peak_dbtp : float
    flat_runs : int
        Flat tops (see `mixengine.jobs.lint.clipping`) of the channel with the most.
    short_runs : int
        Flat tops of only two samples in the same place.
    flat_share : float
        Share of a channel's samples that lie in flat tops, of the channel and polarity with the most, 0 … 1.
    flat_level : float
        Height of the flat tops.
    flat_places_s : tuple of float
        Session times of flat tops, at most a thousand of them.
    levels_db : tuple of float
        RMS of each hop over all channels, in dBFS.
    dc_db : float
        Steady offset of the worst channel in dB relative to the track's RMS; -inf for none.
    sides : tuple of float
        Of a stereo track: mean of L², of R² and of L·R; empty otherwise.
    clicks_s : tuple of float
        Session times of clicks, of the channel with the most.
    drop_outs_s : tuple of (float, float)
        Session times and lengths of drop-outs, of the channel with the most.
    outliers : tuple of Outlier
        Samples far above everything else.
    fingerprint : str
        How its bands move (`mixengine.analysis.alignment.fingerprint`), from ``start_s`` on, packed.
    """

    rate: int
    channels: int
    start_s: float
    peak: float
    true_peak_dbtp: float
    flat_runs: int
    short_runs: int
    flat_share: float
    flat_level: float
    flat_places_s: tuple[float, ...]
    levels_db: tuple[float, ...]
    dc_db: float
    sides: tuple[float, ...] = ()
    clicks_s: tuple[float, ...] = ()
    drop_outs_s: tuple[tuple[float, float], ...] = ()
    outliers: tuple[Outlier, ...] = ()
    fingerprint: str = ""


def measure(track: Track, session: Session) -> TrackStats:
    """Measure a track as `as_recorded` returns it.

    Raises
    ------
    UnreadableAudio
        A file cannot be decoded.
    """
    rate = timeline.analysis_rate(track, session)
    channels = timeline.channel_count(track)
    start_s = math.floor(timeline.span(track)[0] / HOP_S + 1e-9) * HOP_S
    hop = max(round(rate * HOP_S), 1)
    peaks, hops, rails = PeakMeter(rate, channels), Hops(hop, channels), [Rail() for _ in range(2 * channels)]
    impulses = [ImpulseMeter(rate) for _ in range(channels)]
    moves = FingerprintMeter(rate)
    frame, size = 0, max(_FRAMES // hop, 1) * hop
    places = stretches(track, rate, start_s, hop)
    for number, (first, last) in enumerate(places):
        hops.skip(first - frame)
        moves.skip(first - frame)
        for meter in impulses:
            meter.skip(first - frame)
        frame = first
        end_s = start_s + last / rate if number + 1 < len(places) else None
        for block in timeline.blocks(
            track, rate, start_s=start_s + first / rate, end_s=end_s, channels=channels, frames=size
        ):
            rows = np.ascontiguousarray(block.T)
            extremes = hops.add(rows)
            moves.add(timeline.mono(block)[:, 0])
            peaks.add_rows(rows, float(np.abs(extremes).max()))
            for index, (row, (low, high)) in enumerate(zip(rows, extremes.tolist(), strict=True)):
                for rail, sign, top in ((rails[2 * index], 1.0, high), (rails[2 * index + 1], -1.0, -low)):
                    if rail.reaches(top):
                        rail.add(row if sign > 0.0 else -row, frame)
                impulses[index].add(row, max(high, -low))
            frame += len(block)
    powers, means = hops.finish()
    faults = [meter.finish() for meter in impulses]
    clicks = max((clicks for clicks, _ in faults), key=len)
    gaps = max((gaps for _, gaps in faults), key=len)
    worst = max(rails, key=lambda rail: (rail.runs, rail.short_runs, rail.level))
    return TrackStats(
        rate=rate,
        channels=channels,
        start_s=start_s,
        peak=peaks.sample_peak,
        true_peak_dbtp=peaks.true_peak_dbtp,
        flat_runs=worst.runs,
        short_runs=worst.short_runs,
        flat_share=max(rail.samples for rail in rails) / max(frame, 1),
        flat_level=worst.level,
        flat_places_s=tuple(round(start_s + place / rate, 4) for place in worst.places),
        levels_db=tuple(np.round(10.0 * np.log10(np.maximum(powers, 10.0 ** (SILENT_DB / 10.0))), 2).tolist()),
        dc_db=_steady_offset_db(powers, means),
        sides=tuple((hops.sides / max(frame, 1)).tolist()) if channels == 2 else (),
        clicks_s=tuple(round(start_s + at_s, 4) for at_s in clicks),
        drop_outs_s=tuple((round(start_s + at_s, 4), round(length_s, 4)) for at_s, length_s in gaps),
        outliers=outliers.find(track, rate) if peaks.sample_peak > outliers.MIN_PEAK else (),
        fingerprint=fingerprint.packed(moves.finish()),
    )


def non_finite_samples(track: Track) -> int:
    """How many samples of a track's files are NaN or infinite; only floating-point files can hold any."""
    return sum(files.non_finite_samples(path) for path in sorted({clip.source.path for clip in track.audio_clips}))


def _steady_offset_db(powers: np.ndarray, means: np.ndarray) -> float:
    """Offset over RMS of the worst channel; -inf when the mean varies over time, as it does with low notes.

    A converter's offset is constant: the median over hops counts where it exceeds three times its standard error,
    estimated from the median absolute deviation.
    """
    sounding = powers > 0.0
    if np.count_nonzero(sounding) < 10:
        return -math.inf
    means, rms = means[sounding], math.sqrt(float(powers[sounding].mean()))
    median = np.median(means, axis=0)
    standard_error = 1.4826 * np.median(np.abs(means - median), axis=0) / math.sqrt(len(means))
    offset = float(np.max(np.where(np.abs(median) > 3.0 * standard_error, np.abs(median), 0.0)))
    return 20.0 * math.log10(offset / rms) if offset > 0.0 else -math.inf
