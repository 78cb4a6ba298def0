"""What stands around a recorded kit, or around none: rooms, bare microphones, a voice.

Every step takes all votes and returns them, some of them changed.
"""

from __future__ import annotations

from dataclasses import replace

from mixengine.model.name_vote import KIT, NameVote, vote_of
from mixengine.model.short_words import LIKELY
from mixengine.model.track_names import taken_apart

_MIN_PARTS = 3
"""Different parts that make a kit."""
_ROOM_WORDS = frozenset("amb ambi ambience ambient ambiance".split())
_VOICE_WORDS = frozenset(("voice", "stimme"))


def _has_kit(votes: list[NameVote]) -> bool:
    return len({vote.role for vote in votes if vote.sureness >= LIKELY} & KIT) >= _MIN_PARTS


def rooms_of_a_kit(votes: list[NameVote], folders: tuple[str | None, ...]) -> list[NameVote]:
    """Ambience next to a kit's tracks, or in its folder, is what a studio calls its room microphones.

    Anywhere else it is the hall: on a live board it stands beside the crowd.
    """
    if not _has_kit(votes):
        return votes
    hall = [vote.role == "ambience" and set(vote.source) <= _ROOM_WORDS for vote in votes]
    return [
        replace(vote, role="drums", sureness=LIKELY, position="room", by="session")
        if hall[at] and (_is_of_kit(vote_of(folder) if folder else None) or _stands_at_kit(at, votes, hall))
        else vote
        for at, (vote, folder) in enumerate(zip(votes, folders, strict=True))
    ]


def _is_of_kit(vote: NameVote | None) -> bool:
    return vote is not None and vote.role in KIT and vote.sureness >= LIKELY


def _stands_at_kit(at: int, votes: list[NameVote], hall: list[bool]) -> bool:
    """Whether the next track before or behind, past others of the hall, is of the kit."""
    before = next((votes[i] for i in range(at - 1, -1, -1) if not hall[i]), None)
    behind = next((votes[i] for i in range(at + 1, len(votes)) if not hall[i]), None)
    return _is_of_kit(before) or _is_of_kit(behind)


def rooms_of_no_kit(votes: list[NameVote]) -> list[NameVote]:
    """``Room L`` where no drums were recorded is the room that all play in."""
    rooms = [vote.role == "drums" and vote.position == "room" and set(vote.source) <= {"drums"} for vote in votes]
    if any(_is_of_kit(vote) and not (room or vote.sampled) for vote, room in zip(votes, rooms, strict=True)):
        return votes
    return [
        replace(vote, role="ambience", sureness=LIKELY, by="session") if room else vote
        for vote, room in zip(votes, rooms, strict=True)
    ]


def bare_microphones(votes: list[NameVote]) -> list[NameVote]:
    """Beside a kit, a track called by its microphone alone (``Coles L``) is one of those around the kit."""
    if not _has_kit(votes):
        return votes
    return [
        replace(vote, role="drums", sureness=LIKELY, by="session")
        if not vote.role and not vote.source and any(not model.isdigit() for model in vote.microphones)
        else vote
        for vote in votes
    ]


def sung(votes: list[NameVote]) -> list[NameVote]:
    """``Voice`` beside a recorded kit sings; ``Voice Over`` and ``Speakers`` do not."""
    if not _has_kit(votes):
        return votes
    words = [set(taken_apart(vote.name).words) for vote in votes]
    return [
        replace(vote, role="lead_vocal", sureness=LIKELY, by="session")
        if vote.role == "voice" and _VOICE_WORDS & each and "over" not in each
        else vote
        for vote, each in zip(votes, words, strict=True)
    ]
