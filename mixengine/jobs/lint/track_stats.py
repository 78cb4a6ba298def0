"""Statistics of one track in one pass over its audio: everything that the checks of single tracks need.

The recording itself is measured: the clips with their fades, without clip gain, take pan and volume envelopes, and
before the fader, so that no gain in the session changes a finding. One level per 100 ms is kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from mixengine.audio import files, outliers, timeline
from mixengine.audio.outliers import Outlier
from mixengine.audio.peaks import PeakMeter
from mixengine.jobs.lint.clipping import Rail
from mixengine.jobs.lint.impulses import ImpulseMeter
from mixengine.model.session import Session, Track

VERSION = 2
"""Increment when a measurement changes: cached results of other versions are ignored."""
HOP_S = 0.1
SILENT_DB = -200.0
"""Level of a hop in which every sample is zero."""
_FRAMES = 1 << 18


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


def as_recorded(track: Track) -> Track:
    """The track without any gain: only which file plays when, and its polarity."""
    clips = tuple(replace(clip, gain_db=0.0, pan=0.0, automation=()) for clip in track.clips)
    return replace(track, clips=clips, automation=(), leads=(), fader_db=0.0, pan=0.0)


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
    peaks, hops, rails = PeakMeter(rate, channels), _Hops(rate, channels), [Rail() for _ in range(2 * channels)]
    impulses = [ImpulseMeter(rate) for _ in range(channels)]
    sides, frame = np.zeros(3), 0
    for block in timeline.blocks(track, rate, start_s=start_s, channels=channels, frames=_FRAMES):
        peaks.add(block)
        hops.add(block)
        rows = np.ascontiguousarray(block.T)
        for index, row in enumerate(rows):
            rails[2 * index].add(row, frame)
            rails[2 * index + 1].add(-row, frame)
            impulses[index].add(row)
        if channels == 2:
            sides += [float(rows[a].astype(np.float64) @ rows[b]) for a, b in ((0, 0), (1, 1), (0, 1))]
        frame += len(block)
    powers, means = hops.finish()
    found = [meter.finish() for meter in impulses]
    clicks = max((clicks for clicks, _ in found), key=len)
    gaps = max((gaps for _, gaps in found), key=len)
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
        sides=tuple((sides / max(frame, 1)).tolist()) if channels == 2 else (),
        clicks_s=tuple(round(start_s + at_s, 4) for at_s in clicks),
        drop_outs_s=tuple((round(start_s + at_s, 4), round(length_s, 4)) for at_s, length_s in gaps),
        outliers=outliers.find(track, rate) if peaks.sample_peak > outliers.MIN_PEAK else (),
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


class _Hops:
    """Mean square over all channels and mean of each channel, hop by hop."""

    def __init__(self, rate: int, channels: int) -> None:
        self._hop = max(round(rate * HOP_S), 1)
        self._rest = np.zeros((0, channels), dtype=np.float32)
        self._powers: list[np.ndarray] = []
        self._means: list[np.ndarray] = []

    def add(self, block: np.ndarray) -> None:
        block = np.concatenate([self._rest, block])
        whole = len(block) // self._hop * self._hop
        self._take(block[:whole].reshape(-1, self._hop, block.shape[1]))
        self._rest = block[whole:]

    def _take(self, hops: np.ndarray) -> None:
        self._powers.append(np.square(hops).mean(axis=(1, 2), dtype=np.float64))
        self._means.append(hops.mean(axis=1, dtype=np.float64))

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        if len(self._rest):
            self._take(self._rest[None])
        return np.concatenate(self._powers or [np.zeros(0)]), np.concatenate(self._means or [np.zeros((0, 1))])
