"""What rounding of files leaves behind the faders that come after them: largest gains along every way to the master."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from mixengine.audio.pan import sides
from mixengine.audio.strip import Gain, Path, Strip
from mixengine.mixer import nodes
from mixengine.mixer.routing import Graph
from mixengine.model.session import MASTER, POST_FADER, POST_FX, PRE_FX, Session
from mixengine.model.units import amplitude

_PLUGINS = amplitude(12.0)
"""What a chain of plug-ins may raise: the gain of one is not known beforehand."""
_PANS = np.linspace(-1.0, 1.0, 81)


def at_master(session: Session, graph: Graph, sources: Collection[str], each: float, *, master: bool) -> float:
    """Largest amplitude at the output of what is at most ``each`` at the input of every source.

    Parameters
    ----------
    session, graph : Session, Graph
    sources : collection of str
        Ids of tracks.
    each : float ≥ 0
        An amplitude.
    master : bool
        Whether the master's effects, fader and pan follow.
    """
    reached: dict[tuple[str, int], float] = {}
    tracks = {track.id: track for track in session.tracks}
    for name in (*graph.order, MASTER):
        into = graph.into[name]
        if name == MASTER:
            node = nodes.master_node(session, into) if master else nodes.Node(into)
        else:
            node = nodes.track_node(tracks[name], session, into)
        sound = each if name in sources else 0.0
        for edge in into:
            sent = 1.0 if edge.receive is None else largest(nodes.send_strip(edge.receive, session))
            sound += reached.get((edge.source, nodes.mode_of(edge)), 0.0) * sent
        reached[name, PRE_FX] = sound = sound * largest(node.before)
        reached[name, POST_FX] = sound = sound * (_PLUGINS if node.stages else 1.0)
        reached[name, POST_FADER] = sound * largest(node.after)
    return reached[MASTER, POST_FADER]


def largest(strip: Strip | Path | None) -> float:
    """Largest amplitude that a strip makes of 1 on both sides, wherever its envelopes stand.

    Examples
    --------
    >>> largest(Strip(48000, 0.5))
    0.5
    """
    if strip is None:
        return 1.0
    assert isinstance(strip, Strip)  # paths are those of straight graphs
    level = abs(strip.level)
    for envelope in strip.volumes:
        level *= max(abs(point.value) for point in envelope.points)
    matrices = Gain(1.0, sides(_PANS if strip.pans else strip.pan, strip.how)).matrix()
    return level * float(np.abs(matrices).sum(axis=-1).max())
