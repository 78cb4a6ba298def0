"""Entry points of the engine for jobs and page: the mix, and the sum of chosen tracks.

`blocks` is the mix as REAPER plays it and as the command ``render`` writes it. `sum_blocks` adds up chosen tracks, each
through its folders, and ends before the master; mutes and solos are ignored, and sends unless they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from mixengine.audio import timeline, turned_down
from mixengine.audio.pan import placement
from mixengine.audio.peaks import PeakMeter
from mixengine.mixer import nodes, routing, ways
from mixengine.mixer.engine import Engine
from mixengine.model import apply, signal_path
from mixengine.model.plan import MixPlan
from mixengine.model.session import MASTER, Session, Track
from mixengine.model.units import amplitude
from mixengine.system.progress import Progress
from mixengine.system.staging import Staging

CEILING_DBTP = -1.0
NAME = "mix.wav"
_SUM_FRAMES = 16384
"""Block of a sum: a hundred stereo tracks of it stay in a processor's cache."""
RUN_IN_S = 2.0
"""A part that is compared with the whole begins this much earlier, so that its filters stand as in the whole."""


def blocks(session: Session, *, start_s: float = 0.0, end_s: float | None = None) -> Iterator[np.ndarray]:
    """Stream the mix as REAPER plays it, with folders, sends, ReaEQ, ReaComp and the master, to ``end_s``.

    Yields
    ------
    ndarray of float32 [shape=(frames, 2)]
    """
    engine = Engine(session, routing.graph(session), start_s=start_s, end_s=end_s, run_in_s=RUN_IN_S)
    return (mix for mix, _ in engine.blocks())


def sum_blocks(
    session: Session,
    tracks: Iterable[Track],
    *,
    faders_db: Mapping[str, float] | None = None,
    start_s: float = 0.0,
    end_s: float | None = None,
    effects: bool = False,
    master: bool = False,
    threads: bool = False,
    sends: bool = False,
) -> Iterator[np.ndarray]:
    """Stream the sum of ``tracks`` as it goes into the master, between two times (default: to the end of the last one).

    Parameters
    ----------
    tracks : iterable of Track
        Muted ones sound too.
    faders_db : mapping of str to float, optional
        Track id → fader in dB instead of its own.
    effects : bool
        Apply ReaEQ and ReaComp of the tracks and their folders.
    master : bool
        Apply the master too.
    threads : bool
        See `Engine`.
    sends : bool
        Without effects: play sends too, as `mixengine.mixer.ways.without_effects` says, and no muted track.

    Yields
    ------
    ndarray of float32 [shape=(frames, 2)]
    """
    tracks = list(tracks)
    folders = {folder.id: folder for track in tracks for folder in session.ancestors(track)}
    has_folder_effects = effects and any(nodes.stages(folder, session.sample_rate) for folder in folders.values())
    graph = routing.folders_graph(session, tracks) if has_folder_effects else routing.straight_graph(tracks)
    if sends and (sending := ways.without_effects(session, tracks))[1].sends:
        session, graph = sending
    if end_s is None:
        end_s = max((timeline.span(track)[1] for track in tracks), default=0.0)
    engine = Engine(
        _with_faders(session, faders_db or {}),
        graph,
        start_s=start_s,
        end_s=end_s,
        run_in_s=RUN_IN_S,
        master=master,
        effects=effects,
        frames=_SUM_FRAMES,
        threads=threads,
    )
    return (mix for mix, _ in engine.blocks())


def _with_faders(session: Session, faders_db: Mapping[str, float]) -> Session:
    tracks = (
        replace(track, fader_db=faders_db[track.id]) if track.id in faders_db else track for track in session.tracks
    )
    return replace(session, tracks=tuple(tracks)) if faders_db else session


def true_peak_dbtp(
    session: Session,
    tracks: list[Track],
    faders_db: Mapping[str, float],
    start_s: float = 0.0,
    end_s: float | None = None,
) -> float:
    """True peak of the sum without effects, but with sends, between two times; ``-inf`` for silence."""
    meter = PeakMeter(session.sample_rate, 2)
    for block in sum_blocks(session, tracks, faders_db=faders_db, start_s=start_s, end_s=end_s, sends=True):
        meter.add(block)
    return meter.true_peak_dbtp


def path_key(session: Session, track: Track) -> list[object]:
    """Cache key of everything that shapes a track on its way to the master, besides faders and its own audio."""
    chain = [track, *session.ancestors(track)]
    return [
        (
            (link.pan, placement(link, session), link.automation, link.inverted),
            [signal_path.lead_envelopes(lead) for lead in signal_path.leads(session, link)],
        )
        for link in chain
    ]


def sends_key(session: Session, tracks: Iterable[Track], faders_db: Mapping[str, float]) -> list[object]:
    """Cache key of the sends through which a sum of tracks reaches the master, and of what receives them; empty where
    there are none.
    """
    graph = ways.without_effects(session, tracks)[1]
    if not graph.sends:
        return []
    edges = [[[edge.source, edge.target, edge.receive] for edge in graph.into[name]] for name in (*graph.order, MASTER)]
    nodes_of = [session.track(name) for name in graph.order]
    levels = [[signal_path.path_gain_db(session, node, faders_db), path_key(session, node)] for node in nodes_of]
    return [edges, levels]


def write(session: Session, plan: MixPlan, staging: Staging, side: str, progress: Progress) -> dict[str, str]:
    """Write ``mix.wav`` (24 bit, the session's rate) of the session after the plan."""
    progress(0, 1, "rendering the mix")
    name = f"{side}{NAME}"
    to_file(apply.applied(session, plan.changes), staging.path(name))
    progress(1, 1, "mix rendered")
    return {"mix": name}


def to_file(session: Session, path: Path) -> None:
    """Render the audible tracks, before the master, to a 24-bit stereo WAV; all turned down to below `CEILING_DBTP`."""
    meter = PeakMeter(session.sample_rate, 2)

    def measured() -> Iterator[np.ndarray]:
        for block in audible_blocks(session):
            meter.add(block)
            yield block

    def gain() -> float:
        return amplitude(min(CEILING_DBTP - meter.true_peak_dbtp, 0.0))

    turned_down.write(path, session.sample_rate, measured(), gain)


def audible_blocks(session: Session, end_s: float | None = None, *, master: bool = False) -> Iterator[np.ndarray]:
    """Stream the sum of the audible tracks with ReaEQ and ReaComp, as it goes into the master; see `sum_blocks`."""
    tracks = signal_path.audible_tracks(session)
    return sum_blocks(session, tracks, end_s=end_s, effects=True, master=master, threads=True)
