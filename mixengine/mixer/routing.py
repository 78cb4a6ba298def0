"""Signal flow between tracks: folders, sends, mutes and solos as a graph without loops.

Every track plays into its folder (or the master) and into the tracks that receive from it. Nodes are ordered so that
each comes after all its inputs. A send that would close a loop is left out and reported, and so are sends to or from
channels other than 1 and 2, which feed side chains.

Solo is REAPER's "solo in place": a soloed track is heard with the folders above it and the buses it sends to; what
feeds a soloed bus is heard through that bus only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from mixengine.mixer.effects import plays_notes
from mixengine.model import signal_path
from mixengine.model.session import MASTER, Receive, Session, Track


@dataclass(frozen=True, slots=True)
class Edge:
    """Signal from one track into another or the master; ``receive`` is ``None`` for the parent send."""

    source: str
    target: str
    receive: Receive | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """The tracks that sound and how they are connected.

    Attributes
    ----------
    order : tuple of str
        Track ids, each after all its inputs.
    into : mapping of str to tuple of Edge
        Inputs of a track (or `MASTER`) besides its own clips.
    playing : tuple of str
        Tracks whose own clips sound, in mixer order.
    unsupported : mapping of str to tuple of str
        Track id → sends of it that are not rendered, in words.
    straight : bool
        Every track goes to the master by itself, through the strips of its folders.
    """

    order: tuple[str, ...]
    into: Mapping[str, tuple[Edge, ...]]
    playing: tuple[str, ...]
    unsupported: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    straight: bool = False

    def reached(self, sources: frozenset[str]) -> list[str]:
        """The tracks that the signal of ``sources`` passes, in order."""
        reached: set[str] = set()
        for name in self.order:
            if name in sources or any(edge.source in reached for edge in self.into[name]):
                reached.add(name)
        return [name for name in self.order if name in reached]

    def only(self, sources: Collection[str]) -> Graph:
        """The part that the sound of some tracks passes, with these playing."""
        playing = tuple(name for name in self.playing if name in sources)
        kept = {*self.reached(frozenset(playing)), MASTER}
        into = {name: tuple(edge for edge in self.into[name] if edge.source in kept) for name in kept}
        return Graph(tuple(name for name in self.order if name in kept), into, playing)

    @property
    def sends(self) -> bool:
        """Whether a send carries anything."""
        return any(edge.receive is not None for edges in self.into.values() for edge in edges)


def graph(session: Session, aside: Collection[str] = ()) -> Graph:
    """The graph of the audible part of a session.

    ``aside`` are ids of tracks into which nothing is sent by whoever has another way to the master.
    """
    tracks = {track.id: track for track in session.tracks if not signal_path.is_muted(session, track)}
    audible = {MASTER, *tracks}
    parents = [(track.id, track.parent or MASTER) for track in tracks.values() if track.main_send]
    edges = [Edge(name, parent) for name, parent in parents if parent in audible]
    unsupported: dict[str, list[str]] = {}
    for track in tracks.values():
        for receive in track.receives:
            source = tracks.get(receive.source)
            if source is None or receive.mute or receive.source_channel < 0:
                continue
            edge = Edge(source.id, track.id, receive)
            problem = signal_path.unheard_channels(receive) or (
                "closes a loop" if _is_connected(edges, track.id, source.id) else ""
            )
            if problem:
                unsupported.setdefault(source.id, []).append(f"send to '{track.name}': {problem}")
            else:
                edges.append(edge)
    if aside:
        others = [edge for edge in edges if edge.receive is None or edge.target not in aside]
        arriving = _reach(others, {MASTER}, forwards=False)
        edges = [edge for edge in edges if not edge.receive or edge.target not in aside or edge.source not in arriving]
    solo = _Solo(session, tracks, edges)
    edges = [edge for edge in edges if solo.is_open(edge)]
    playing = [track.id for track in tracks.values() if _sounds(track) and solo.plays(track)]
    return _pruned(list(tracks), edges, playing, {name: tuple(lines) for name, lines in unsupported.items()})


def folders_graph(session: Session, tracks: Iterable[Track]) -> Graph:
    """The graph of chosen tracks, each through its folders to the master: sends, mutes and solos are ignored."""
    playing = [track for track in tracks if _sounds(track)]
    inner = {folder.id for track in playing for folder in session.ancestors(track)} | {track.id for track in playing}
    nodes = [track for track in session.tracks if track.id in inner]
    edges = [Edge(track.id, track.parent or MASTER) for track in nodes]
    into = {name: tuple(edge for edge in edges if edge.target == name) for name in (*(t.id for t in nodes), MASTER)}
    return Graph(tuple(_ordered([track.id for track in nodes], into)), into, tuple(track.id for track in playing))


def straight_graph(tracks: Iterable[Track]) -> Graph:
    """As `folders_graph` where no folder has an effect: strips on the way are multiplied, no folder is added up."""
    playing = tuple(track.id for track in tracks if _sounds(track))
    into: dict[str, tuple[Edge, ...]] = dict.fromkeys(playing, ())
    return Graph(playing, into | {MASTER: tuple(Edge(name, MASTER) for name in playing)}, playing, straight=True)


def _sounds(track: Track) -> bool:
    return any(clip.length_s > 0 for clip in track.audio_clips) or plays_notes(track)


def _is_connected(edges: list[Edge], source: str, target: str) -> bool:
    """Whether a path leads from ``source`` to ``target``."""
    seen, waiting = {source}, [source]
    while waiting:
        here = waiting.pop()
        if here == target:
            return True
        onward = {edge.target for edge in edges if edge.source == here} - seen
        seen |= onward
        waiting += onward
    return False


class _Solo:
    """Which edges and tracks are audible when tracks are soloed; all when none is."""

    def __init__(self, session: Session, tracks: dict[str, Track], edges: list[Edge]) -> None:
        self._any = any(track.solo for track in tracks.values())
        if not self._any:
            return
        self._soloed = {
            track.id
            for track in tracks.values()
            if track.solo or track.solo_defeat or any(folder.solo for folder in session.ancestors(track))
        }
        self._downstream = self._closure(edges, forwards=True)
        self._upstream = self._closure(edges, forwards=False)

    def _closure(self, edges: list[Edge], *, forwards: bool) -> set[str]:
        """The soloed tracks and everything downstream (or upstream) of them."""
        closure = set(self._soloed)
        while True:
            ends = ((e.source, e.target) if forwards else (e.target, e.source) for e in edges)
            more = {far for near, far in ends if near in closure and far != MASTER} - closure
            if not more:
                return closure
            closure |= more

    def is_open(self, edge: Edge) -> bool:
        return not self._any or edge.source in self._downstream or edge.target in self._upstream

    def plays(self, track: Track) -> bool:
        return not self._any or track.id in self._soloed or track.id in self._upstream - self._downstream


def _pruned(names: list[str], edges: list[Edge], playing: list[str], unsupported: dict[str, tuple[str, ...]]) -> Graph:
    """The part of the graph that has audio and reaches the master, ordered."""
    alive = [name for name in playing if _is_connected(edges, name, MASTER)]
    from_sources, to_master = _reach(edges, set(alive), forwards=True), _reach(edges, {MASTER}, forwards=False)
    kept = [name for name in names if name in from_sources and name in to_master]
    edges = [edge for edge in edges if edge.source in kept and edge.target in (*kept, MASTER)]
    into = {name: tuple(edge for edge in edges if edge.target == name) for name in (*kept, MASTER)}
    return Graph(tuple(_ordered(kept, into)), into, tuple(alive), unsupported)


def _reach(edges: list[Edge], start: set[str], *, forwards: bool) -> set[str]:
    near: dict[str, set[str]] = {}
    for edge in edges:
        here, there = (edge.source, edge.target) if forwards else (edge.target, edge.source)
        near.setdefault(here, set()).add(there)
    seen, waiting = set(start), list(start)
    while waiting:
        onward = near.get(waiting.pop(), set()) - seen
        seen |= onward
        waiting += onward
    return seen


def _ordered(names: list[str], into: Mapping[str, tuple[Edge, ...]]) -> list[str]:
    """Topological order: names after all their inputs, otherwise in the given order."""
    ordered: list[str] = []
    placed: set[str] = set()
    remaining = list(names)
    while remaining:
        ready = [name for name in remaining if all(edge.source in placed for edge in into[name])]
        ordered += ready
        placed.update(ready)
        remaining = [name for name in remaining if name not in placed]
    return ordered
