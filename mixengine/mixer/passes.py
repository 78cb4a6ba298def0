"""One way of sound through the graph: some tracks' sound to the master, with filters and delay lines of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mixengine.audio.delay import Delay
from mixengine.audio.strip import Gain, Path, Strip
from mixengine.mixer.nodes import Node, mode_of
from mixengine.mixer.routing import ONE_CHANNEL, Edge, Graph
from mixengine.model.session import MASTER, POST_FADER, POST_FX, PRE_FX, Receive

Tap = Callable[[np.ndarray, int], object]
"""Is called with a block [shape=(frames, 1 or 2)] and the session frame at which it begins (below 0 for sound that is
late); must not write to it."""
_OWN = -1
"""Number of a track's own clips among what it hears."""


class Moment:
    """One block of time: what the tracks play in it, and every gain, worked out once.

    Attributes
    ----------
    followed : dict
        (Node, number of its stage) → the gain that the mix asked of a `Dynamics` [shape=(frames, 1)].
    """

    def __init__(self, at: int, frames: int, sounds: Mapping[str, np.ndarray]) -> None:
        self.at, self.frames, self.sounds = at, frames, sounds
        self.followed: dict[tuple[str, int], np.ndarray] = {}
        self._gains: dict[int, Gain] = {}

    def gain(self, strip: Strip | Path | None, late: int) -> Gain:
        """What a strip does now to sound that is ``late`` frames late, as it always is there."""
        if strip is None:
            return Gain()
        key = id(strip)
        if key not in self._gains:
            self._gains[key] = strip.gain(self.at - late, self.frames)
        return self._gains[key]


class Pass:
    """The way of some tracks' sound to the master.

    Parameters
    ----------
    graph : Graph
    nodes : mapping of str to Node
        All of the graph, aligned, and the master.
    sends : mapping of Edge to Strip
        What each send makes of the sound it takes.
    sources : set of str
        Tracks whose own clips play.
    taps : mapping of str to Tap, optional
        By track id: what listens to the sound that leaves a track's fader.
    """

    def __init__(
        self,
        graph: Graph,
        nodes: Mapping[str, Node],
        sends: Mapping[Edge, Strip],
        sources: frozenset[str],
        taps: Mapping[str, Tap] | None = None,
    ) -> None:
        self._nodes, self._sends, self._sources, self._taps = nodes, sends, sources, taps or {}
        self._names = [*graph.reached(sources), MASTER]
        there = set(self._names)
        self._into = {name: [e for e in nodes[name].into if e.source in there] for name in self._names}
        self._processors: dict[tuple[str, int], Any] = {}
        self._held: dict[tuple[str, int], Delay] = {}
        self._waits: dict[tuple[str, int], Delay] = {}
        for name in self._names:
            node = nodes[name]
            for number, stage in enumerate(node.stages):
                self._processors[name, number] = stage.make()
                self._held[name, number] = Delay(stage.lookahead)
            self._waits[name, _OWN] = Delay(node.arrives)
            for number, edge in enumerate(self._into[name]):
                self._waits[name, number] = Delay(node.arrives - nodes[edge.source].late(mode_of(edge)))

    def run(self, moment: Moment, *, leads: bool = False) -> np.ndarray:
        """What reaches the master's output [shape=(frames, 2), float32]; ``leads`` tells the gains to follow."""
        taken: dict[tuple[str, int], np.ndarray] = {}
        block = None
        for name in self._names:
            node = self._nodes[name]
            block = self._input(name, moment, taken)
            if block is None:
                continue
            block = moment.gain(node.before, node.arrives).apply(block)
            taken[name, PRE_FX] = block
            block = self._through(name, node, block, moment, leads)
            taken[name, POST_FX] = block
            taken[name, POST_FADER] = block = moment.gain(node.after, node.leaves).apply(block)
            if name in self._taps:
                self._taps[name](block, moment.at - node.leaves)
        if block is None:
            return np.zeros((moment.frames, 2), dtype=np.float32)
        if self._nodes[MASTER].mono:
            block = block.mean(axis=1, keepdims=True)
        return np.repeat(block, 2, axis=1) if block.shape[1] == 1 else block

    def _input(self, name: str, moment: Moment, taken: dict[tuple[str, int], np.ndarray]) -> np.ndarray | None:
        """The sum of a track's own clips and of what it hears; ``None`` for nothing."""
        parts = [self._waits[name, _OWN](moment.sounds[name])] if name in self._sources else []
        for number, edge in enumerate(self._into[name]):
            block = taken.get((edge.source, mode_of(edge)))
            if block is None:
                continue
            if edge.receive is not None:
                late = self._nodes[edge.source].late(edge.receive.mode)
                block = _sent(block, edge.receive, moment.gain(self._sends[edge], late))
            parts.append(self._waits[name, number](block))
        return _total(parts)

    def _through(self, name: str, node: Node, block: np.ndarray, moment: Moment, leads: bool) -> np.ndarray:
        if node.always_stereo and block.shape[1] == 1:
            block = np.repeat(block, 2, axis=1)
        for number, stage in enumerate(node.stages):
            processor = self._processors[name, number]
            if stage.kind.linear:
                block = processor(block).astype(np.float32)
                continue
            if leads:
                moment.followed[name, number] = processor.gain(block).astype(np.float32)
            block = self._held[name, number](block) * moment.followed[name, number]
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
