"""The sum of a session's tracks, streamed: what the master hears before its own fader and effects.

Every track with its fader and volume envelopes and those of its folders, pan as a plain balance (the far side turned
down linearly), mono on both sides. Sends and pan laws other than 0 dB are not in it; effects only those passed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from mixengine.audio import timeline
from mixengine.audio.curves import automation_values
from mixengine.audio.peaks import PeakMeter
from mixengine.session import VOLUME_KINDS, Automation, Session, Track
from mixengine.units import amplitude

Effect = Callable[[np.ndarray], np.ndarray]
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
    effects: Mapping[str, Effect] | None = None,
) -> Iterator[np.ndarray]:
    """Stream the stereo sum of ``tracks`` from ``start_s`` to ``end_s`` (default: the end of the last one).

    ``effects`` turn blocks of the tracks they are named after into blocks of the same shape, before the fader.

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
        voices.append((stream, sides, (effects or {}).get(track.id), _folder_envelopes(session, track)))
    first, last = timeline.frame_at(start_s, rate), timeline.frame_at(stop_s, rate)
    for at in range(first, last, _FRAMES):
        mix = np.zeros((min(_FRAMES, last - at), 2), dtype=np.float32)
        for stream, sides, effect, envelopes in voices:
            block = next(stream)
            block = block if block.shape[1] <= 2 else block[:, :2]
            if effect is not None:
                block = effect(block)
            for envelope in envelopes:
                times_s = np.arange(at, at + len(block)) / rate
                block = block * automation_values(times_s, envelope)[:, None].astype(np.float32)
            mix += block * sides
        yield mix


def _folder_envelopes(session: Session, track: Track) -> list[Automation]:
    """The volume envelopes of the folders around a track."""
    return [
        envelope
        for folder in session.ancestors(track)
        for envelope in folder.automation
        if envelope.kind in VOLUME_KINDS and envelope.active and envelope.points
    ]


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
