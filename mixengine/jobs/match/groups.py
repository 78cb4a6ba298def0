"""A session as at most a dozen groups of tracks that a match treats as one.

Folders are groups, and so are single tracks outside of folders. Where there are too many, single tracks are gathered by
role (drums, vocals, guitars …), and if necessary folders too. A group with a bus (a folder, or its only track) gets the
equaliser and the compressor there. A gathered group has no bus: its tracks get the same fader change, pan and
equaliser, which is equivalent to processing their sum; for a compressor it would not be. What may not be moved is
gathered by itself, so that a group moves as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mixengine.jobs.match import held
from mixengine.jobs.match.held import FREE, Held
from mixengine.model import roles, signal_path
from mixengine.model.session import Session, Track

MAX_GROUPS = 12
UNKNOWN = "other"

_FAMILY_ROLES = {
    "lead vocal": "lead_vocal",
    "backing vocals": "backing_vocal",
    "voice": "voice",
    "drums": "kick snare hats toms cymbals percussion drums",
    "bass": "bass",
    "guitars": "guitar",
    "keys": "keys",
    "synths": "synth",
    "orchestra": "strings winds brass",
    "effects": "effects ambience",
    "music": "music",
}
FAMILIES = {role: family for family, names in _FAMILY_ROLES.items() for role in names.split()}
"""Role → family by which it is gathered."""


@dataclass(frozen=True, slots=True)
class Group:
    """Tracks that are treated as one.

    Attributes
    ----------
    name : str
    tracks : tuple of Track
        Its audible tracks, in mixer order.
    bus : Track or None
        Where its equaliser, compressor, fader and pan are; ``None`` for a gathered group.
    role : str
        Of its bus or its family; `UNKNOWN` when it cannot be told from names.
    held : Held
        What of it stays, and why.
    """

    name: str
    tracks: tuple[Track, ...]
    bus: Track | None
    role: str
    held: Held = FREE

    @property
    def targets(self) -> tuple[Track, ...]:
        """The tracks whose faders and equalisers are set."""
        return (self.bus,) if self.bus else self.tracks

    @property
    def file(self) -> str | None:
        """The file of a group that consists of one track with one file."""
        return self.bus.file if self.bus and not self.bus.is_folder else None


def find_groups(session: Session, *, max_groups: int = MAX_GROUPS, chosen: dict[str, str] | None = None) -> list[Group]:
    """Group the audible tracks of a session, in mixer order.

    Parameters
    ----------
    max_groups : int > 0
        Maximum number of groups: with more folders and single tracks, they are gathered by role. There are never
        more than a dozen families of roles; of each, what may not be moved is a group beside the others.
    chosen : dict, optional
        Track id → role chosen by the user.
    """
    chosen = chosen or {}
    audible = signal_path.audible_tracks(session)
    groups = _units(session, audible, chosen)
    if len(groups) > max_groups:
        groups = _gathered(groups, lambda group: not (group.bus and group.bus.is_folder))
    if len(groups) > max_groups:
        groups = _gathered(groups, lambda group: True)
    place = {track.id: index for index, track in enumerate(session.tracks)}
    return sorted(groups, key=lambda group: min(place[track.id] for track in group.targets))


def _units(session: Session, audible: list[Track], chosen: dict[str, str]) -> list[Group]:
    """Outermost folders and tracks outside of folders; a single folder around all tracks is opened."""
    paths = {track.id: [*reversed(list(session.ancestors(track))), track] for track in audible}
    depth = 0
    while len({path[depth].id for path in paths.values()}) == 1 and all(len(p) > depth + 1 for p in paths.values()):
        depth += 1
    members: dict[str, list[Track]] = {}
    for path in paths.values():
        members.setdefault(path[depth].id, []).append(path[-1])
    groups = []
    for bus_id, tracks in members.items():
        bus = session.track(bus_id)
        groups.append(
            Group(bus.name, tuple(tracks), bus, _role(session, bus, tracks, chosen), held.of_track(session, bus))
        )
    return groups


def _role(session: Session, bus: Track, tracks: list[Track], chosen: dict[str, str]) -> str:
    """Role by the user's choice or the name; else, of a folder, by the common family of its tracks."""
    named = chosen.get(bus.id) or roles.role_of_track(session, bus)
    if named or not bus.is_folder:
        return named or UNKNOWN
    inside = {FAMILIES.get(chosen.get(t.id) or t.role or roles.role_of(t.name) or "", UNKNOWN) for t in tracks}
    family = inside.pop() if len(inside) == 1 else UNKNOWN
    return _FAMILY_ROLES.get(family, UNKNOWN).split()[-1]


def _gathered(groups: list[Group], loose) -> list[Group]:
    """Gather the groups that are ``loose`` by family; a family of one group stays as it is."""
    kept = [group for group in groups if not loose(group)]
    families: dict[tuple[str, Held], list[Group]] = {}
    for group in groups:
        if loose(group):
            families.setdefault((FAMILIES.get(group.role, UNKNOWN), group.held), []).append(group)
    return kept + [_family(*key, groups) for key, groups in families.items()]


def _family(name: str, stays: Held, groups: list[Group]) -> Group:
    if len(groups) == 1:
        return groups[0]
    members = {group.role for group in groups}
    role = members.pop() if len(members) == 1 else _FAMILY_ROLES.get(name, UNKNOWN).split()[-1]
    name = f"{name} ({stays.short})" if stays.short else name
    return Group(name, tuple(track for group in groups for track in _flat(group)), None, role, stays)


def _flat(group: Group) -> Iterable[Track]:
    return group.tracks
