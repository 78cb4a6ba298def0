"""Which track is speech, music or ambience: by the user's choice, else by role and name, else by its sound."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mixengine.jobs.duck.settings import DuckSettings
from mixengine.model import roles
from mixengine.model.selection import chosen_roles, find
from mixengine.model.session import Session, Track
from mixengine.system.errors import UserError

SPEECH, MUSIC, AMBIENCE = "speech", "music", "ambience"
_OF_ROLE = {"voice": SPEECH, "ambience": AMBIENCE, "effects": AMBIENCE}


@dataclass
class TrackKinds:
    """Track id → part; ``undecided`` tracks are classified by their sound; ``sure`` ones the user named."""

    of: dict[str, str] = field(default_factory=dict)
    undecided: list[str] = field(default_factory=list)
    sure: set[str] = field(default_factory=set)
    roles: dict[str, str] = field(default_factory=dict)

    def tracks(self, session: Session, part: str) -> list[Track]:
        """The tracks of a part, in mixer order."""
        return [track for track in session.tracks if self.of.get(track.id) == part]


def assign_kinds(session: Session, tracks: Iterable[Track], settings: DuckSettings) -> TrackKinds:
    """Sort the audible ``tracks`` of a session.

    Raises
    ------
    UserError
        A name fits no track, or a track is named as two things.
    """
    parts = TrackKinds(roles=chosen_roles(session, settings))
    named = {SPEECH: (*settings.speech, *settings.priority), MUSIC: settings.music, AMBIENCE: settings.ambience}
    for part, names in named.items():
        for track in (inner for name in names for inner in tracks_named(session, name)):
            if parts.of.get(track.id, part) != part:
                raise UserError(f"'{track.name}' is given as {parts.of[track.id]} and as {part}; give one")
            parts.of[track.id] = part
            parts.sure.add(track.id)
    for track in tracks:
        if track.id in parts.of:
            continue
        if settings.speech and settings.music:
            continue  # the user named both sides; other tracks take no part
        role = parts.roles.get(track.id) or roles.role_of_track(session, track)
        if role in ("lead_vocal", "backing_vocal", None):
            parts.undecided.append(track.id)  # a vocal is speech in a podcast and music in a song
        else:
            parts.of[track.id] = _OF_ROLE.get(role, MUSIC)
    return parts


def tracks_named(session: Session, name: str) -> list[Track]:
    """The track of that name, or what is inside the folder of that name."""
    track = find(session, name)
    inside = [other for other in session.tracks if track in session.ancestors(other) and other.clips]
    return inside if inside and not track.clips else [track]


def assign_by_sound(
    session: Session, parts: TrackKinds, kinds: Mapping[str, str | None], settings: DuckSettings
) -> list[str]:
    """Assign the undecided tracks by their sound; returns a note for each one that stays unclear."""
    notes = []
    speech_named = bool(settings.speech)
    by_name = any(part == SPEECH for part in parts.of.values())
    for track_id in (key for key in parts.undecided if key in kinds):
        track, kind = session.track(track_id), kinds.get(track_id)
        vocal = (track.role or roles.role_of(track.name)) in ("lead_vocal", "backing_vocal")
        if kind == SPEECH and (speech_named or (by_name and vocal)):
            kind = MUSIC  # speech is already named: what sounds like it and is called a vocal belongs to the music
        if kind is None:
            kind = MUSIC
            notes.append(f"{track.name}: neither clearly speech nor music, taken as music; say which it is")
        parts.of[track_id] = kind
    return notes
