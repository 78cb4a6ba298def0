"""Measure the tracks of a session, several at a time, and the peak of their sum; results are cached.

Long sessions are measured in worker processes (joblib), short ones here: starting a worker costs about a second.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from mixengine.analysis import cache
from mixengine.analysis.tracks import Measure, load, measure_tracks
from mixengine.audio import outliers, timeline
from mixengine.audio.files import UnreadableAudio
from mixengine.jobs.balance.measure import VERSION, MeasureOptions, Reading, measure
from mixengine.mixer import mix
from mixengine.model import signal_path
from mixengine.model.session import Session, Track
from mixengine.system.parallel import map_parallel
from mixengine.system.progress import Progress

_EXACT_FACTOR = 60.0
SUM_PIECE_S = 10.0


def analyse(
    session: Session, tracks: list[Track], options: MeasureOptions, *, use_cache: bool, progress: Progress
) -> dict[str, Reading | str]:
    """Track id → its `Reading`, or the reason why it has none, in words."""
    way = Measure(_measure_one, Reading, (VERSION, options), (options,), cost=_EXACT_FACTOR if options.exact else 1.0)
    return measure_tracks(session, tracks, way, use_cache=use_cache, progress=progress)


def _measure_one(track: Track, session: Session, options: MeasureOptions) -> Reading | str:
    try:
        rate = timeline.analysis_rate(track, session)
        reading = measure(track, rate, options)
        if reading.sample_peak < outliers.MIN_PEAK or not (faults := outliers.find(track, rate)):
            return reading
        return replace(measure(outliers.without(track, faults), rate, options), outliers=faults)
    except UnreadableAudio as error:
        return f"cannot be read: {error}"


def without_faults(session: Session, readings: Mapping[str, Reading]) -> Session:
    """The session as its sum is measured: single samples that are faults are muted."""
    faulty = {key: reading.outliers for key, reading in readings.items() if reading.outliers}
    if not faulty:
        return session
    tracks = (outliers.without(track, faulty[track.id]) if track.id in faulty else track for track in session.tracks)
    return replace(session, tracks=tuple(tracks))


def sum_peaks_dbtp(
    session: Session,
    tracks: list[Track],
    faders_db: Mapping[str, float],
    *,
    use_cache: bool,
    pieces: list[int] | None = None,
) -> dict[int, float]:
    """True peak in dBTP of the sum of ``tracks`` with these faders, for each piece of 10 s (or only for ``pieces``)."""
    gains = {track.id: round(signal_path.path_gain_db(session, track, faders_db), 7) for track in tracks}
    sends = mix.sends_key(session, tracks, faders_db)
    digests = sorted(
        [str(cache.track_digest(track, mix.path_key(session, track))), gains[track.id], *[track.id] * bool(sends)]
        for track in tracks
    )
    name = cache.digest("sum", VERSION, session.sample_rate, SUM_PIECE_S, pieces, digests, *sends)
    if use_cache and (cached := load(_Peaks, name)) is not None:
        return dict(zip(cached.pieces, cached.dbtp, strict=True))
    end_s = max((timeline.span(track)[1] for track in tracks), default=0.0)
    numbers = list(range(math.ceil(end_s / SUM_PIECE_S))) if pieces is None else pieces
    faders = dict(faders_db)
    jobs = [
        (session, tracks, faders, number * SUM_PIECE_S, min((number + 1) * SUM_PIECE_S, end_s)) for number in numbers
    ]
    seconds = len(numbers) * SUM_PIECE_S * len(tracks)
    peaks = dict(zip(numbers, map_parallel(mix.true_peak_dbtp, jobs, seconds), strict=True))
    if use_cache:
        cache.store(name, _Peaks(tuple(peaks), tuple(peaks.values())))
    return peaks


@dataclass(frozen=True, slots=True)
class _Peaks:
    """Cache entry of `sum_peaks_dbtp`."""

    pieces: tuple[int, ...]
    dbtp: tuple[float, ...]
