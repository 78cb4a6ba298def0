"""Stems that end before the faders: a track or folder behind its plug-ins, with all that comes into it.

They do not add up to the mix. What must hold is that they give it back: the written files are played in place of their
tracks and folders, through the faders, pans, envelopes, sends, folders and the master of the session, and compared with
the mix.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from mixengine.jobs.render import files, raised
from mixengine.jobs.render.bounds import Bounds
from mixengine.jobs.render.spool import Spool
from mixengine.jobs.render.stems import Stem
from mixengine.mixer import nodes
from mixengine.mixer.engine import Engine
from mixengine.mixer.passes import Tap
from mixengine.mixer.routing import Edge, Graph
from mixengine.model import printed
from mixengine.model.session import MASTER, PRE_FX, Clip, Session, Source, Track
from mixengine.model.units import amplitude, decibels
from mixengine.model.words import name_list
from mixengine.system.progress import Progress

_BEFORE_PLUGINS = " (before its plug-ins)"


class Taps:
    """Takes the sound of some tracks before their faders out of a render.

    Parameters
    ----------
    names : sequence of str
        Track ids.
    length : int ≥ 0
        Frames in all.
    """

    def __init__(self, names: Sequence[str], length: int) -> None:
        self._waiting: dict[str, list[np.ndarray]] = {name: [] for name in names}
        self._length = length

    @property
    def callbacks(self) -> dict[str, Tap]:
        """What the engine calls, by track."""
        return {name: partial(self._keep, name) for name in self._waiting}

    def take(self, _parts: list[np.ndarray]) -> list[np.ndarray]:
        """What came since the last time, of each track [shape=(frames, 2)]."""
        blocks = [np.concatenate([np.zeros((0, 2), np.float32), *waiting]) for waiting in self._waiting.values()]
        for waiting in self._waiting.values():
            waiting.clear()
        return blocks

    def _keep(self, name: str, block: np.ndarray, at: int) -> None:
        inside = block[max(-at, 0) : max(self._length - at, 0)]
        self._waiting[name].append(np.repeat(inside, 2, axis=1) if inside.shape[1] == 1 else inside)


@dataclass(frozen=True)
class Played:
    """A session in which stems play in place of the tracks and folders they were taken from."""

    session: Session
    graph: Graph


def possible(chosen: Sequence[Stem], graph: Graph) -> tuple[list[Stem], list[str]]:
    """The stems through whose track or folder something plays, and a note of those that are none."""
    kept: list[Stem] = []
    around: list[Stem] = []
    for stem in chosen:
        passed = stem.owner in graph.reached(frozenset(stem.tracks))
        (kept if passed else around).append(stem)
    names = name_list([stem.name for stem in around])
    return kept, [f"nothing plays through these folders, so that they have no stem: {names}"] if around else []


def played(session: Session, graph: Graph, stems: Mapping[str, Path], start_s: float, length_s: float) -> Played:
    """The session whose tracks and folders in ``stems`` (id → file) play their stems, which begin at ``start_s``.

    What was in them is heard through them only, and besides through its own sends to others.
    """
    early = {edge.source for edges in graph.into.values() for edge in edges if _takes_before(edge)} & stems.keys()
    order: list[str] = []
    into = {name: tuple(_redirected(edge, early) for edge in graph.into[name]) for name in (*graph.order, MASTER)}
    playing = [*graph.playing, *(name for name in stems if name not in graph.playing)]
    for name in graph.order:
        if name in early:
            order.append(_before(name))
            into[_before(name)] = into[name]
            playing += [_before(name)] * (name in graph.playing)
        order.append(name)
        if name in stems:
            into[name] = ()
    tracks: list[Track] = []
    for track in session.tracks:
        if track.id in early:
            tracks.append(replace(track, id=_before(track.id), name=f"{track.name}{_BEFORE_PLUGINS}", effects=()))
        if track.id in stems:
            clip = Clip(f"{track.id} stem", Source(str(stems[track.id])), start_s, length_s)
            tracks.append(printed.behind_plugins(track, (clip,)))
        else:
            tracks.append(track)
    return Played(replace(session, tracks=tuple(tracks)), Graph(tuple(order), into, tuple(playing)))


def difference(played: Played, mix: Spool, span: Bounds, *, master: bool, progress: Progress) -> float:
    """Largest amplitude of what the stems give through the session minus the mix.

    Raises
    ------
    UnreadableAudio
        A written file cannot be read back.
    """
    engine = Engine(played.session, played.graph, start_s=span.start_s, end_s=span.end_s, master=master)
    worst, done = 0.0, 0
    rest = np.zeros((0, 2), np.float32)
    mixed = mix.blocks()
    for block, _ in engine.blocks():
        rest = _at_least(rest, len(block), mixed)
        worst = max(worst, float(np.abs(block - rest[: len(block)]).max(initial=0.0)))
        rest = rest[len(block) :]
        done += len(block)
        progress(done // mix.rate, max(engine.length // mix.rate, 1), "playing the stems through the faders")
    return worst


def tolerance_db(played: Played, stems: Collection[str], bits: str, bar_dbfs: float, *, master: bool) -> float:
    """What rounding and dither of the files may leave in dBFS, raised as far as faders, envelopes and sends behind them
    can; at least ``bar_dbfs``.
    """
    each = amplitude(files.null_tolerance_db(0, bits))
    return max(decibels(raised.at_master(played.session, played.graph, stems, each, master=master)), bar_dbfs)


def verdict(gives_the_mix: bool, difference: str, tolerance: str, clipped: int) -> str:
    """The result of the check in words, from levels in words and the count of samples that the stems' files clipped."""
    words = "the stems give the mix" if gives_the_mix else "THE STEMS DO NOT GIVE THE MIX"
    why = f", because {clipped} of their samples clipped: use --bits 32f" if clipped and not gives_the_mix else ""
    return (
        f"null check: {words} through the faders, pans, envelopes, sends and folders of the session: difference "
        f"{difference} (limit {tolerance}){why}"
    )


