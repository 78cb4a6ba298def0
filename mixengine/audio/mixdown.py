"""The sum of a session's tracks, streamed: what the master hears before its own fader and effects.

Every track with its fader and those of its folders, pan as a plain balance (the far side turned down linearly), mono
on both sides. Effects, sends and pan laws other than 0 dB are not in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from mixengine.audio import timeline
from mixengine.audio.peaks import PeakMeter
from mixengine.session import Session, Track
from mixengine.units import amplitude

_FRAMES = 16384


def path_gain_db(session: Session, track: Track, faders_db: Mapping[str, float]) -> float:
    """Gain from a track's input to the master: its fader and those of the folders around it.

    ``faders_db`` overrides the faders of the tracks it names.
    """
    chain = [track, *session.ancestors(track)]
    return sum(faders_db.get(link.id, link.fader_db) for link in chain)


def is_muted(session: Session, track: Track) -> bool:
    """Whether a track or a folder around it is muted."""
    return track.mute or any(folder.mute for folder in session.ancestors(track))


def blocks(
    session: Session,
    tracks: list[Track],
    faders_db: Mapping[str, float],
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
) -> Iterator[np.ndarray]:
    """Stream the stereo sum of ``tracks`` from ``start_s`` to ``end_s`` (default: the end of the last one).

    Yields
    ------
    ndarray of float32 [shape=(frames, 2)]
    """
    stop_s = max((timeline.span(track)[1] for track in tracks), default=0.0) if end_s is None else end_s
    rate = session.sample_rate
    voices = []
    for track in tracks:
        gain = np.float32(amplitude(path_gain_db(session, track, faders_db)))
        # one number where both sides are alike: a product with it is much faster than with a pair
        pan = np.array([min(1.0, 1.0 - track.pan), min(1.0, 1.0 + track.pan)], dtype=np.float32)
        sides = gain * pan if track.pan else gain
        stream = timeline.blocks(track, rate, start_s=start_s, end_s=stop_s, frames=_FRAMES)
        voices.append((stream, sides))
    first, last = timeline.frame_at(start_s, rate), timeline.frame_at(stop_s, rate)
    for at in range(first, last, _FRAMES):
        mix = np.zeros((min(_FRAMES, last - at), 2), dtype=np.float32)
        for stream, sides in voices:
            block = next(stream)
            mix += (block if block.shape[1] <= 2 else block[:, :2]) * sides
        yield mix


def true_peak_dbtp(
    session: Session,
    tracks: list[Track],
    faders_db: Mapping[str, float],
    start_s: float = 0.0,
    end_s: float | None = None,
) -> float:
    """True peak of the sum between two times; ``-inf`` for silence."""
    meter = PeakMeter(session.sample_rate, 2)
    for block in blocks(session, tracks, faders_db, start_s=start_s, end_s=end_s):
        meter.add(block)
    return meter.true_peak_dbtp
