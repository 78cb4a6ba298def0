"""Buses and returns with plug-ins that only the program plays that the project is open in: what these do to loudness.

A bus is rendered before its fader, and its loudness compared with that of what comes into it. A plain gain of the
difference takes the place of its plug-ins: what a compressor does to one of the tracks inside is taken to be what it
does to all of them together. Buses and returns that play into it are heard as they were rendered. Of a return what
comes out is split (`mixengine.app.return_split`): what is in step with what comes in is a gain in the same way, the
rest is known by its power, of which each track gets as much as it sends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mixengine.app import return_split
from mixengine.app.return_split import Split
from mixengine.audio.loudness import ABSOLUTE_GATE_LUFS, LoudnessMeter
from mixengine.mixer import mix, nodes, routing
from mixengine.mixer.engine import Engine
from mixengine.mixer.routing import Edge, Graph
from mixengine.model import printed, signal_path
from mixengine.model.effects import UtilitySettings
from mixengine.model.session import (
    BALANCE,
    MASTER,
    PAN_PRE_FX,
    PRE_FX,
    VOLUME_PRE_FX,
    Clip,
    Effect,
    Session,
    Source,
    Track,
)
from mixengine.model.units import decibels, signed_db
from mixengine.model.words import name_list

if TYPE_CHECKING:
    from mixengine.hosts.stems import Stem
    from mixengine.mixer.not_in_items import Beyond

_IN_STEP = ((0.9, "in step with it"), (0.1, "partly in step with it"), (0.0, "diffuse"))
"""Share of the power in step, and how that is called."""
_NOTHING_DB = -150.0
_Rendered = Mapping[str, "Sequence[Stem]"]
"""Bus → its stems."""
_MAX_NAMES = 8


def with_gains(
    session: Session, buses: Mapping[str, Beyond], stems: Mapping[str, Sequence[Stem]], through: str
) -> Session:
    """The session with a gain in place of the plug-ins of each bus or return, and a note of them.

    Parameters
    ----------
    session : Session
        What feeds the buses plays as it is heard.
    buses : mapping of str to Beyond
        Each after what feeds it.
    stems : mapping of str to sequence of Stem
        What was rendered of each before its fader.
    through : str
        What they are heard through, in words.
    """
    heard: list[str] = []
    returns: list[str] = []
    silent: list[str] = []
    lines: list[str] = []
    rendered = {name: stems[name] for name in buses}
    for name, beyond in buses.items():
        track = session.track(name)
        if notes := [stem.note for stem in stems[name] if stem.note]:  # what was rendered is not all that comes out
            left_out = ", what it plays is left out" if beyond.is_return else ""
            lines.append(f"plug-ins of {track.name} were not heard{left_out}: {notes[0]}")
            session = _with(session, _silenced(track)) if beyond.is_return else session
            continue
        why = ", ".join(beyond.reasons)
        if beyond.is_return:
            result = _split(session, name, rendered)
            if result.quietest_lufs <= ABSOLUTE_GATE_LUFS:
                silent.append(track.name)
                session = _with(session, _silenced(track))
                continue
            session = _with(session, _as_return(track, result))
            how = next(word for share, word in _IN_STEP if result.share_in_step >= share)
            returns.append(f"{track.name} ({why}, {signed_db(result.gain_db)} dB, {how})")
            continue
        before_lufs, after_lufs = _before_lufs(session, name, rendered), _after_lufs(session, stems[name])
        if min(before_lufs, after_lufs) <= ABSOLUTE_GATE_LUFS:
            silent.append(track.name)
            continue
        gain_db = after_lufs - before_lufs
        session = _with(session, replace(track, effects=(_plain(gain_db),)))
        heard.append(f"{track.name} ({why}, {signed_db(gain_db)} dB)")
    if returns:
        lines.insert(
            0,
            f"returns heard {through}, against what is sent into them; each track gets as much of it as it sends: "
            f"{name_list(returns, _MAX_NAMES)}",
        )
    if heard:
        lines.insert(0, f"buses heard {through}: {name_list(heard, _MAX_NAMES)}")
    if silent:
        lines.append(f"buses that are silent before or behind their plug-ins: {name_list(silent, _MAX_NAMES)}")
    return replace(session, notes=(*lines, *session.notes))


def _plain(gain_db: float) -> Effect:
    return Effect("gain of its plug-ins", utility=UtilitySettings(gain_db))


def _as_return(track: Track, result: Split) -> Track:
    """A return with what was heard of its plug-ins."""
    return replace(
        track,
        effects=(_plain(max(decibels(abs(result.in_step)), _NOTHING_DB)),),
        inverted=track.inverted != (result.in_step < 0.0),
        diffuse_db=max(decibels(result.diffuse), _NOTHING_DB),
    )


def _silenced(track: Track) -> Track:
    """A return that nothing comes out of; without its plug-ins it would pass on what is sent into it."""
    return replace(track, effects=(_plain(_NOTHING_DB),), diffuse_db=None)


def feeding(graph: Graph, buses: Iterable[str]) -> set[str]:
    """The tracks that come into one of the buses."""
    return {name for bus in buses for name in _up_to(graph, bus).order}.difference(buses)


def _split(session: Session, name: str, rendered: _Rendered) -> Split:
    return return_split.split(_before(session, name, rendered), _after(session, rendered[name]), session.sample_rate)


def _before_lufs(session: Session, name: str, rendered: _Rendered) -> float:
    return _loudness(_before(session, name, rendered), session.sample_rate)


def _after_lufs(session: Session, stems: Sequence[Stem]) -> float:
    return _loudness(_after(session, stems), session.sample_rate)


def _loudness(blocks: Iterable[np.ndarray], rate: int) -> float:
    meter = LoudnessMeter(rate, 2)
    for block in blocks:
        meter.add(block)
    return meter.integrated()


def _before(session: Session, name: str, rendered: _Rendered) -> Iterator[np.ndarray]:
    """What comes into a bus, with the faders that stood when it was rendered, stretch after stretch."""
    early = tuple(entry for entry in session.track(name).automation if entry.kind in (VOLUME_PRE_FX, PAN_PRE_FX))
    session = signal_path.without_solos(_with(session, replace(_bare(session.track(name)), automation=early)))
    session, graph = _with_rendered(session, {other: stems for other, stems in rendered.items() if other != name})
    graph = _up_to(graph, name)
    left = replace(session, tracks=tuple(map(_as_left, session.tracks)))
    for stem in rendered[name]:
        engine = Engine(
            left if stem.as_left else session,
            graph,
            start_s=stem.start_s,
            end_s=stem.end_s,
            run_in_s=mix.RUN_IN_S,
            master=False,
            threads=False,
        )
        yield from (block for block, _ in engine.blocks())


def _after(session: Session, stems: Sequence[Stem]) -> Iterator[np.ndarray]:
    """What was rendered of a bus, stretch after stretch."""
    alone = _bare(Track("bus", "bus", clips=_clips(stems)))
    session = replace(session, tracks=(alone,))
    for stem in stems:
        yield from mix.sum_blocks(session, [alone], start_s=stem.start_s, end_s=stem.end_s)


def _clips(stems: Sequence[Stem]) -> tuple[Clip, ...]:
    return tuple(
        Clip(f"stem {number}", Source(stem.path), stem.start_s, stem.end_s - stem.start_s, offset_s=stem.offset_s)
        for number, stem in enumerate(stems)
    )


def _with_rendered(session: Session, rendered: _Rendered) -> tuple[Session, Graph]:
    """The session and its flow with buses that play what was rendered of them, in place of what comes into them.

    What they send from before their plug-ins is not in that: a second track plays it, which nothing else hears.
    """
    graph = routing.graph(session)
    rendered = {name: stems for name, stems in rendered.items() if name in graph.order}
    early = {name: f"{name} before its plug-ins" for name in rendered}

    def source(edge: Edge) -> str:
        return early.get(edge.source, edge.source) if nodes.mode_of(edge) == PRE_FX else edge.source

    into = {name: tuple(replace(edge, source=source(edge)) for edge in edges) for name, edges in graph.into.items()}
    into |= {early[name]: into[name] for name in rendered} | dict.fromkeys(rendered, ())
    order = tuple(each for name in graph.order for each in ((early[name], name) if name in rendered else (name,)))
    before = tuple(replace(session.track(name), id=early[name], effects=()) for name in rendered)
    for name, stems in rendered.items():
        session = _with(session, printed.behind_plugins(session.track(name), _clips(stems)))
    return replace(session, tracks=(*session.tracks, *before)), Graph(order, into, (*graph.playing, *rendered))


def _as_left(track: Track) -> Track:
    """A track with its fader as the user left it."""
    return track if track.user_fader_db is None else replace(track, fader_db=track.user_fader_db)


def _bare(track: Track) -> Track:
    """A track that passes on what comes into it: no plug-ins, and nothing after them."""
    return replace(
        track, effects=(), automation=(), leads=(), fader_db=0.0, pan=0.0, width=1.0, pan_mode=BALANCE, pan_law=1.0
    )


def _up_to(graph: Graph, name: str) -> Graph:
    """What comes into a track, and the track into the master."""
    needed = {name}
    for other in reversed(graph.order):
        if other in needed:
            needed |= {edge.source for edge in graph.into[other]}
    order = tuple(other for other in graph.order if other in needed)
    into = {other: graph.into[other] for other in order} | {MASTER: (Edge(name, MASTER),)}
    return Graph(order, into, tuple(other for other in graph.playing if other in needed))


def _with(session: Session, track: Track) -> Session:
    return replace(session, tracks=tuple(track if other.id == track.id else other for other in session.tracks))
