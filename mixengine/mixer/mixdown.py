"""The sum of a session's tracks, streamed: what the master hears before its own fader and effects.

Every track with its fader, pan, polarity and envelopes and those of its folders, under the session's pan law; mono on
both sides. Sends are not in it, effects only those passed in; `mixengine.mixer.engine` hears both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from mixengine.audio import timeline
from mixengine.audio.pan import placement
from mixengine.audio.peaks import PeakMeter
from mixengine.audio.strip import Path, Strip, input_strip, output_strip
from mixengine.model.session import Session, Track

Effect = Callable[[np.ndarray], np.ndarray]
_FRAMES = 16384


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
        stream = timeline.blocks(track, rate, start_s=start_s, end_s=stop_s, frames=_FRAMES)
        voices.append((stream, (effects or {}).get(track.id), Path(_strips(session, track, faders_db))))
    first, last = timeline.frame_at(start_s, rate), timeline.frame_at(stop_s, rate)
    for at in range(first, last, _FRAMES):
        mix = np.zeros((min(_FRAMES, last - at), 2), dtype=np.float32)
        for stream, effect, path in voices:
            block = next(stream)
            block = block if block.shape[1] <= 2 else block[:, :2]
            if effect is not None:
                block = effect(block)
            mix += path.gain(at, len(block)).apply(block)
        yield mix


def path_key(session: Session, track: Track) -> list[object]:
    """What besides faders and a track's own sound decides what reaches the master: a key for caches."""
    chain = [track, *session.ancestors(track)]
    return [(link.pan, placement(link, session), link.automation, link.inverted) for link in chain]


def _strips(session: Session, track: Track, faders_db: Mapping[str, float]) -> list[Strip]:
    """What a track's sound goes through after its effects; its own volume envelopes and polarity are in it already."""
    strips = [output_strip(track, session, faders_db.get(track.id), volumes=False)]
    for folder in session.ancestors(track):
        strips += [
            input_strip(folder, session.sample_rate),
            output_strip(folder, session, faders_db.get(folder.id)),
        ]
    return strips


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
