"""Measure one track for ducking: its loudness over time, its kind (speech, music, ambience), and speech activity.

One pass over the audio keeps a few numbers per 50 ms, so that hours of audio fit in memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import signal

from mixengine.audio import timeline
from mixengine.audio.files import UnreadableAudio
from mixengine.audio.k_weighting import k_weighting
from mixengine.audio.loudness import channel_weights, to_lufs
from mixengine.audio.speech import DETECTORS
from mixengine.jobs.duck.classify import KindMeter
from mixengine.jobs.duck.depth import HOP_S
from mixengine.model.session import Session, Track

_FRAMES = 1 << 18
_RELATIVE_GATE = 0.1
"""Of the mean power: -10 LU."""
_FLOOR = 1e-6
"""Of the largest power: hops below are silent."""


@dataclass(frozen=True, slots=True)
class MeasureOptions:
    """What to measure: speech activity with ``detector`` if given; with ``kind`` the class of the track's sound."""

    detector: str | None = None
    kind: bool = False


@dataclass(frozen=True, slots=True)
class TrackLoudness:
    """Loudness of a track over time, before its fader.

    Attributes
    ----------
    first_hop : int
        Session time of the first hop, in hops of `HOP_S`.
    powers : ndarray [shape=(hops,)]
        K-weighted mean square, channels summed with the weights of BS.1770, a mono track counted twice.
    squares : ndarray [shape=(hops,)]
        Plain mean square, mean of the channels.
    activity : tuple of (float, float)
        When somebody speaks, in session seconds.
    kind : str or None
        ``speech``, ``music`` or ``ambience``; ``None`` when not measured or unclear.
    """

    first_hop: int
    powers: np.ndarray
    squares: np.ndarray
    activity: tuple[tuple[float, float], ...] = ()
    kind: str | None = None

    def over(self, hops: int, *, plain: bool = False) -> np.ndarray:
        """The powers on the session's time axis [shape=(hops,)]."""
        values = self.squares if plain else self.powers
        out = np.zeros(hops)
        values = values[: max(hops - self.first_hop, 0)]
        out[self.first_hop : self.first_hop + len(values)] = values
        return out


def measure(track: Track, session: Session, options: MeasureOptions) -> TrackLoudness | str:
    """Measure a track; a reason in words when it cannot be read."""
    try:
        return _measure(track, timeline.analysis_rate(track, session), options)
    except UnreadableAudio as error:
        return f"cannot be read: {error}"


def _measure(track: Track, rate: int, options: MeasureOptions) -> TrackLoudness:
    channels = timeline.channel_count(track)
    first_hop = int(timeline.span(track)[0] / HOP_S)
    start_s = first_hop * HOP_S
    sos, state = k_weighting(rate), np.zeros((2, 2, channels))
    weights = channel_weights(channels) * (2.0 if channels == 1 else 1.0)
    detector = DETECTORS[options.detector].start(rate) if options.detector else None
    kind = KindMeter(rate) if options.kind else None
    listeners: list[Any] = [meter for meter in (detector, kind) if meter is not None]
    loud, plain = _Hops(rate), _Hops(rate)
    even = np.full(channels, 1.0 / channels)
    for block in timeline.blocks(track, rate, start_s=start_s, channels=channels, frames=_FRAMES):
        weighted, state = signal.sosfilt(sos, block.astype(np.float64), axis=0, zi=state)
        loud.add(np.square(weighted) @ weights)
        plain.add(np.square(block, dtype=np.float64) @ even)
        mono = block @ even.astype(np.float32)
        for meter in listeners:
            meter.add(mono)
    activity = detector.finish().regions() if detector else []
    return TrackLoudness(
        first_hop,
        loud.finish(),
        plain.finish(),
        tuple((begin_s + start_s, end_s + start_s) for begin_s, end_s in activity),
        kind.finish().kind if kind else None,
    )


class _Hops:
    """Means over hops of a stream of powers."""

    def __init__(self, rate: int) -> None:
        self._hop = rate * HOP_S
        self._rest = np.zeros(0)
        self._means: list[np.ndarray] = []
        self._done = 0

    def add(self, power: np.ndarray) -> None:
        power = np.concatenate([self._rest, power])
        begin = round(self._done * self._hop)
        count = int((begin + len(power)) / self._hop) - self._done + 1
        edges = np.round((self._done + np.arange(count + 1)) * self._hop).astype(int) - begin
        edges = edges[edges <= len(power)]
        if len(edges) > 1:
            total = np.add.reduceat(power[: edges[-1]], edges[:-1])
            self._means.append(total / np.diff(edges))
            self._done += len(edges) - 1
        self._rest = power[edges[-1] :]

    def finish(self) -> np.ndarray:
        if len(self._rest):
            self._means.append(np.array([self._rest.sum() / self._hop]))
        return np.concatenate([np.zeros(0), *self._means])


def playing_lufs(powers: np.ndarray) -> float:
    """Loudness over the parts that play: hops within 10 LU below the mean of all that are not silent."""
    sounding = powers[powers > powers.max(initial=0.0) * _FLOOR]
    if not len(sounding):
        return -np.inf
    return float(to_lufs(sounding[sounding >= sounding.mean() * _RELATIVE_GATE].mean()))