def notes(session: Session, graph: Graph, chosen: Sequence[Stem]) -> list[str]:
    """What stands behind the stems and is not in them, and what is in more than one."""
    owners = {stem.owner for stem in chosen}
    lines = ["the stems end before faders, pans and the envelopes behind plug-ins: by themselves they are not the mix"]
    passed = [session.track(name) for name in graph.reached(frozenset(owners)) if name not in owners]
    inside = {track.id for track in session.tracks if any(folder.id in owners for folder in session.ancestors(track))}
    behind = [track.name for track in passed if track.id not in inside and nodes.stages(track, session.sample_rate)] + [
        "the master"
    ] * bool(session.master_effects_on and nodes.chain(session.master_effects, session.sample_rate))
    if behind:
        lines.append(f"plug-ins behind the stems, not in them: {name_list(behind)}")
    if twice := [session.track(name).name for name in sorted(owners & inside, key=graph.order.index)]:
        lines.append(f"in the stem of their folder too: {name_list(twice)}")
    return lines


def _at_least(rest: np.ndarray, frames: int, mixed: Iterator[tuple[int, np.ndarray]]) -> np.ndarray:
    while len(rest) < frames:
        rest = np.concatenate([rest, next(mixed)[1]])
    return rest


def _takes_before(edge: Edge) -> bool:
    return edge.receive is not None and edge.receive.mode == PRE_FX


def _redirected(edge: Edge, early: set[str]) -> Edge:
    """Sends from before the plug-ins of a stem's track come from its items: its stem stands behind the plug-ins."""
    return replace(edge, source=_before(edge.source)) if _takes_before(edge) and edge.source in early else edge


def _before(name: str) -> str:
    return f"{name}{_BEFORE_PLUGINS}"
