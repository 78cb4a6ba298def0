"""What a track is: from its name, the session's other names, its folder's name and its sound, in this order of trust.

A name votes by itself (`mixengine.model.name_vote`), then among the others (`mixengine.model.session_votes`): a weak
vote is believed when they agree: ``K``, ``S top`` and ``OH L`` are a kit, ``Lead`` beside ``Backing`` sings. The sound
decides only where it is clear: very low and either struck or sustained, or very high and struck. In between it gives no
role, never a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mixengine.model import session_votes
from mixengine.model.name_vote import NameVote, vote_of
from mixengine.model.role_words import ROLE_WORDS
from mixengine.model.session import Session, Track
from mixengine.model.short_words import LIKELY
from mixengine.model.track_names import words_of

__all__ = [
    "ROLE_WORDS",
    "fused",
    "role_of",
    "role_of_sound",
    "role_of_track",
    "roles_of_session",
    "votes_of",
    "words_of",
]

_STRUCK_FOLDERS = ("drums", "percussion")
_LOW_HZ = 100.0
_HIGH_HZ = 8000.0
_STRUCK_DB = 16.0
_SUSTAINED_DB = 10.0


def role_of(name: str) -> str | None:
    """The role a name states by itself, ``None`` when it states none beyond doubt."""
    vote = vote_of(name)
    return vote.role if vote.sureness >= LIKELY else None


def role_of_sound(energy_centroid_hz: float, peak_to_loudness_db: float) -> str | None:
    """The role that the sound states beyond doubt, ``None`` otherwise.

    Parameters
    ----------
    energy_centroid_hz : float
        Mean log-frequency of the track's energy.
    peak_to_loudness_db : float
        True peak minus loudness while it plays: large for struck sounds, small for sustained ones. Between 10 and
        16 dB lies the margin in which a low sound stays unknown.
    """
    if 0.0 < energy_centroid_hz < _LOW_HZ:
        if peak_to_loudness_db >= _STRUCK_DB:
            return "kick"
        return "bass" if peak_to_loudness_db <= _SUSTAINED_DB else None
    if energy_centroid_hz > _HIGH_HZ and peak_to_loudness_db >= _STRUCK_DB:
        return "hats"
    return None


def fused(name: str, folder_name: str | None, sound: str | None) -> str | None:
    """One role from a track's name, its folder's name and the role of its sound.

    The name wins. A folder says what everything in it is, but for drums and percussion, where the sound tells parts
    apart.
    """
    return _with_folder_and_sound(vote_of(name), folder_name, sound).role


def role_of_track(session: Session, track: Track, sound: str | None = None) -> str | None:
    """What the user said earlier, else what the session's names, the folder and ``sound`` (a role from
    `role_of_sound`) say together.
    """
    if track.role:
        return track.role
    names, folders = _names(session)
    vote = session_votes.by_names(names, folders)[
        next(at for at, other in enumerate(session.tracks) if other.id == track.id)
    ]
    return _with_folder_and_sound(vote, session.group(track), sound).role


def votes_of(session: Session, sounds: dict[str, str | None] | None = None) -> dict[str, NameVote]:
    """Track id → vote, of all tracks of a session at once; ``sounds`` are roles from `role_of_sound` by track id."""
    names, folders = _names(session)
    heard = tuple((sounds or {}).get(track.id) for track in session.tracks)
    votes = roles_of_session(names, folders, heard)
    return {
        track.id: replace(vote, role=track.role, sureness=1.0, by="user") if track.role else vote
        for track, vote in zip(session.tracks, votes, strict=True)
    }


def roles_of_session(
    names: Sequence[str], folders: Sequence[str | None] | None = None, sounds: Sequence[str | None] | None = None
) -> list[NameVote]:
    """The votes of all tracks, each seen among the others.

    Parameters
    ----------
    names : sequence of str
        Of all tracks and folders, in mixer order.
    folders : sequence of str or None, optional
        Name of the folder that each one sits in.
    sounds : sequence of str or None, optional
        Role of each one's sound, from `role_of_sound`.

    Returns
    -------
    list of NameVote
        In the order of ``names``. ``role`` is ``None`` where nothing was believed; ``candidates`` then still say what
        a weak word may mean.
    """
    inside = tuple(folders) if folders is not None else (None,) * len(names)
    heard = tuple(sounds) if sounds is not None else (None,) * len(names)
    votes = session_votes.by_names(tuple(names), inside)
    return [_with_folder_and_sound(*each) for each in zip(votes, inside, heard, strict=True)]


def _names(session: Session) -> tuple[tuple[str, ...], tuple[str | None, ...]]:
    by_id = {track.id: track.name for track in session.tracks}
    return tuple(by_id.values()), tuple(by_id.get(track.parent or "") for track in session.tracks)


def _with_folder_and_sound(vote: NameVote, folder: str | None, sound: str | None) -> NameVote:
    if vote.sureness >= LIKELY:
        return vote
    around = role_of(folder) if folder else None
    if around and (around not in _STRUCK_FOLDERS or sound is None):
        return replace(vote, role=around, sureness=LIKELY, by="folder")
    return replace(vote, role=sound, sureness=LIKELY if sound else 0.0, by="sound" if sound else vote.by)
