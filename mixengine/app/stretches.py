"""Which stretches of a long project stand for the whole: the loudest, typical ones, and where each track sounds.

Levels come from short probes of the items' own audio, so that nothing long is read; tracks without any count by where
their items lie.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from mixengine.audio.files import AudioFile, UnreadableAudio
from mixengine.audio.source import Section
from mixengine.model import crop, signal_path
from mixengine.model.session import Clip, Session, Track
from mixengine.model.units import amplitude

Span = tuple[float, float]
LENGTH_S = 40.0
LONG_S = 480.0
"""Projects up to this long are heard whole."""
MIN_HEARD_S = 10.0
"""A track that sounds for less than this in all stretches gets one more."""
MAX_STRETCHES = 8
TAIL_S = 2.0
"""After the last item: what plug-ins let ring."""
_PROBES, _PROBE_S = 5, 0.1
_MAX_WINDOWS = 90


def whole(tracks: Iterable[Track], tail_s: float = 0.0) -> Span:
    """From the first to the last item that sounds, and ``tail_s`` longer."""
    clips = [clip for track in tracks for clip in track.clips if not clip.mute and clip.length_s > 0]
    if not clips:
        return 0.0, 0.0
    return max(min(clip.position_s for clip in clips), 0.0), max(clip.end_s for clip in clips) + tail_s


def representative(session: Session, tracks: Sequence[Track], tail_s: float = 0.0) -> tuple[Span, ...]:
    """Stretches of `LENGTH_S` in which ``tracks`` are heard: the loudest, two typical ones, and more where one of the
    tracks would be heard for less than `MIN_HEARD_S`; in order of time. Of a session up to `LONG_S` long all of it.
    """
    start_s, end_s = whole(tracks, tail_s)
    if end_s - start_s <= LONG_S:
        return ((start_s, end_s),)
    count = int((end_s - start_s) / LENGTH_S)
    step = max(1, -(-count // _MAX_WINDOWS))
    windows = [(start_s + LENGTH_S * n, start_s + LENGTH_S * (n + 1)) for n in range(0, count, step)]
    powers = _powers(session, windows)
    sounding = np.array([[_sounding_s(track, window) for window in windows] for track in tracks])
    crowd = (sounding >= MIN_HEARD_S).sum(axis=0)
    chosen = [int(np.lexsort((-crowd, -powers))[0])]
    playing = powers[powers > 0.0]
    middle = float(np.median(playing)) if len(playing) else 0.0
    distance = np.abs(np.log10(powers + 1e-12) - np.log10(middle + 1e-12))
    for place in np.lexsort((distance, -crowd)):
        if len(chosen) < 3 and int(place) not in chosen:
            chosen.append(int(place))
    possible = np.minimum(sounding.sum(axis=1), MIN_HEARD_S)
    while len(chosen) < MAX_STRETCHES:
        missing = np.maximum(possible - sounding[:, chosen].sum(axis=1), 0.0)
        gains = np.minimum(sounding, missing[:, None]).sum(axis=0)
        best = int(np.argmax(gains))
        if gains[best] <= 0.0:
            break
        chosen.append(best)
    return tuple(windows[place] for place in sorted(chosen))


def cropped(session: Session, spans: Sequence[Span]) -> Session:
    """The session between the stretches' times; tracks that hardly sound there stay whole."""
    parts = [crop.within(session, *span) for span in spans]
    tracks = []
    for place, track in enumerate(session.tracks):
        clips = tuple(clip for part in parts for clip in part.tracks[place].clips)
        enough = sum(_sounding_s(track, span) for span in spans) >= MIN_HEARD_S
        tracks.append(replace(track, clips=clips) if enough else track)
    return replace(session, tracks=tuple(tracks))


def _sounding_s(track: Track, span: Span) -> float:
    """For how long items of a track lie in a stretch."""
    clips = (clip for clip in track.clips if not clip.mute)
    return sum(max(min(clip.end_s, span[1]) - max(clip.position_s, span[0]), 0.0) for clip in clips)


def _powers(session: Session, windows: Sequence[Span]) -> np.ndarray:
    """Power of the items' own audio through the faders, by short probes in each stretch; only comparable."""
    times_s = np.array([np.linspace(*window, _PROBES + 2)[1:-1] for window in windows])
    total = np.zeros(times_s.size)
    # as the user left them, so that a second run hears the same
    left_db = {track.id: track.user_fader_db for track in session.tracks if track.user_fader_db is not None}
    for track in session.tracks:
        if signal_path.is_muted(session, track):
            continue
        gain_db = signal_path.path_gain_db(session, track, left_db)
        for clip in track.audio_clips:
            inside = np.flatnonzero((times_s.ravel() >= clip.position_s) & (times_s.ravel() < clip.end_s - _PROBE_S))
            if len(inside) and math.isfinite(gain_db + clip.gain_db):
                total[inside] += amplitude(gain_db + clip.gain_db) ** 2 * _probed(clip, times_s.ravel()[inside])
    return total.reshape(times_s.shape).sum(axis=1)


def _probed(clip: Clip, times_s: np.ndarray) -> np.ndarray:
    """Mean square of a clip's source at some times of the session, without its fades and envelopes; 0: unreadable."""
    try:
        file = AudioFile(clip.source.path)
    except UnreadableAudio:
        return np.zeros(len(times_s))
    try:
        section = Section(file, clip, loop=clip.loop)
        frames = max(round(_PROBE_S * file.rate), 1)
        starts = [round((clip.offset_s + (time_s - clip.position_s) * clip.rate) * file.rate) for time_s in times_s]
        return np.array([np.square(section.read(start, frames), dtype=float).mean() for start in starts])
    except UnreadableAudio:
        return np.zeros(len(times_s))
    finally:
        file.close()
