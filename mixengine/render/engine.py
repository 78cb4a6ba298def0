"""A session as sound: all tracks through their strips, effects, folders and sends, block by block.

One pass over the graph makes the mix. Each stem is another pass in which only its own tracks play: the same strips and
buses, with filters of its own. Gains that follow the sound (compressors) are taken from the mix's pass, so that every
stage is linear in what a stem plays and the stems add up to the mix.

Memory does not grow with length: two blocks of each track, one of each stem. Files are read ahead and stems are made
by threads, which numpy, soxr and libsndfile let run beside each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np

from mixengine.audio import timeline
from mixengine.audio.pan import Placement
from mixengine.audio.strip import Gain, Strip, drawn, input_strip, output_strip
from mixengine.processes import processors
from mixengine.render.effects import Stage, chain
from mixengine.render.routing import ONE_CHANNEL, Edge, Graph
from mixengine.session import (
    MASTER,
    MUTE,
    PAN,
    PAN_PRE_FX,
    POST_FADER,
    POST_FX,
    PRE_FX,
    VOLUME,
    VOLUME_PRE_FX,
    VOLUME_TRIM,
    Receive,
    Session,
    Track,
)
from mixengine.units import amplitude

BLOCK_FRAMES = 32768
_PREROLL_S = 2.0
"""Filters run this long before the first frame that is asked for."""
_READ_TOGETHER = 4
"""Tracks that one thread reads in one go."""

_Sounds = Mapping[str, np.ndarray]


class Engine:
    """A session ready to be rendered.

    Parameters
    ----------
    session : Session
    graph : Graph
        What is heard of it, from `mixengine.render.routing.graph`.
    stems : sequence of set of str
        For each stem the ids of the tracks that play in it.
    start_s, end_s : float
        From where to where.
    master : bool
        Go through the master's effects, fader and pan.
    frames : int > 0
        Length of a block.
    """

    def __init__(
        self,
        session: Session,
        graph: Graph,
        stems: Sequence[frozenset[str]] = (),
        *,
        start_s: float = 0.0,
        end_s: float | None = None,
        master: bool = True,
        frames: int = BLOCK_FRAMES,
    ) -> None:
        self.session, self.graph, self._frames = session, graph, frames
        rate = session.sample_rate
        self._first = timeline.frame_at(start_s, rate)
        self._last = max(timeline.frame_at(session.duration_s if end_s is None else end_s, rate), self._first)
        tracks = {track.id: track for track in session.tracks}
        self._nodes = {name: _node(tracks[name], session, graph.into[name]) for name in graph.order}
        self._nodes[MASTER] = _master(session, graph.into[MASTER]) if master else _Node(graph.into[MASTER])
        edges = [edge for node in self._nodes.values() for edge in node.into]
        self._sends = {edge: _send(edge.receive, session) for edge in edges if edge.receive is not None}
        self._sources = [tracks[name] for name in graph.playing]
        self._whole = _Pass(self, frozenset(graph.playing))
        self._passes = [_Pass(self, stem) for stem in stems]

    @property
    def length(self) -> int:
        """Frames that `blocks` yields in all."""
        return self._last - self._first

    def blocks(self) -> Iterator[tuple[np.ndarray, list[np.ndarray]]]:
        """Stream the mix and the stems.

        Yields
        ------
        ndarray of float32 [shape=(frames, 2)]
            The mix; overs are kept.
        list of ndarray [shape=(frames, 2)]
            Each stem, in the order in which they were asked for.

        Raises
        ------
        UnreadableAudio
            A file breaks off.
        """
        rate = self.session.sample_rate
        begin = max(self._first - timeline.frame_at(_PREROLL_S, rate), 0) if self._staged else self._first
        with ThreadPoolExecutor(processors()) as pool:
            reader = _Reader(pool, self._sources, rate, begin, self._last, self._frames)
            try:
                for at in range(begin, self._last, self._frames):
                    count = min(self._frames, self._last - at)
                    moment = _Moment(self, at, count, reader.next())
                    mix = self._whole.run(moment, leads=True)
                    stems = list(pool.map(lambda stem, moment=moment: stem.run(moment), self._passes))
                    skip = max(self._first - at, 0)
                    if skip < count:
                        yield mix[skip:], [stem[skip:] for stem in stems]
            finally:
                reader.close()

    @property
    def _staged(self) -> bool:
        return any(node.stages for node in self._nodes.values())

    @property
    def followers(self) -> list[str]:
        """Names of what has a gain that follows the sound."""
        names = {track.id: track.name for track in self.session.tracks} | {MASTER: "the master"}
        return [
            names[name] for name, node in self._nodes.items() if any(not stage.kind.linear for stage in node.stages)
        ]

    def node(self, name: str) -> _Node:
        """A track of the graph, or the master."""
        return self._nodes[name]

    def send(self, edge: Edge) -> Strip:
        """What a send makes of the sound it takes."""
        return self._sends[edge]


class _Node:
    """A track, or the master: what it hears, its strips and its effects."""

    def __init__(
        self,
        into: tuple[Edge, ...],
        before: Strip | None = None,
        stages: list[Stage] | None = None,
        after: Strip | None = None,
        *,
        mono: bool = False,
    ) -> None:
        self.into, self.stages, self.mono = into, stages or [], mono
        self.before, self.after = before, after
        # a filter keeps a state for each channel: whether it hears one or two must not change on the way
        self.always_stereo = bool(self.stages) and (bool(into) or bool(before and before.pans))


def _node(track: Track, session: Session, into: tuple[Edge, ...]) -> _Node:
    rate = session.sample_rate
    stages = chain(track.effects, rate) if track.effects_on else []
    return _Node(into, input_strip(track, rate), stages, output_strip(track, session))


def _master(session: Session, into: tuple[Edge, ...]) -> _Node:
    rate, envelopes = session.sample_rate, session.master_automation
    law = session.pan_law if session.master_pan_law is None else session.master_pan_law
    before = Strip(rate, volumes=drawn(envelopes, VOLUME_PRE_FX), pans=drawn(envelopes, PAN_PRE_FX))
    after = Strip(
        rate,
        amplitude(session.master_db),
        session.master_pan,
        Placement(law, session.pan_taper),
        drawn(envelopes, VOLUME, VOLUME_TRIM),
        drawn(envelopes, PAN),
        drawn(envelopes, MUTE),
    )
    return _Node(into, before, chain(session.master_effects, rate), after, mono=session.master_mono)


def _send(receive: Receive, session: Session) -> Strip:
    level = amplitude(receive.gain_db) * (-1.0 if receive.inverted else 1.0)
    volumes, mutes = drawn(receive.automation, VOLUME), drawn(receive.automation, MUTE)
    if receive.source_channel >= ONE_CHANNEL:  # REAPER gives one channel no pan
        return Strip(session.sample_rate, level, volumes=volumes, mutes=mutes)
    law = session.pan_law if receive.pan_law is None else receive.pan_law
    how = Placement(law, session.pan_taper)
    return Strip(session.sample_rate, level, receive.pan, how, volumes, drawn(receive.automation, PAN), mutes)


class _Moment:
    """One block of time: what the tracks play in it, and every gain, worked out once."""

    def __init__(self, engine: Engine, at: int, frames: int, sounds: _Sounds) -> None:
        self.engine, self.at, self.frames, self.sounds = engine, at, frames, sounds
        self.followed: dict[tuple[str, int], np.ndarray] = {}
        self._gains: dict[int, Gain] = {}

    def gain(self, strip: Strip | None) -> Gain:
        """What a strip does now."""
        if strip is None:
            return Gain()
        key = id(strip)
        if key not in self._gains:
            self._gains[key] = strip.gain(self.at, self.frames)
        return self._gains[key]


class _Pass:
    """The way of some tracks' sound to the master, with filters of its own."""

    def __init__(self, engine: Engine, sources: frozenset[str]) -> None:
        self._sources = sources
        self._names = [*engine.graph.reached(sources), MASTER]
        there = set(self._names)
        self._into = {name: [e for e in engine.node(name).into if e.source in there] for name in self._names}
        self._processors: dict[tuple[str, int], Any] = {
            (name, number): stage.make()
            for name in self._names
            for number, stage in enumerate(engine.node(name).stages)
        }

    def run(self, moment: _Moment, *, leads: bool = False) -> np.ndarray:
        """What reaches the master's output [shape=(frames, 2), float32]; ``leads`` tells the gains to follow."""
        taken: dict[tuple[str, int], np.ndarray] = {}
        block = None
        for name in self._names:
            node = moment.engine.node(name)
            block = self._heard(name, moment, taken)
            if block is None:
                continue
            block = moment.gain(node.before).apply(block)
            taken[name, PRE_FX] = block
            block = self._through(name, node, block, moment, leads)
            taken[name, POST_FX] = block
            taken[name, POST_FADER] = block = moment.gain(node.after).apply(block)
        if block is None:
            return np.zeros((moment.frames, 2), dtype=np.float32)
        if moment.engine.node(MASTER).mono:
            block = block.mean(axis=1, keepdims=True)
        return np.repeat(block, 2, axis=1) if block.shape[1] == 1 else block

    def _heard(self, name: str, moment: _Moment, taken: dict[tuple[str, int], np.ndarray]) -> np.ndarray | None:
        """The sum of a track's own clips and of what it hears; ``None`` for nothing."""
        parts = [moment.sounds[name]] if name in self._sources else []
        for edge in self._into[name]:
            mode = edge.receive.mode if edge.receive else POST_FADER
            block = taken.get((edge.source, mode))
            if block is None:
                continue
            if edge.receive is not None:
                block = _sent(block, edge.receive, moment.gain(moment.engine.send(edge)))
            parts.append(block)
        return _total(parts)

    def _through(self, name: str, node: _Node, block: np.ndarray, moment: _Moment, leads: bool) -> np.ndarray:
        if node.always_stereo and block.shape[1] == 1:
            block = np.repeat(block, 2, axis=1)
        for number, stage in enumerate(node.stages):
            processor = self._processors[name, number]
            if stage.kind.linear:
                block = processor(block).astype(np.float32)
                continue
            if leads:
                moment.followed[name, number] = processor.gain(block)
            block = block * moment.followed[name, number].astype(np.float32)
        return block


