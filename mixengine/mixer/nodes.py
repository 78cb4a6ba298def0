"""What a track, the master and a send make of their sound: strips and effects, and how late they are.

A compressor with look-ahead must know sound before it plays. So its sound is delayed, and whatever meets that sound
later on is delayed by as much: `align` says how late everything is. Strips move with their sound: an envelope acts on
the frames that it is drawn over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mixengine.audio.pan import Placement
from mixengine.audio.strip import Path, Strip, drawn, input_strip, output_strip
from mixengine.mixer.effects import Stage, chain
from mixengine.mixer.routing import ONE_CHANNEL, Edge
from mixengine.model.session import (
    MUTE,
    PAN,
    PAN_PRE_FX,
    POST_FADER,
    PRE_FX,
    VOLUME,
    VOLUME_KINDS,
    VOLUME_PRE_FX,
    VOLUME_TRIM,
    Receive,
    Session,
    Track,
)
from mixengine.model.units import amplitude


class Node:
    """A track, or the master: what it hears, its strips and its effects.

    Attributes
    ----------
    arrives, leaves : int
        Frames by which its sound is late before and behind the effects; set by `align`.
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
        # a filter keeps a state for each channel: whether it hears one or two must not change on the way
        self.always_stereo = bool(self.stages) and (bool(into) or bool(before and before.pans))
        self.arrives = self.leaves = 0

    def late(self, mode: int) -> int:
        """How late the sound is that a send of this mode takes, in frames."""
        return self.arrives if mode == PRE_FX else self.leaves


def align(nodes: Mapping[str, Node], order: Iterable[str]) -> None:
    """Work out how late the sound of each node is; all it hears waits for the last.

    Parameters
    ----------
    nodes : mapping of str to Node
    order : iterable of str
        Their names, each after all it hears.
    """
    for name in order:
        node = nodes[name]
        node.arrives = max((nodes[edge.source].late(mode_of(edge)) for edge in node.into), default=0)
        node.leaves = node.arrives + sum(stage.lookahead for stage in node.stages)


def mode_of(edge: Edge) -> int:
    """Where an edge takes its sound."""
    return edge.receive.mode if edge.receive else POST_FADER


def track_node(track: Track, session: Session, into: tuple[Edge, ...]) -> Node:
    """A track's node."""
    rate = session.sample_rate
    return Node(into, input_strip(track, rate), stages(track, rate), output_strip(track, session))


def straight_node(track: Track, session: Session, *, effects: bool) -> Node:
    """A track's node with the strips of the folders around it, for tracks that meet nothing else before the master."""
    rate = session.sample_rate
    own = stages(track, rate) if effects else []
    before = input_strip(track, rate)
    if not own:  # volume envelopes commute with nothing in between, and what does not move is multiplied once
        before = replace(before, volumes=drawn(track.automation, *VOLUME_KINDS))
    after = [output_strip(track, session, volumes=bool(own))]
    for folder in session.ancestors(track):
        after += [input_strip(folder, rate), output_strip(folder, session)]
    return Node((), before, own, Path(after))


def stages(track: Track, rate: int) -> list[Stage]:
    """The effects of a track that are rendered."""
    return chain(track.effects, rate) if track.effects_on else []


def master_node(session: Session, into: tuple[Edge, ...]) -> Node:
    """The master's node."""
    rate, envelopes = session.sample_rate, session.master_automation
    law = session.pan_law if session.master_pan_law is None else session.master_pan_law
    before = Strip(rate, volumes=drawn(envelopes, VOLUME_PRE_FX), pans=drawn(envelopes, PAN_PRE_FX))
    after = Strip(
        rate,
        amplitude(session.master_db),
        session.master_pan,
        Placement(law, session.pan_taper),
        drawn(envelopes, VOLUME, VOLUME_TRIM),
        drawn(envelopes, PAN),
        drawn(envelopes, MUTE),
    )
    return Node(into, before, chain(session.master_effects, rate), after, mono=session.master_mono)


def send_strip(receive: Receive, session: Session) -> Strip:
    """What a send makes of the sound it takes."""
    level = amplitude(receive.gain_db) * (-1.0 if receive.inverted else 1.0)
    volumes, mutes = drawn(receive.automation, VOLUME), drawn(receive.automation, MUTE)
    if receive.source_channel >= ONE_CHANNEL:  # REAPER gives one channel no pan
        return Strip(session.sample_rate, level, volumes=volumes, mutes=mutes)
    law = session.pan_law if receive.pan_law is None else receive.pan_law
    how = Placement(law, session.pan_taper)
    return Strip(session.sample_rate, level, receive.pan, how, volumes, drawn(receive.automation, PAN), mutes)
