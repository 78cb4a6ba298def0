"""Music that leaks into a microphone is no speech: where it alone explains what the microphone hears, nobody speaks.

A detector that listens to one track cannot know that what it hears in a long pause is another track. How loud the music
arrives in the microphone is learnt as for microphones of one room (`mixengine.analysis.room`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import ndimage

from mixengine.analysis import voice_levels
from mixengine.analysis.room import TINY, listen, runs_of
from mixengine.analysis.voice_levels import FRAME_S
from mixengine.jobs.duck.depth import merged
from mixengine.jobs.duck.track_loudness import TrackLoudness
from mixengine.mixer import ways
from mixengine.model.session import Session, Track

_EDGE_S = 0.2
"""Soft beginnings and ends of words lie below what leaks."""
_GAP_S, _MIN_SPEECH_S = 0.3, 0.1
_SMOOTH_HOPS = 7
_MIN_CORRELATION = 0.4
"""Of the levels in dB of a microphone's softer half and of the music: less is no leak."""
_MIN_HOPS = 60


def without_leak(
    session: Session, tracks: dict[str, TrackLoudness], speech: list[Track], music: list[Track]
) -> dict[str, TrackLoudness]:
    """The tracks, microphones without what the detector took for speech and is music, and nothing else changed.

    Parameters
    ----------
    tracks : dict of str to TrackLoudness
        By track id.
    speech, music : list of Track
        Those that were measured.
    """
    gains = ways.gains_db(session, music)
    hops = max((each.first_hop + len(each.powers) for each in tracks.values()), default=0)
    played = sum((tracks[key].over(hops) * 10.0 ** (gain_db / 10.0) for key, gain_db in gains.items()), np.zeros(hops))
    suspects = [
        track for track in speech if tracks[track.id].activity and _follows(tracks[track.id].over(hops), played)
    ]
    if not suspects:
        return tracks
    levels, _ = voice_levels.levels(session, [*suspects, *music], use_cache=True)
    sources = [levels[key] * 10.0 ** (gain_db / 10.0) for key, gain_db in gains.items() if key in levels]
    if not sources:
        return tracks
    changed = {
        track.id: replace(tracks[track.id], activity=_own(tracks[track.id].activity, levels[track.id], sum(sources)))
        for track in suspects
        if track.id in levels
    }
    return tracks | changed


def note(session: Session, before: dict[str, TrackLoudness], after: dict[str, TrackLoudness]) -> list[str]:
    """What was taken away, in words."""
    lines = []
    for key, track in after.items():
        less_s = _seconds(before[key]) - _seconds(track)
        if less_s >= 1.0:
            lines.append(f"{session.track(key).name}: for {less_s:.0f} s it hears only the music, which is no speech")
    return lines


def _seconds(track: TrackLoudness) -> float:
    return sum(end_s - start_s for start_s, end_s in track.activity)


def _follows(microphone: np.ndarray, music: np.ndarray) -> bool:
    """Whether the softer half of a microphone rises and falls with the music [both shape=(hops,)]."""
    sounding = (microphone > TINY) & (music > TINY)
    if sounding.sum() < _MIN_HOPS:
        return False
    pair_db = [
        ndimage.uniform_filter1d(10.0 * np.log10(np.maximum(each, TINY)), _SMOOTH_HOPS) for each in (microphone, music)
    ]
    softer = sounding & (pair_db[0] <= np.median(pair_db[0][sounding]))
    quiet, playing = pair_db[0][softer], pair_db[1][softer]
    if min(quiet.std(), playing.std()) <= 0.0:
        return False
    return bool(np.corrcoef(quiet, playing)[0, 1] >= _MIN_CORRELATION)


def _own(
    activity: tuple[tuple[float, float], ...], microphone: np.ndarray, music: np.ndarray
) -> tuple[tuple[float, float], ...]:
    """The parts of the activity in which the microphone hears more than the music explains."""
    room = listen({"microphone": microphone, "music": music})
    spans = [(max(a * FRAME_S - _EDGE_S, 0.0), b * FRAME_S + _EDGE_S) for a, b in runs_of(room.speaks[0])]
    parts = [
        (max(start_s, from_s), min(end_s, to_s))
        for start_s, end_s in activity
        for from_s, to_s in spans
        if from_s < end_s and start_s < to_s
    ]
    return tuple(span for span in merged(parts, _GAP_S) if span[1] - span[0] >= _MIN_SPEECH_S)
