"""Loudness over time of a track before its fader, kept in the cache."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixengine.analysis.tracks import Measure, measure_tracks
from mixengine.audio import timeline
from mixengine.audio.files import UnreadableAudio
from mixengine.audio.loudness import LoudnessMeter
from mixengine.model.session import Session, Track
from mixengine.system.progress import Progress, no_progress

VERSION = 1
"""Increment when the measurement changes: cached traces of other versions are ignored."""
STEP_S = 0.1
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class LevelTrace:
    """K-weighted powers of windows of 400 ms.

    Attributes
    ----------
    first : int
        Place in time of the first window, in steps of `STEP_S` from the session's start.
    powers : tuple of float
        One window each `STEP_S` (BS.1770-5, eq. 1), a mono track counted twice; four digits.
    """

    first: int
    powers: tuple[float, ...]


def measure(track: Track, session: Session) -> LevelTrace | str:
    """Measure a track; a reason in words when it cannot be read."""
    rate, channels = timeline.analysis_rate(track, session), timeline.channel_count(track)
    first = int(timeline.span(track)[0] / STEP_S)
    meter = LoudnessMeter(rate, channels, dual_mono=True)
    try:
        for block in timeline.blocks(track, rate, start_s=first * STEP_S, channels=channels):
            meter.add(block)
    except UnreadableAudio as error:
        return f"cannot be read: {error}"
    return LevelTrace(first, tuple(float(f"{power:.{_DIGITS}g}") for power in meter.powers()))


def traces(
    session: Session, tracks: list[Track], *, use_cache: bool, progress: Progress = no_progress
) -> dict[str, np.ndarray]:
    """Track id → powers on one time axis [shape=(steps,)]; tracks that cannot be read are left out."""
    way = Measure(measure, LevelTrace, ("level trace", VERSION))
    results = measure_tracks(session, tracks, way, use_cache=use_cache, progress=progress)
    usable = {key: trace for key, trace in results.items() if isinstance(trace, LevelTrace)}
    steps = max((trace.first + len(trace.powers) for trace in usable.values()), default=0)
    rows = {key: np.zeros(steps) for key in usable}
    for key, trace in usable.items():
        rows[key][trace.first : trace.first + len(trace.powers)] = trace.powers
    return rows
