"""The ways of a track to the master, in closed form: what pans, widths and sends make of its loudness.

As far as no effect lies on them, all ways together are one matrix from the two channels of a track to those of the
master. With the power of both channels, and of their product, the loudness behind it follows without rendering.

A send into a return whose effects are not heard (a reverb of the user's) plays what nobody knows: it counts only where
the sound has no other way. A send into a track without effects, or with effects that are heard, counts as it is.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from mixengine.audio.strip import Gain, Path, Strip, input_strip, output_strip
from mixengine.mixer import nodes, routing
from mixengine.mixer.effects import heard_kind
from mixengine.mixer.routing import Edge, Graph
from mixengine.model import signal_path
from mixengine.model.session import MASTER, POST_FX, PRE_FX, Receive, Session, Track
from mixengine.model.signal_path import ONE_CHANNEL
from mixengine.model.units import decibels

_PER_SECOND = 2
"""How often gains are looked at where envelopes move them."""
_MEAN = np.full((2, 2), 0.5)


@dataclass(frozen=True, slots=True)
class Image:
    """How the power of a track lies in its two channels, and when it plays.

    Attributes
    ----------
    left, in_step : float
        Power of the left channel, and of the product of both, in the power of both; 0.5 each for a mono track.
    playing_s : tuple of (float, float)
        Stretches of the session; empty for all of it.
    """

    left: float = 0.5
    in_step: float = 0.5
    playing_s: tuple[tuple[float, float], ...] = ()

    def power(self, matrices: np.ndarray) -> np.ndarray:
        """Power behind matrices [shape=(times, 2, 2)], output by input, of a sound with a power of 1."""
        from_left, from_right = matrices[..., 0], matrices[..., 1]
        powers: np.ndarray = (
            np.square(from_left) * self.left
            + np.square(from_right) * (1.0 - self.left)
            + 2.0 * from_left * from_right * self.in_step
        )
        return np.maximum(powers.sum(axis=-1), 0.0)

    def mean(self, values: np.ndarray) -> float:
        """Mean over the times in which the track plays [shape=(times,), or (1,) for what never moves]."""
        if len(values) == 1:
            return float(values[0])
        plays = np.zeros(len(values), dtype=bool)
        for begin_s, stop_s in self.playing_s:
            plays[int(begin_s * _PER_SECOND) : int(stop_s * _PER_SECOND) + 1] = True
        return float(values[plays].mean() if plays.any() else values.mean())


@dataclass(frozen=True, slots=True)
class Change:
    """What ways make of a track, against its faders and those of its folders.

    Attributes
    ----------
    loudness_db : float
        ``-inf`` where nothing arrives.
    peak_db : float
        How much higher it peaks at most.
    """

    loudness_db: float = 0.0
    peak_db: float = 0.0


def panned(session: Session, track: Track, image: Image) -> Change:
    """What the pans and widths of a track and the folders around it make of it; nothing where all stand in the centre
    of a law that leaves them alone.
    """
    coarse = replace(session, sample_rate=_PER_SECOND)
    gain = _straight(coarse, track)
    if gain.sides is None or gain.silent:
        return Change()
    return _change(gain.matrix() * np.reshape(gain.level, (-1, 1, 1)), np.reshape(gain.level, -1), image)


def sent(session: Session, images: Mapping[str, Image]) -> dict[str, Change]:
    """Track id → what all its ways together make of it, pans included, for tracks that sends carry on.

    Left out is what passes an effect that is heard: see `mixengine.mixer.bus_gain`.
    """
    graph = audible(session)
    if not graph.sends:
        return {}
    treated = {name for name in graph.order if _is_treated(session.track(name), session.sample_rate)}
    coarse = replace(session, sample_rate=_PER_SECOND)
    matrices = _to_master(coarse, graph)
    result = {}
    for name in graph.playing:
        if name not in images:
            continue
        passed = set(graph.reached(frozenset({name})))
        carried = any(edge.receive and edge.source in passed for at in (*passed, MASTER) for edge in graph.into[at])
        if carried and not treated & (passed - {name}):
            levels = np.reshape(_straight(coarse, session.track(name)).level, -1)
            if np.any(levels):
                result[name] = _change(matrices[name], levels, images[name])
    return result


def gains_db(session: Session, tracks: Iterable[Track]) -> dict[str, float]:
    """Track id → gain of a track on its way to the master, by faders, folders, VCA leads, and sends into tracks without
    effects, as of a mono track; pans are left out.
    """
    tracks = list(tracks)
    straight = {track.id: signal_path.path_gain_db(session, track, {}) for track in tracks}
    if not any(track.receives for track in session.tracks):
        return straight
    session, image = signal_path.without_solos(session), Image()
    added_db = {
        name: change.loudness_db - panned(session, session.track(name), image).loudness_db
        for name, change in sent(session, dict.fromkeys(straight, image)).items()
    }
    return {name: gain_db + added_db.get(name, 0.0) for name, gain_db in straight.items()}


def audible(session: Session) -> Graph:
    """The graph of a session without sends of which nobody knows what becomes of them."""
    return routing.graph(session, [track.id for track in session.tracks if _is_unknown(track, session.sample_rate)])


def without_effects(session: Session, tracks: Iterable[Track]) -> tuple[Session, Graph]:
    """The session without any effect or solo, and how tracks reach the master in it; sends into tracks with effects
    count only where the sound has no other way.
    """
    aside = [track.id for track in session.tracks if track.receives and _has_effects(track)]
    bare = replace(session, tracks=tuple(replace(track, effects=(), solo=False) for track in session.tracks))
    return bare, routing.graph(bare, aside).only({track.id for track in tracks})


def _has_effects(track: Track) -> bool:
    return track.effects_on and any(not effect.bypassed for effect in track.effects)


def _is_treated(track: Track, rate: int) -> bool:
    """Whether an effect of a track is heard."""
    return _has_effects(track) and any(heard_kind(effect, rate) for effect in track.effects)


def _is_unknown(track: Track, rate: int) -> bool:
    """Whether what a track makes of what is sent into it is not known."""
    unheard = bool(track.receives) and _has_effects(track) and not _is_treated(track, rate)
    return unheard and track.diffuse_db is None


def _straight(session: Session, track: Track) -> Gain:
    """The strips of a track and the folders around it."""
    chain = [track, *session.ancestors(track)]
    path = [strip for link in chain for strip in (input_strip(link, session), output_strip(link, session))]
    return Path(path).gain(0, _times(session, path))


def _times(session: Session, strips: Iterable[Strip]) -> int:
    return math.ceil(session.duration_s * _PER_SECOND) + 1 if any(strip.moves for strip in strips) else 1


def _change(matrices: np.ndarray, levels: np.ndarray, image: Image) -> Change:
    """Of ways [shape=(times, 2, 2)] against levels [shape=(times,)]."""
    level = image.mean(np.square(levels))
    if not level > 0.0:
        return Change()
    ratio = image.mean(image.power(matrices)) / level
    highest = float(np.abs(matrices).sum(axis=-1).max() / np.abs(levels).max())
    return Change(10.0 * math.log10(ratio) if ratio > 0.0 else -math.inf, decibels(highest))


def _to_master(session: Session, graph: Graph) -> dict[str, np.ndarray]:
    """Track id → matrix from what enters it to the master [shape=(times, 2, 2), or (1, 2, 2)]."""
    onward: dict[str, list[Edge]] = defaultdict(list)
    for edges in graph.into.values():
        for edge in edges:
            onward[edge.source].append(edge)
    tracks = {track.id: track for track in session.tracks}
    result = {MASTER: np.eye(2)[None]}
    for name in reversed(graph.order):
        before = _matrices(session, input_strip(tracks[name], session))
        behind = _matrices(session, output_strip(tracks[name], session)) @ before
        ways = [
            result[edge.target]
            @ _send(session, edge.receive)
            @ (before if nodes.mode_of(edge) in (PRE_FX, POST_FX) else behind)
            for edge in onward[name]
        ]
        result[name] = sum(ways[1:], ways[0])
    return result


def _send(session: Session, receive: Receive | None) -> np.ndarray:
    """A way from track to track: source channels, level and pan, target channel."""
    if receive is None:
        return np.eye(2)
    matrix = _matrices(session, nodes.send_strip(receive, session))
    if receive.source_channel >= ONE_CHANNEL:
        matrix = matrix @ np.eye(2)[[receive.source_channel - ONE_CHANNEL] * 2]
    elif receive.mono:
        matrix = matrix @ _MEAN
    if receive.target_channel >= ONE_CHANNEL:
        matrix = np.diag(np.eye(2)[receive.target_channel - ONE_CHANNEL]) @ _MEAN @ matrix
    return matrix


def _matrices(session: Session, strip: Strip) -> np.ndarray:
    gain = strip.gain(0, _times(session, [strip]))
    return gain.matrix() * np.reshape(gain.level, (-1, 1, 1))
