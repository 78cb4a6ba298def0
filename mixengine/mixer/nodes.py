"""Nodes of the signal flow (tracks and the master) and sends: strips, effects and latency.

Audio through a look-ahead compressor is delayed by its look-ahead time, and whatever is summed with it later is delayed
by as much: `align` computes the latencies. Envelopes are shifted by the same latency, so that they act on the frames
that they are drawn over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mixengine.audio.pan import Placement
from mixengine.audio.strip import Path, Strip, active_envelopes, input_strip, output_strip
from mixengine.mixer.effects import Stage, chain
from mixengine.mixer.routing import Edge
from mixengine.model import signal_path
from mixengine.model.session import (
    MUTE,
    PAN,
    PAN_PRE_FX,
    POST_FADER,
    PRE_FX,
    VOLUME,
    VOLUME_PRE_FX,
    VOLUME_TRIM,
    Receive,
    Session,
    Track,
)
from mixengine.model.signal_path import ONE_CHANNEL
from mixengine.model.units import amplitude


class Node:
    """A track, or the master: its inputs, strips and effects.

    Attributes
    ----------
    input_latency, output_latency : int
        Latency in frames before and after the effects; set by `align`.
    """

    def __init__(
        self,
        into: tuple[Edge, ...],
        before: Strip | None = None,
        stages: list[Stage] | None = None,
        after: Strip | Path | None = None,
        *,
        mono: bool = False,
    ) -> None:
        self.into, self.stages, self.mono = into, stages or [], mono
        self.before, self.after = before, after
        # a filter keeps a state for each channel: the number of channels must not change between blocks
        self.always_stereo = bool(self.stages) and (bool(into) or bool(before and before.pans))
        self.input_latency = self.output_latency = 0

    def latency(self, mode: int) -> int:
        """Latency in frames at the point where a send of this mode takes its signal."""
        return self.input_latency if mode == PRE_FX else self.output_latency


def align(nodes: Mapping[str, Node], order: Iterable[str]) -> None:
    """Compute the latency of each node; its inputs are aligned to the latest one.

    Parameters
    ----------
    nodes : mapping of str to Node
    order : iterable of str
        Their names, each after all its inputs.
    """
    for name in order:
        node = nodes[name]
        node.input_latency = max((nodes[edge.source].latency(mode_of(edge)) for edge in node.into), default=0)
        node.output_latency = node.input_latency + sum(stage.lookahead for stage in node.stages)


def mode_of(edge: Edge) -> int:
    """Where an edge takes its signal (a send mode)."""
    return edge.receive.mode if edge.receive else POST_FADER


def track_node(track: Track, session: Session, into: tuple[Edge, ...]) -> Node:
    """A track's node."""
    return Node(into, input_strip(track, session), stages(track, session.sample_rate), output_strip(track, session))


def straight_node(track: Track, session: Session, *, effects: bool) -> Node:
    """A track's node with the strips of the folders around it, for tracks that are summed only at the master."""
    own = stages(track, session.sample_rate) if effects else []
    before = input_strip(track, session)
    if not own:  # without effects volume envelopes may be applied first; constant gains are then multiplied once
        before = replace(before, volumes=(*before.volumes, *active_envelopes(track.automation, VOLUME, VOLUME_TRIM)))
    after = [output_strip(track, session, volumes=bool(own))]
    for folder in session.ancestors(track):
        after += [input_strip(folder, session), output_strip(folder, session)]
    return Node((), before, own, Path(after))


def stages(track: Track, rate: int) -> list[Stage]:
    """The effects of a track that are rendered."""
    return chain(track.effects, rate) if track.effects_on else []


def master_node(session: Session, into: tuple[Edge, ...]) -> Node:
    """The master's node."""
    rate, envelopes = session.sample_rate, session.master_automation
    before = Strip(
        rate, volumes=active_envelopes(envelopes, VOLUME_PRE_FX), pans=active_envelopes(envelopes, PAN_PRE_FX)
    )
    effects = chain(session.master_effects, rate) if session.master_effects_on else []
    return Node(into, before, effects, master_strip(session), mono=session.master_mono)


def master_strip(session: Session) -> Strip:
    """The strip behind the master's effects."""
    envelopes = session.master_automation
    law = session.pan_law if session.master_pan_law is None else session.master_pan_law
    return Strip(
        session.sample_rate,
        amplitude(signal_path.master_level_db(session)),
        session.master_pan,
        Placement(law, session.pan_taper),
        active_envelopes(envelopes, VOLUME, VOLUME_TRIM),
        active_envelopes(envelopes, PAN),
        active_envelopes(envelopes, MUTE),
    )


def send_strip(receive: Receive, session: Session) -> Strip:
    """The strip of a send."""
    level = amplitude(receive.gain_db) * (-1.0 if receive.inverted else 1.0)
    volumes, mutes = active_envelopes(receive.automation, VOLUME), active_envelopes(receive.automation, MUTE)
    if receive.source_channel >= ONE_CHANNEL:  # single-channel sends have no pan in REAPER
        return Strip(session.sample_rate, level, volumes=volumes, mutes=mutes)
    law = session.pan_law if receive.pan_law is None else receive.pan_law
    how = Placement(law, session.pan_taper)
    return Strip(
        session.sample_rate, level, receive.pan, how, volumes, active_envelopes(receive.automation, PAN), mutes
    )
