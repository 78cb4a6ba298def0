"""What of a track's sound is not in its items: plug-ins, instruments, take FX, sends into it, and items of other kinds.

A pure decision. Who can render such a track (a running REAPER) is asked for it; everybody else names it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from mixengine.mixer import routing
from mixengine.mixer.effects import kind_of
from mixengine.model import signal_path
from mixengine.model.session import Clip, Effect, Receive, Session, Source, Track
from mixengine.model.words import name_list

_LOST = frozenset(("missing", "damaged", "offline"))
_RENDERED_KINDS = {"subproject": "sub-project", "video": "video"}
"""Kinds of sources that REAPER plays by itself → their names."""
_INSTRUMENTS = ("VSTi:", "VST3i:", "AUi:", "AUv3i:", "CLAPi:", "LV2i:", "DXi:")
"""How REAPER's names of plug-ins that are instruments begin."""


_ITEMS_BEFORE, _ITEMS_BEHIND = frozenset(("VOLENV", "PANENV")), frozenset(("VOLENV2", "VOLENV3", "MUTEENV"))
"""Envelopes, by REAPER's names, whose automation items a render plays: before the fader, behind it."""
_ITEMS_BESIDE = frozenset(("PANENV2",))
"""Those that are no reason for a render behind the fader, and are in its sound."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """Why a track's sound is not in its items.

    Attributes
    ----------
    reasons : tuple of str
        In words: ``7 plug-ins``, ``MIDI``, ``receives``, ``take FX`` …; empty for a track that is rendered only because
        all are.
    silent : tuple of Effect
        Plug-ins of the track that whoever renders it cannot play.
    is_return : bool
        Tracks that play into it are heard beside it too.
    items_behind : bool
        Automation items move what is behind its fader: they are heard behind it too, and its fader is taken out.
    """

    reasons: tuple[str, ...] = ()
    silent: tuple[Effect, ...] = ()
    is_return: bool = False
    items_behind: bool = False

    def hears_items_of(self, track: Track) -> bool:
        """Whether all automation items of a track that is rendered so are heard."""
        behind = _ITEMS_BEHIND | _ITEMS_BESIDE if self.items_behind else frozenset()
        return set(track.automation_items) <= _ITEMS_BEFORE | behind


def beyond_items(
    session: Session, *, modelled: bool, own_label: str = "", every: bool = False
) -> tuple[dict[str, Beyond], dict[str, str]]:
    """The tracks whose sound is not in their items, and those of them that cannot be rendered by themselves.

    Muted tracks, tracks whose faders are all the way down and tracks of which nothing sounds are in neither.

    Parameters
    ----------
    session : Session
    modelled : bool
        Who asks hears ReaEQ and ReaComp by itself (`mixengine.mixer.effects`), so that they are no reason.
    own_label : str
        Plug-ins of this label are no reason: who asks is about to replace them.
    every : bool
        All tracks that sound, also those whose items are the whole of it.

    Returns
    -------
    dict of str to Beyond
        By track id, in mixer order.
    dict of str to str
        Track id → why it cannot be rendered by itself, in words.
    """
    beyond: dict[str, Beyond] = {}
    refused: dict[str, str] = {}
    for track in session.tracks:
        if signal_path.is_muted(session, track) or math.isinf(signal_path.path_gain_db(session, track, {})):
            continue
        if not _sounds(track):
            continue
        reasons = tuple(_reasons(session, track, modelled, own_label))
        if not reasons and not every:
            continue
        if track.is_folder:
            if reasons:
                refused[track.id] = f"{name_list(list(reasons))}: a folder, the tracks inside would be in its sound"
            continue
        behind = bool(_ITEMS_BEHIND & set(_heard_items(track)))
        beyond[track.id] = Beyond(reasons, items_behind=behind)
    return beyond, refused


def _heard_items(track: Track) -> list[str]:
    """The envelopes with automation items that are heard when the track is rendered.

    A fader that an envelope rules stands at no known place, so that it cannot be taken out of what is behind it.
    """
    known = _ITEMS_BEFORE if signal_path.is_ruled(track) else _ITEMS_BEFORE | _ITEMS_BEHIND
    return [name for name in track.automation_items if name in known]


def flow(session: Session, beyond: Collection[str]) -> routing.Graph:
    """The signal flow with no track soloed, where the tracks in ``beyond`` sound, whatever their items are."""
    placeholder = Clip("sound", Source(""), 0.0, 1.0)
    tracks = (
        replace(track, solo=False, clips=(*track.clips, placeholder) if track.id in beyond else track.clips)
        for track in session.tracks
    )
    return routing.graph(replace(session, tracks=tuple(tracks)))


def buses_beyond(session: Session, graph: routing.Graph) -> dict[str, Beyond]:
    """Folders, buses and returns with plug-ins that mixengine does not play.

    Of a bus all tracks play through it alone. By track id, each after what feeds it; ``graph`` is the `flow` of the
    session.
    """
    ways = Counter(edge.source for edges in graph.into.values() for edge in edges)
    buses: dict[str, Beyond] = {}
    for name in graph.order:
        plugins = active_plugins(session.track(name))
        if all(map(_is_modelled, plugins)) or any(map(_plays, session.track(name).clips)) or not graph.into[name]:
            continue
        beside = any(edge.receive is not None and ways[edge.source] > 1 for edge in graph.into[name])
        buses[name] = Beyond((counted(plugins),), is_return=beside)
    return buses


def active_plugins(track: Track) -> list[Effect]:
    """The plug-ins of a track that are on."""
    return [effect for effect in track.effects if track.effects_on and not effect.bypassed]


def counted(plugins: Sequence[Effect]) -> str:
    """How many they are, in words."""
    return f"{len(plugins)} plug-in{'s' * (len(plugins) != 1)}"


def _sounds(track: Track) -> bool:
    """Whether REAPER plays anything on a track: items that are there, or an instrument that is sent notes."""
    clips = [clip for clip in track.clips if _plays(clip)]
    if any(clip.source.kind != "midi" for clip in clips):
        return True
    plugins = active_plugins(track)
    if clips:  # notes sound through what turns them into sound
        return bool(plugins)
    return bool(track.receives) and any(effect.name.startswith(_INSTRUMENTS) for effect in plugins)


def _plays(clip: Clip) -> bool:
    return not clip.mute and clip.length_s > 0 and clip.source.kind not in _LOST | {"empty", "click", "timecode"}


def _reasons(session: Session, track: Track, modelled: bool, own_label: str) -> Iterator[str]:
    plugins = [effect for effect in active_plugins(track) if not own_label or effect.label != own_label]
    if modelled and all(map(_is_modelled, plugins)):
        plugins = []
    if plugins:
        yield counted(plugins)
    clips = [clip for clip in track.clips if _plays(clip)]
    kinds = {clip.source.kind for clip in clips}
    if "midi" in kinds or not clips:
        yield "MIDI"
    yield from (name for kind, name in _RENDERED_KINDS.items() if kind in kinds)
    notes = dict.fromkeys(note for clip in clips for note in clip.notes)
    yield from (note.partition(" (")[0] for note in notes)
    if _heard_items(track):
        yield "automation items"
    senders = {receive.source for receive in track.receives if _carries_audio(receive)} if clips else set()
    if any(other.id in senders and not signal_path.is_muted(session, other) for other in session.tracks):
        yield "receives"


def _is_modelled(effect: Effect) -> bool:
    kind = kind_of(effect)
    return kind is not None and not kind.problem(effect) and not effect.notes


def _carries_audio(receive: Receive) -> bool:
    return not receive.mute and receive.source_channel >= 0
