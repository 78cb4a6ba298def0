"""A session as at most a dozen groups: what is set as one when a mix is matched.

The user's own folders are groups, and so are tracks outside of folders. Where that makes too many, what stands alone is
gathered by role (drums, vocals, guitars …), and folders too if need be. A group with a track of its own (a folder, or
its only track) gets the equaliser and the compressor there. One that was only gathered has no such track: its tracks
get the same fader move, pan and equaliser, which add up to the same on their sum; a compressor would not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mixengine.model import roles, signal_path
from mixengine.model.session import Session, Track

MOST = 12
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
"""Role → what it is gathered under."""


@dataclass(frozen=True, slots=True)
class Group:
    """Tracks that are set as one.

    Attributes
    ----------
    name : str
    tracks : tuple of Track
        What sounds in it, in mixer order.
    bus : Track or None
        Where its equaliser, compressor, fader and pan are; ``None`` for a gathered group.
    role : str
        Of its bus or its family; `UNKNOWN` when names say nothing.
    """

    name: str
    tracks: tuple[Track, ...]
    bus: Track | None
    role: str

    @property
    def targets(self) -> tuple[Track, ...]:
        """The tracks whose faders and equalisers make up the group's."""
        return (self.bus,) if self.bus else self.tracks

    @property
    def file(self) -> str | None:
        """The file of a group that is one track with one file."""
        return self.bus.file if self.bus and not self.bus.is_folder else None


def find(session: Session, *, most: int = MOST, chosen: dict[str, str] | None = None) -> list[Group]:
    """The groups of what sounds in a session, in mixer order.

    Parameters
    ----------
    most : int > 0
        Where there are more folders and single tracks, they are gathered by role; families of roles are never more
        than a dozen.
    chosen : dict, optional
        Track id → role as the user says.
    """
    chosen = chosen or {}
    audible = signal_path.audible_tracks(session)
    units = _units(session, audible, chosen)
    if len(units) > most:
        units = _gathered(units, lambda group: not (group.bus and group.bus.is_folder))
    if len(units) > most:
        units = _gathered(units, lambda group: True)
    place = {track.id: index for index, track in enumerate(session.tracks)}
    return sorted(units, key=lambda group: min(place[track.id] for track in group.targets))


def _units(session: Session, audible: list[Track], chosen: dict[str, str]) -> list[Group]:
    """Outermost folders and tracks outside of folders; a single folder around everything is looked into."""
    paths = {track.id: [*reversed(list(session.ancestors(track))), track] for track in audible}
    depth = 0
    while len({path[depth].id for path in paths.values()}) == 1 and all(len(p) > depth + 1 for p in paths.values()):
        depth += 1
    members: dict[str, list[Track]] = {}
    for path in paths.values():
        members.setdefault(path[depth].id, []).append(path[-1])
    units = []
    for bus_id, tracks in members.items():
        bus = session.track(bus_id)
        units.append(Group(bus.name, tuple(tracks), bus, _role(session, bus, tracks, chosen)))
    return units


def _role(session: Session, bus: Track, tracks: list[Track], chosen: dict[str, str]) -> str:
    """What the user or the name says; else, of a folder, what all its tracks' families are."""
    named = chosen.get(bus.id) or bus.role or roles.fused(bus.name, session.group(bus), None)
    if named or not bus.is_folder:
        return named or UNKNOWN
    inside = {FAMILIES.get(chosen.get(t.id) or t.role or roles.role_of(t.name) or "", UNKNOWN) for t in tracks}
    family = inside.pop() if len(inside) == 1 else UNKNOWN
    return _FAMILY_ROLES.get(family, UNKNOWN).split()[-1]


def _gathered(units: list[Group], loose) -> list[Group]:
    """What is ``loose`` gathered by family; a family of one stays what it was."""
    kept = [group for group in units if not loose(group)]
    families: dict[str, list[Group]] = {}
    for group in units:
        if loose(group):
            families.setdefault(FAMILIES.get(group.role, UNKNOWN), []).append(group)
    return kept + [_family(name, groups) for name, groups in families.items()]


def _family(name: str, groups: list[Group]) -> Group:
    if len(groups) == 1:
        return groups[0]
    members = {group.role for group in groups}
    role = members.pop() if len(members) == 1 else _FAMILY_ROLES.get(name, UNKNOWN).split()[-1]
    return Group(name, tuple(track for group in groups for track in _flat(group)), None, role)


def _flat(group: Group) -> Iterable[Track]:
    return group.tracks