def _total(parts: list[np.ndarray]) -> np.ndarray | None:
    """The sum of mono and stereo blocks; may be one of them."""
    if len(parts) < 2:
        return parts[0] if parts else None
    widest = max(part.shape[1] for part in parts)
    total = np.zeros((len(parts[0]), widest), dtype=np.float32)
    for part in parts:
        total += part
    return total


def _sent(block: np.ndarray, receive: Receive, gain: Gain) -> np.ndarray:
    """What a send makes of a block: channels picked, level and pan, and where it lands."""
    if receive.source_channel >= ONE_CHANNEL:
        pick = min(receive.source_channel - ONE_CHANNEL, block.shape[1] - 1)
        block = block[:, pick : pick + 1]
    elif receive.mono and block.shape[1] == 2:
        block = block.mean(axis=1, keepdims=True)
    block = gain.apply(block)
    if receive.target_channel < ONE_CHANNEL:
        return block
    landed = np.zeros((len(block), 2), dtype=np.float32)
    landed[:, receive.target_channel - ONE_CHANNEL] = block.mean(axis=1)
    return landed


class _Reader:
    """The tracks' own sound, read one block ahead."""

    def __init__(
        self, pool: ThreadPoolExecutor, tracks: Sequence[Track], rate: int, begin: int, end: int, frames: int
    ) -> None:
        # polarity and envelopes belong to the strip, which also applies them to what the track hears from others
        bare = [replace(track, inverted=False, automation=()) for track in tracks]
        begin_s, end_s = begin / rate, end / rate
        streams = [(t.id, timeline.blocks(t, rate, start_s=begin_s, end_s=end_s, frames=frames)) for t in bare]
        self._groups = [streams[i : i + _READ_TOGETHER] for i in range(0, len(streams), _READ_TOGETHER)]
        self._pool = pool
        self._waiting: list[Future[dict[str, np.ndarray]]] = []
        self._read_on()

    def next(self) -> dict[str, np.ndarray]:
        """Track id → the next block [shape=(frames, 1 or 2)]."""
        blocks: dict[str, np.ndarray] = {}
        for future in self._waiting:
            blocks |= future.result()
        self._read_on()
        return blocks

    def _read_on(self) -> None:
        self._waiting = [self._pool.submit(_read, group) for group in self._groups]

    def close(self) -> None:
        """Close all files."""
        for future in self._waiting:
            future.cancel()
        for future in self._waiting:
            if not future.cancelled():
                future.exception()  # wait: a stream cannot be closed while it is read
        for group in self._groups:
            for _, stream in group:
                stream.close()  # type: ignore[attr-defined] # a generator


def _read(group: list[tuple[str, Iterator[np.ndarray]]]) -> dict[str, np.ndarray]:
    found = {}
    for name, stream in group:
        block = next(stream, None)
        if block is not None:
            found[name] = block if block.shape[1] <= 2 else block[:, :2]
    return found
