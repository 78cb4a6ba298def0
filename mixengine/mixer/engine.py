"""Renders a session: all tracks through their strips, effects, folders and sends, block by block.

One pass over the graph makes the mix. Each stem is another pass in which only its own tracks play: the same strips and
buses, with filters of its own. Signal-dependent gains (compressors) are taken from the mix's pass, so that every stage
is linear in what a stem plays and the stems add up to the mix. Latency of look-ahead is compensated
(`mixengine.mixer.nodes`).

Memory does not grow with length: two blocks of each track, one of each stem, and the look-ahead. Files are read ahead
and stems are rendered by threads; numpy, soxr and libsndfile release the GIL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import numpy as np

from mixengine.audio import timeline
from mixengine.audio.clip_reader import Silenced
from mixengine.mixer import nodes
from mixengine.mixer.passes import Moment, Pass, Tap
from mixengine.mixer.reader import Reader
from mixengine.mixer.routing import Graph
from mixengine.model.session import MASTER, Session
from mixengine.system.processes import processors

BLOCK_FRAMES = 32768


class Engine:
    """A session ready to be rendered.

    Parameters
    ----------
    session : Session
    graph : Graph
        Its signal flow, from `mixengine.mixer.routing.graph`.
    stems : sequence of set of str
        For each stem the ids of the tracks that play in it.
    start_s, end_s : float
        The time range to render. Frame n is at ``start_s + n / rate``, also where that is between two frames of the
        session.
    run_in_s : float ≥ 0
        Where there are effects, begin up to this much earlier and drop it, so that filters and compressors stand as if
        all had been played. REAPER's own renders begin at rest (0).
    master : bool
        Apply the master's effects, fader and pan.
    effects : bool
        Apply the tracks' own effects; off only with a straight graph.
    taps : mapping of str to Tap, optional
        Track id → callback for the track's post-fader blocks in the mix.
    early_taps : mapping of str to Tap, optional
        The same of its blocks behind its effects, before its fader.
    frames : int > 0
        Length of a block.
    threads : bool
        Read ahead and render stems in parallel. Where several engines run at once, each is faster without.
    """

    def __init__(
        self,
        session: Session,
        graph: Graph,
        stems: Sequence[frozenset[str]] = (),
        *,
        start_s: float = 0.0,
        end_s: float | None = None,
        run_in_s: float = 0.0,
        master: bool = True,
        effects: bool = True,
        taps: Mapping[str, Tap] | None = None,
        early_taps: Mapping[str, Tap] | None = None,
        frames: int = BLOCK_FRAMES,
        threads: bool = True,
    ) -> None:
        self.session, self.graph, self._frames, self._threads = session, graph, frames, threads
        rate = session.sample_rate
        self._start_s = start_s
        self.length = max(timeline.frame_at((session.duration_s if end_s is None else end_s) - start_s, rate), 0)
        """Frames that `blocks` yields in all."""
        tracks = {track.id: track for track in session.tracks}
        self._nodes = {
            name: nodes.straight_node(tracks[name], session, effects=effects)
            if graph.straight
            else nodes.track_node(tracks[name], session, graph.into[name])
            for name in graph.order
        }
        into_master = graph.into[MASTER]
        self._nodes[MASTER] = nodes.master_node(session, into_master) if master else nodes.Node(into_master)
        nodes.align(self._nodes, [*graph.order, MASTER])
        has_effects = any(node.stages for node in self._nodes.values())
        self._run_in = timeline.frame_at(min(run_in_s, start_s), rate) if has_effects else 0
        edges = [edge for node in self._nodes.values() for edge in node.into]
        sends = {edge: nodes.send_strip(edge.receive, session) for edge in edges if edge.receive is not None}
        self._sources = [tracks[name] for name in graph.playing]
        self._mix_pass = Pass(graph, self._nodes, sends, frozenset(graph.playing), taps, early_taps)
        self.silenced: list[tuple[str, Silenced]] = []
        """Track id and samples that are no numbers, of each clip that had any in the last run of `blocks`."""
        self._stem_passes = [Pass(graph, self._nodes, sends, stem) for stem in stems]

    def blocks(self) -> Iterator[tuple[np.ndarray, list[np.ndarray]]]:
        """Stream the mix and the stems.

        Yields
        ------
        ndarray of float32 [shape=(frames, 2)]
            The mix; overs are kept.
        list of ndarray [shape=(frames, 2)]
            Each stem, in the order of ``stems``.

        Raises
        ------
        UnreadableAudio
            A file breaks off.
        """
        start_s = self._start_s - self._run_in / self.session.sample_rate
        origin = timeline.frame_at(start_s, self.session.sample_rate)
        dropped = self._run_in + self._nodes[MASTER].output_latency
        end = dropped + self.length
        with ThreadPoolExecutor(processors()) if self._threads else nullcontext() as pool:
            run: Callable[..., Iterable[np.ndarray]] = map if pool is None else pool.map
            reader = Reader(pool, self._sources, self.session, start_s, end, self._frames)
            try:
                for at in range(0, end, self._frames):
                    count = min(self._frames, end - at)
                    moment = Moment(at, count, reader.next(), start_s, origin)
                    mix = self._mix_pass.run(moment, compute_gains=True)
                    stems = list(run(lambda stem, moment=moment: stem.run(moment), self._stem_passes))
                    skip = max(dropped - at, 0)
                    if skip < count:
                        yield mix[skip:], [stem[skip:] for stem in stems]
            finally:
                reader.close()
                self.silenced = reader.silenced

    @property
    def hosting(self) -> list[str]:
        """Names of the tracks (or the master) with a plug-in of the user's in a process of its own."""
        names = {track.id: track.name for track in self.session.tracks} | {MASTER: "the master"}
        return [names[name] for name, node in self._nodes.items() if any(stage.held for stage in node.stages)]

    @property
    def followers(self) -> list[str]:
        """Names of the tracks (or the master) with a signal-dependent gain."""
        names = {track.id: track.name for track in self.session.tracks} | {MASTER: "the master"}
        return [
            names[name] for name, node in self._nodes.items() if any(not stage.kind.linear for stage in node.stages)
        ]
