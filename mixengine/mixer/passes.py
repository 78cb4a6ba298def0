"""One pass through the graph: the signal of some tracks to the master, with filters and delay lines of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mixengine.audio.delay import Delay
from mixengine.audio.strip import Gain, Path, Strip
from mixengine.mixer.nodes import Node, mode_of
from mixengine.mixer.routing import Edge, Graph
from mixengine.model.session import MASTER, POST_FADER, POST_FX, PRE_FX, Receive
from mixengine.model.signal_path import ONE_CHANNEL

Tap = Callable[[np.ndarray, int], object]
"""Called with a block [shape=(frames, 1 or 2)] and the frame of the grid at which it begins (may be below 0, because of
latency); must not write to it."""
_OWN = -1
"""Index of a track's own clips among its inputs."""


class Moment:
    """One block of time: the tracks' audio in it, and every gain, computed once.

    Attributes
    ----------
    at : int
        Its first frame on the grid that begins at ``start_s``.
    session_frame : int
        The session's frame nearest to it; ``origin`` is that of the grid's begin.
    dynamics_gains : dict
        (Node, number of its stage) → gain of a `Dynamics` for the mix [shape=(frames, 1)].
    """

    def __init__(self, at: int, frames: int, sounds: Mapping[str, np.ndarray], start_s: float, origin: int) -> None:
        self.at, self.frames, self.sounds, self._start_s = at, frames, sounds, start_s
        self.session_frame = origin + at
        self.dynamics_gains: dict[tuple[str, int], np.ndarray] = {}
        self._gains: dict[int, Gain] = {}

    def gain(self, strip: Strip | Path | None, latency: int) -> Gain:
        """Gain of a strip for this block, whose audio is delayed by ``latency`` frames at that strip."""
        if strip is None:
            return Gain()
        key = id(strip)
        if key not in self._gains:
            self._gains[key] = strip.gain(self.at - latency, self.frames, self._start_s)
        return self._gains[key]


class Pass:
    """The signal of some tracks on its way to the master.

    Parameters
    ----------
    graph : Graph
    nodes : mapping of str to Node
        All of the graph, aligned, and the master.
    sends : mapping of Edge to Strip
        Strip of each send.
    sources : set of str
        Tracks whose own clips play.
    taps : mapping of str to Tap, optional
        Track id → callback for the track's post-fader blocks.
    early_taps : mapping of str to Tap, optional
        Track id → callback for the track's blocks behind its effects, before its fader.
    """

    def __init__(
        self,
        graph: Graph,
        nodes: Mapping[str, Node],
        sends: Mapping[Edge, Strip],
        sources: frozenset[str],
        taps: Mapping[str, Tap] | None = None,
        early_taps: Mapping[str, Tap] | None = None,
    ) -> None:
        self._nodes, self._sends, self._sources = nodes, sends, sources
        self._taps, self._early_taps = taps or {}, early_taps or {}
        self._names = [*graph.reached(sources), MASTER]
        reached = set(self._names)
        self._into = {name: [e for e in nodes[name].into if e.source in reached] for name in self._names}
        self._processors: dict[tuple[str, int], Any] = {}
        self._lookahead_delays: dict[tuple[str, int], Delay] = {}
        self._alignment_delays: dict[tuple[str, int], Delay] = {}
        for name in self._names:
            node = nodes[name]
            for number, stage in enumerate(node.stages):
                self._processors[name, number] = stage.make()
                self._lookahead_delays[name, number] = Delay(stage.lookahead)
            self._alignment_delays[name, _OWN] = Delay(node.input_latency)
            for number, edge in enumerate(self._into[name]):
                self._alignment_delays[name, number] = Delay(
                    node.input_latency - nodes[edge.source].latency(mode_of(edge))
                )

    def run(self, moment: Moment, *, compute_gains: bool = False) -> np.ndarray:
        """The master's output [shape=(frames, 2), float32].

        ``compute_gains`` computes the gains of `Dynamics` and keeps them in ``moment``; other passes apply these.
        """
        outputs: dict[tuple[str, int], np.ndarray] = {}
        block = None
        for name in self._names:
            node = self._nodes[name]
            block = self._input(name, moment, outputs)
            if block is None:
                continue
            block = moment.gain(node.before, node.input_latency).apply(block)
            outputs[name, PRE_FX] = block
            block = self._through(name, node, block, moment, compute_gains)
            outputs[name, POST_FX] = block
            if name in self._early_taps:
                self._early_taps[name](block, moment.at - node.output_latency)
            outputs[name, POST_FADER] = block = moment.gain(node.after, node.output_latency).apply(block)
            if name in self._taps:
                self._taps[name](block, moment.at - node.output_latency)
        if block is None:
            return np.zeros((moment.frames, 2), dtype=np.float32)
        if self._nodes[MASTER].mono:
            block = block.mean(axis=1, keepdims=True)
        return np.repeat(block, 2, axis=1) if block.shape[1] == 1 else block

    def _input(self, name: str, moment: Moment, outputs: dict[tuple[str, int], np.ndarray]) -> np.ndarray | None:
        """The sum of a track's own clips and its inputs; ``None`` for nothing."""
        parts = [self._alignment_delays[name, _OWN](moment.sounds[name])] if name in self._sources else []
        for number, edge in enumerate(self._into[name]):
            block = outputs.get((edge.source, mode_of(edge)))
            if block is None:
                continue
            if edge.receive is not None:
                latency = self._nodes[edge.source].latency(edge.receive.mode)
                block = _sent(block, edge.receive, moment.gain(self._sends[edge], latency))
            parts.append(self._alignment_delays[name, number](block))
        return _total(parts)

    def _through(self, name: str, node: Node, block: np.ndarray, moment: Moment, compute_gains: bool) -> np.ndarray:
        if node.always_stereo and block.shape[1] == 1:
            block = np.repeat(block, 2, axis=1)
        latency = node.input_latency
        for number, stage in enumerate(node.stages):
            processor = self._processors[name, number]
            if stage.kind.timed:
                block = processor(block, moment.session_frame - latency).astype(np.float32)
                latency += stage.lookahead
                continue
            latency += stage.lookahead
            if stage.kind.linear:
                block = processor(block).astype(np.float32)
                continue
            if compute_gains:
                moment.dynamics_gains[name, number] = processor.gain(block).astype(np.float32)
            block = self._lookahead_delays[name, number](block) * moment.dynamics_gains[name, number]
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
    """A block through a send: source channels, level and pan, target channel."""
    if receive.source_channel >= ONE_CHANNEL:
        pick = min(receive.source_channel - ONE_CHANNEL, block.shape[1] - 1)
        block = block[:, pick : pick + 1]
    elif receive.mono and block.shape[1] == 2:
        block = block.mean(axis=1, keepdims=True)
    block = gain.apply(block)
    if receive.target_channel < ONE_CHANNEL:
        return block
    out = np.zeros((len(block), 2), dtype=np.float32)
    out[:, receive.target_channel - ONE_CHANNEL] = block.mean(axis=1)
    return out
