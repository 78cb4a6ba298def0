"""What the buses that a track feeds make of its loudness on the way to the master, at the level that it has.

Folders, and tracks with sends into them, whose effects are heard: the mix before the master is rendered with and
without the track, and the loudness of the difference is compared with that of the track through its folders' faders
alone. A compressor of a known law keeps the gain that the whole mix asks of it, so that the differences add up. What a
return plays out of step with what is sent into it (`Track.diffuse_db`) adds its power, by as much as the track sends.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from mixengine.audio import timeline
from mixengine.audio.loudness import ABSOLUTE_GATE_LUFS, LoudnessMeter
from mixengine.mixer import mix, nodes, ways
from mixengine.mixer.engine import Engine
from mixengine.mixer.routing import Edge, Graph
from mixengine.model.effects import UtilitySettings
from mixengine.model.session import PRE_FX, Effect, Session, Track

STRETCH_S = 10.0
STRETCHES = 3
_MAX_TRIED = 60
_MIN_DIFFUSE_DB = -60.0
"""What a return plays out of step below this is nothing."""


def gains_db(session: Session, tracks: Iterable[Track], faders_db: Mapping[str, float]) -> dict[str, float]:
    """Track id → what its buses add to its loudness in dB; nothing for tracks whose buses have no effect that is heard
    (`mixengine.mixer.ways` tells what sends without effects make of them).

    Parameters
    ----------
    session : Session
    tracks : iterable of Track
        Those asked for; their own effects are not heard.
    faders_db : mapping of str to float
        Track id → fader at which the mix is heard, where it is another than the track's.

    Raises
    ------
    PluginStopped
        A plug-in on a bus cannot be played.
    """
    wanted = {track.id for track in tracks}
    bare = replace(session, tracks=tuple(_bare(track, faders_db) for track in session.tracks))
    graph = ways.audible(bare)
    stages = {name: nodes.stages(bare.track(name), bare.sample_rate) for name in graph.order}
    returns = [name for name in graph.order if _diffuse_db(bare.track(name)) >= _MIN_DIFFUSE_DB]
    buses = {name for name in graph.order if stages[name]} | set(returns)
    if not buses:
        return {}
    feeding = {name for name in graph.playing if buses & (set(graph.reached(frozenset({name}))) - {name})}
    heard = sorted(feeding & wanted, key=graph.playing.index)
    if not heard:
        return {}
    part = graph.only(feeding)
    copies = any(stage.held for name in part.order for stage in stages[name])
    meters = {name: _Meters(bare.sample_rate, returns) for name in heard}
    spans_s = _loudest(bare, [bare.track(name) for name in sorted(feeding)])
    for span_s in spans_s:
        _measure(bare, part, heard, meters, span_s, copies=copies)
    for name in heard:
        if meters[name].direct.integrated() <= ABSOLUTE_GATE_LUFS:  # it rests where the others are loudest
            for span_s in _loudest(bare, [bare.track(name)]):
                if span_s not in spans_s:
                    _measure(bare, part, [name], meters, span_s, copies=copies)
    levels = {name: (each.through_lufs(), each.direct.integrated()) for name, each in meters.items()}
    return {
        name: through - direct
        for name, (through, direct) in levels.items()
        if min(through, direct) > ABSOLUTE_GATE_LUFS
    }


class _Meters:
    """Those of a track: its own sound before its buses, its share behind them, and of what each return plays out of
    step.
    """

    def __init__(self, rate: int, returns: Iterable[str]) -> None:
        self.direct, self.share = LoudnessMeter(rate, 2), LoudnessMeter(rate, 2)
        self.diffuse = {name: LoudnessMeter(rate, 2) for name in returns}

    def through_lufs(self) -> float:
        """Loudness of all its shares."""
        levels = [meter.integrated() for meter in (self.share, *self.diffuse.values())]
        return 10.0 * float(np.log10(sum(10.0 ** (level / 10.0) for level in levels) or 1e-300))


def without_heard(session: Session) -> Session:
    """The session with those effects alone that `gains_db` does not hear."""

    def rest(track: Track) -> Track:
        heard = {id(stage.effect) for stage in nodes.stages(track, session.sample_rate)} if _is_bus(track) else set()
        return replace(track, effects=tuple(effect for effect in track.effects if id(effect) not in heard))

    return replace(session, tracks=tuple(map(rest, session.tracks)))


def _is_bus(track: Track) -> bool:
    return bool(track.receives) or track.is_folder


def _bare(track: Track, faders_db: Mapping[str, float]) -> Track:
    """A track as it is measured: without effects unless it is a folder or gets something from others."""
    effects = track.effects if _is_bus(track) else ()
    return replace(track, effects=effects, fader_db=faders_db.get(track.id, track.fader_db), solo=False)


def _measure(
    session: Session,
    graph: Graph,
    heard: list[str],
    meters: Mapping[str, _Meters],
    span_s: tuple[float, float],
    *,
    copies: bool,
) -> None:
    """Add a stretch to the meters: of each track its share behind the buses, and its own sound before them.

    ``copies`` says that plug-ins are played by copies, which answer to what else plays: what is left when the track
    is missing is then rendered, and not the track by itself.
    """
    start_s, end_s = span_s
    sets = [frozenset(graph.playing) - {name} if copies else frozenset({name}) for name in heard]
    engine = Engine(session, graph, sets, start_s=start_s, end_s=end_s, run_in_s=mix.RUN_IN_S, master=False)
    for whole, parts in engine.blocks():
        for name, part in zip(heard, parts, strict=True):
            meters[name].share.add(whole - part if copies else part)
    for name in heard:
        track = session.track(name)
        for block in mix.sum_blocks(session, [track], start_s=start_s, end_s=end_s):
            meters[name].direct.add(block)
    for returned in meters[heard[0]].diffuse:
        through, way = _diffuse(session, graph, returned)
        sending = [name for name in heard if returned in graph.reached(frozenset({name}))]
        engine = Engine(
            through, way, [frozenset({name}) for name in sending], start_s=start_s, end_s=end_s, master=False
        )
        for _, parts in engine.blocks():
            for name, part in zip(sending, parts, strict=True):
                meters[name].diffuse[returned].add(part)


def _diffuse_db(track: Track) -> float:
    return -math.inf if track.diffuse_db is None else track.diffuse_db


def _in_step_db(track: Track) -> float:
    """The gain that stands in a return for what of it is in step."""
    return sum(effect.utility.volume_db for effect in track.effects if effect.utility is not None)


def _diffuse(session: Session, graph: Graph, returned: str) -> tuple[Session, Graph]:
    """The session and its flow with nothing but the ways through a return, which plays its diffuse level.

    A compressor behind it gets that alone, and so turns it down less than the whole mix asks for. Another return behind
    it plays all that it makes of it.
    """
    behind = set(graph.reached(frozenset({returned})))

    def passing(track: Track) -> Track:
        if track.diffuse_db is None or track.id not in behind:
            return track
        in_step_db = -math.inf if track.id == returned else _in_step_db(track)
        power = sum(10.0 ** (level_db / 10.0) for level_db in (in_step_db, track.diffuse_db))
        return replace(track, effects=(Effect("diffuse", utility=UtilitySettings(10.0 * math.log10(power))),))

    tracks = tuple(map(passing, session.tracks))
    before = {name for name in graph.order if returned in graph.reached(frozenset({name}))}
    into = {
        name: tuple(
            edge
            for edge in edges
            if name in before or (edge.source in behind and not (edge.source == returned and _is_early(edge)))
        )
        for name, edges in graph.into.items()
    }
    return replace(session, tracks=tracks), replace(graph, into=into)


def _is_early(edge: Edge) -> bool:
    """Whether a send takes its sound from before the plug-ins: nothing of theirs is in it."""
    return nodes.mode_of(edge) == PRE_FX


def _loudest(session: Session, tracks: list[Track]) -> list[tuple[float, float]]:
    """The stretches in which the tracks are loudest together, of those tried all over the session, in order of time."""
    end_s = max(timeline.span(track)[1] for track in tracks)
    count = max(int(np.ceil(end_s / STRETCH_S)), 1)
    if count <= STRETCHES:
        return [(0.0, end_s)]
    places = sorted({int(place) for place in np.linspace(0, count - 1, min(count, _MAX_TRIED))})
    powers: dict[int, float] = {}
    spans_s: dict[int, tuple[float, float]] = {}
    for place in places:
        spans_s[place] = place * STRETCH_S, min((place + 1) * STRETCH_S, end_s)
        stretch = mix.sum_blocks(session, tracks, start_s=spans_s[place][0], end_s=spans_s[place][1])
        powers[place] = sum(float(np.square(block).sum()) for block in stretch)
    return [spans_s[place] for place in sorted(sorted(places, key=lambda place: -powers[place])[:STRETCHES])]
