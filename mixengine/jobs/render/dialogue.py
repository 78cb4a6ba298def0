"""When somebody speaks: by our detector, on the tracks that hold speech or, where none is named so, on the mix."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from mixengine.audio import timeline
from mixengine.audio.passages import KINDS, STEP_S, PassageMeter
from mixengine.audio.speech import AdaptiveMeter
from mixengine.jobs.render.spool import Spool
from mixengine.mixer import mix
from mixengine.model import roles, signal_path
from mixengine.model.session import Session, Track

HOP_S = 0.1
_SPEECH = KINDS.index("speech")


def speech_tracks(session: Session) -> list[Track]:
    """The audible tracks that are named as speech."""
    return [t for t in signal_path.audible_tracks(session) if roles.role_of_track(session, t) == "voice"]


def on_tracks(session: Session, tracks: list[Track], start_s: float, end_s: float) -> np.ndarray:
    """Share of speech in each 100 ms [shape=(hops,)], from the sum of the tracks that hold speech."""
    meter = AdaptiveMeter(session.sample_rate)
    for block in mix.sum_blocks(session, tracks, start_s=start_s, end_s=end_s):
        meter.add(timeline.mono(block)[:, 0])
    return _shares(meter.finish().regions(), end_s - start_s)


def on_mix(spool: Spool) -> np.ndarray:
    """The same from the mix: what the detector finds in the seconds that sound like speech."""
    activity, passages = AdaptiveMeter(spool.rate), PassageMeter(spool.rate)
    for _, block in spool.blocks():
        mono = timeline.mono(block)[:, 0]
        activity.add(mono)
        passages.add(mono)
    shares = _shares(activity.finish().regions(), spool.duration_s)
    kinds = passages.finish().kinds
    seconds = np.minimum((np.arange(len(shares)) * HOP_S / STEP_S).astype(int), len(kinds) - 1)
    return np.where(kinds[seconds] == _SPEECH, shares, 0.0)


def _shares(regions: Iterable[tuple[float, float]], duration_s: float) -> np.ndarray:
    """Share of each 100 ms that lies in the regions."""
    borders_s = np.arange(int(np.ceil(duration_s / HOP_S)) + 1) * HOP_S
    covered = np.zeros(len(borders_s))
    for start_s, end_s in regions:
        covered += np.clip(borders_s - start_s, 0.0, end_s - start_s)
    return np.diff(covered) / HOP_S
