"""Which tracks make a stem: each track, each folder, or the selection.

A group is an outermost folder; where everything is in one folder (a "mix" folder around the song), the folders in it
are the groups. With a selection each selected track is a stem, a selected folder with all its tracks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mixengine.mixer.routing import Graph
from mixengine.model.session import Session, Track
from mixengine.model.settings import SettingError, SettingName
from mixengine.system import file_names


@dataclass(frozen=True, slots=True)
class Stem:
    """A stem: its name, the tracks that play in it, the name of its file without suffix, and the id of the track or
    folder that it is the stem of.
    """

    name: str
    tracks: tuple[str, ...]
    file: str
    owner: str = ""


def stems(session: Session, graph: Graph, per: str) -> list[Stem]:
    """The stems of the audible tracks of a session, in mixer order.

    Raises
    ------
    UserError
        ``per`` is no name of `PER`, or nothing is selected.
    """
    owner = PER[per](session, [session.track(name) for name in graph.playing])
    gathered: dict[str, list[str]] = {}
    for name in graph.playing:
        if name in owner:
            gathered.setdefault(owner[name].id, []).append(name)
    if not gathered and per == "selection":
        words = f"{session.path}: no track that sounds is selected; select some and save, or use "
        raise SettingError(words, SettingName("stems_per"), " track")
    owners = {track.id: track.name for track in owner.values()}
    unique = file_names.Unique()
    files = [unique(file_names.safe(owners[key])) for key in gathered]
    return [
        Stem(owners[key], tuple(tracks), file, key) for (key, tracks), file in zip(gathered.items(), files, strict=True)
    ]


def _by_track(_session: Session, playing: list[Track]) -> dict[str, Track]:
    return {track.id: track for track in playing}


def _by_group(session: Session, playing: list[Track]) -> dict[str, Track]:
    chains = {track.id: [*list(session.ancestors(track))[::-1], track] for track in playing}
    level = 0
    while len(chains) > 1 and len({_at(chain, level).id for chain in chains.values()}) == 1:
        level += 1
    return {name: _at(chain, level) for name, chain in chains.items()}


def _at(chain: list[Track], level: int) -> Track:
    return chain[min(level, len(chain) - 1)]


def _by_selection(session: Session, playing: list[Track]) -> dict[str, Track]:
    owner = {}
    for track in playing:
        selected = next((link for link in (track, *session.ancestors(track)) if link.selected), None)
        if selected is not None:
            owner[track.id] = selected
    return owner


PER: dict[str, Callable[[Session, list[Track]], dict[str, Track]]] = {
    "track": _by_track,
    "group": _by_group,
    "selection": _by_selection,
}
"""Grouping → function from the playing tracks to the track or folder whose stem each is in."""
