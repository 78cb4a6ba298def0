"""Listen to one track once: everything the checks of single tracks need.

What is heard is the recording: the clips with their fades, without clip gain, take pan and volume envelopes, and before
the fader, so that no gain in the session changes a finding. One pass over the audio; what stays is one number per
100 ms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from mixengine.audio import timeline
from mixengine.audio.peaks import PeakMeter
from mixengine.jobs.lint.clipping import Rail
from mixengine.model.session import Session, Track

VERSION = 1
"""Raise when a measurement changes: cached ones of other versions are not used."""
HOP_S = 0.1
SILENT_DB = -200.0
"""Level of a hop in which every sample is zero."""
_FRAMES = 1 << 18
_FLOAT_FORMATS = ("FLOAT", "DOUBLE")


@dataclass(frozen=True, slots=True)
class Heard:
    """A track as recorded; plain data for the cache and for other processes.

    Attributes
    ----------
    rate, channels : int
    start_s : float
        Session time of the first hop.
    peak : float
        Largest sample.
    true_peak_dbtp : float
    flat_runs : int
        Flat tops (see `mixengine.jobs.lint.clipping`) of the channel that has most.
    short_runs : int
        Flat tops of only two samples in the same place.
    flat_share : float
        Share of the samples of a channel that lie in them, on the side that has most, 0 … 1.
    flat_level : float
        Their height.
    flat_places_s : tuple of float
        When they are, session time; not all of very many.
    levels_db : tuple of float
        RMS of each hop over all channels, in dBFS.
    dc_db : float
        Steady offset of the worst channel in dB relative to the track's RMS; -inf for none.
    sides : tuple of float
        Of a stereo track: mean of L², of R² and of L·R; empty otherwise.
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


def as_recorded(track: Track) -> Track:
    """The track without any gain: only which file sounds when, and its polarity."""
    clips = tuple(replace(clip, gain_db=0.0, pan=0.0, automation=()) for clip in track.clips)
    return replace(track, clips=clips, automation=(), fader_db=0.0, pan=0.0)


def measure(track: Track, session: Session) -> Heard:
    """Listen to a track as `as_recorded` gives it.

    Raises
    ------
    UnreadableAudio
        A file cannot be decoded.
    """
    rate = timeline.analysis_rate(track, session)
    channels = timeline.channel_count(track)
    start_s = math.floor(timeline.span(track)[0] / HOP_S + 1e-9) * HOP_S
    peaks, hops, rails = PeakMeter(rate, channels), _Hops(rate, channels), [Rail() for _ in range(2 * channels)]
    sides, at = np.zeros(3), 0
    for block in timeline.blocks(track, rate, start_s=start_s, channels=channels, frames=_FRAMES):
        peaks.add(block)
        hops.add(block)
        rows = np.ascontiguousarray(block.T)
        for index, row in enumerate(rows):
            rails[2 * index].add(row, at)
            rails[2 * index + 1].add(-row, at)
        if channels == 2:
            sides += [float(rows[a].astype(np.float64) @ rows[b]) for a, b in ((0, 0), (1, 1), (0, 1))]
        at += len(block)
    powers, means = hops.finish()
    worst = max(rails, key=lambda rail: (rail.runs, rail.short_runs, rail.level))
    return Heard(
        rate=rate,
        channels=channels,
        start_s=start_s,
        peak=peaks.sample_peak,
        true_peak_dbtp=peaks.true_peak_dbtp,
        flat_runs=worst.runs,
        short_runs=worst.short_runs,
        flat_share=max(rail.samples for rail in rails) / max(at, 1),
        flat_level=worst.level,
        flat_places_s=tuple(round(start_s + place / rate, 4) for place in worst.places),
        levels_db=tuple(np.round(10.0 * np.log10(np.maximum(powers, 10.0 ** (SILENT_DB / 10.0))), 2).tolist()),
        dc_db=_steady_offset_db(powers, means),
        sides=tuple((sides / max(at, 1)).tolist()) if channels == 2 else (),
    )


def non_finite_samples(track: Track) -> int:
    """How many samples of a track's files are NaN or infinite; only files of floats can hold any.

    `mixengine.audio.files` reads them as 0, so that they are looked for here.
    """
    import soundfile

    count = 0
    for path in sorted({clip.source.path for clip in track.audio_clips}):
        with soundfile.SoundFile(path) as file:
            if file.subtype not in _FLOAT_FORMATS:
                continue
            for block in file.blocks(_FRAMES, dtype="float32"):
                count += int(np.count_nonzero(~np.isfinite(block)))
    return count


def _steady_offset_db(powers: np.ndarray, means: np.ndarray) -> float:
    """Offset over RMS of the worst channel; -inf when what there is comes and goes as low notes do.

    An offset of the converter is there all the time: the median over hops, where it is well above how far hops lie
    from it (their standard error, by the median deviation, times 3).
    """
    sounding = powers > 0.0
    if np.count_nonzero(sounding) < 10:
        return -math.inf
    means, rms = means[sounding], math.sqrt(float(powers[sounding].mean()))
    middle = np.median(means, axis=0)
    spread = 1.4826 * np.median(np.abs(means - middle), axis=0) / math.sqrt(len(means))
    offset = float(np.max(np.where(np.abs(middle) > 3.0 * spread, np.abs(middle), 0.0)))
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
