"""Which tracks make a stem: each track, each folder, or the selection.

A group is an outermost folder; where everything is in one folder (a "mix" folder around the song), the folders in it
are the groups. With a selection each selected track is a stem, a selected folder with all its tracks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mixengine.audio.writing import safe_name
from mixengine.mixer.routing import Graph
from mixengine.model.session import Session, Track
from mixengine.system.errors import UserError, unknown


@dataclass(frozen=True, slots=True)
class Stem:
    """A stem: its name, the tracks that play in it, and the name of its file without suffix."""

    name: str
    tracks: tuple[str, ...]
    file: str


def stems(session: Session, graph: Graph, by: str) -> list[Stem]:
    """The stems of what is heard of a session, in mixer order.

    Raises
    ------
    UserError
        ``by`` is no name of `BY`, or nothing is selected.
    """
    if by not in BY:
        raise unknown("--by", by, BY)
    owner = BY[by](session, [session.track(name) for name in graph.playing])
    gathered: dict[str, list[str]] = {}
    for name in graph.playing:
        if name in owner:
            gathered.setdefault(owner[name].id, []).append(name)
    if not gathered and by == "selection":
        raise UserError(f"{session.path}: no track that sounds is selected; select some and save, or use --by track")
    owners = {track.id: track.name for track in owner.values()}
    files = _files([owners[key] for key in gathered])
    return [Stem(owners[key], tuple(tracks), file) for (key, tracks), file in zip(gathered.items(), files, strict=True)]


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


BY: dict[str, Callable[[Session, list[Track]], dict[str, Track]]] = {
    "track": _by_track,
    "group": _by_group,
    "selection": _by_selection,
}
"""How to gather → a function that gives, for each track that plays, the track or folder whose stem it is in."""


def _files(names: list[str]) -> list[str]:
    """Names as unique file names, also on systems that ignore case."""
    used_names: set[str] = set()
    files = []
    for name in names:
        base = candidate = safe_name(name)
        count = 1
        while candidate.casefold() in used_names:
            count += 1
            candidate = f"{base} ({count})"
        used_names.add(candidate.casefold())
        files.append(candidate)
    return files
