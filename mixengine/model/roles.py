"""What a track is: from its name, the session's other names, its folder's name and its sound, in this order of trust.

A name votes by itself (`mixengine.model.name_vote`); here the votes of a session are put together. A weak vote is
believed when others agree: ``K``, ``S top`` and ``OH L`` are a kit, ``Lead`` beside ``Backing`` sings. The sound
decides only where it is clear: very low and either struck or sustained, or very high and struck. In between it gives no
role, never a guess.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from mixengine.model.lexicon import has
from mixengine.model.name_vote import BACKING, KIT, LEAD, VOICES, NameVote, vote_of
from mixengine.model.role_words import LEAD_WORDS, ROLE_WORDS, SECTIONS
from mixengine.model.session import Session, Track
from mixengine.model.short_words import LIKELY
from mixengine.model.track_names import taken_apart, words_of

__all__ = ["ROLE_WORDS", "fused", "role_of", "role_of_sound", "role_of_track", "roles_of_session", "words_of"]

_FAMILIES = (
    (KIT, 2),
    (VOICES, 1),
    (frozenset(("guitar",)), 1),
    (frozenset("strings winds brass".split()), 2),
    (frozenset(("keys", "synth")), 1),
)
"""Roles that support each other's weak votes, and how many believed votes of them that takes."""
_BAND_SUPPORT = 3
"""Believed votes of any role that support a weak one outside of families: a ``B`` in a band is a bass."""
_MUTUAL = 3
"""Different weak roles of one family that support each other."""
_COMMON_SHARE, _COMMON_NAMES = 0.8, 5
_STRUCK_FOLDERS = ("drums", "percussion")
_LOW_HZ = 100.0
_HIGH_HZ = 8000.0
_STRUCK_DB = 16.0
_SUSTAINED_DB = 10.0
_ROOM_WORDS = frozenset("amb ambi ambience ambient ambiance".split())
_BACKGROUND_WORDS = frozenset(("bg", "background"))
_VOICE_WORDS = frozenset(("voice", "stimme"))
_MANY_VOCALS = 3


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
    vote = _named(names, folders)[next(at for at, other in enumerate(session.tracks) if other.id == track.id)]
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
    votes = _named(tuple(names), inside)
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


@lru_cache(maxsize=16)
def _named(names: tuple[str, ...], folders: tuple[str | None, ...]) -> list[NameVote]:
    """Votes by names alone, weak ones believed where the session supports them."""
    common = _common_words(names)
    votes = [vote_of(name, common) for name in names]
    is_folder = [name in folders for name in names]
    for step in (_supported, _rooms_of_a_kit, _bare_microphones, _sung, _backgrounds):
        votes = step(votes)
    return _vocals(votes, is_folder)


def _common_words(names: tuple[str, ...]) -> frozenset[str]:
    """Words that nearly all names share: a song's title, a band's name."""
    if len(names) < _COMMON_NAMES:
        return frozenset()
    counts = Counter(word for name in names for word in set(taken_apart(name).words))
    return frozenset(word for word, count in counts.items() if count >= _COMMON_SHARE * len(names))


def _believed(votes: list[NameVote]) -> Counter[str]:
    return Counter(vote.role for vote in votes if vote.role and vote.sureness >= LIKELY)


def _supported(votes: list[NameVote]) -> list[NameVote]:
    """Weak votes for roles that the session's other names support; others stay weak."""
    believed = _believed(votes)
    hinted = {role for vote in votes for role in vote.candidates}

    def supports(role: str) -> bool:
        for family, needed in _FAMILIES:
            if role in family and not (role in VOICES and believed.total() >= _BAND_SUPPORT):
                others = sum(believed[other] for other in family)
                return others >= needed or len((hinted | set(believed)) & family) >= _MUTUAL
        return believed.total() >= _BAND_SUPPORT

    def settled(vote: NameVote) -> NameVote:
        ranked = _leads_first(vote, votes, believed)
        role = next((role for role in ranked if supports(role)), None)
        if role is None:
            return vote
        voice = LEAD if role == "lead_vocal" and has(vote.source, LEAD_WORDS) else vote.voice
        return replace(vote, role=role, sureness=LIKELY, voice=voice, by="session")

    return [settled(vote) if vote.candidates else vote for vote in votes]


def _leads_first(vote: NameVote, votes: list[NameVote], believed: Counter[str]) -> tuple[str, ...]:
    """Candidates in the session's order: ``Lead`` sings where somebody backs and nobody else leads."""
    if "lead_vocal" not in vote.candidates or "guitar" not in vote.candidates:
        return vote.candidates
    backed = believed["backing_vocal"] or any(v.candidates[:1] == ("backing_vocal",) for v in votes)
    sings = backed and not believed["lead_vocal"]
    return ("lead_vocal", *vote.candidates) if sings else tuple(r for r in vote.candidates if r != "lead_vocal")


def _has_kit(votes: list[NameVote]) -> bool:
    return len({vote.role for vote in votes if vote.sureness >= LIKELY} & KIT) >= _MUTUAL


def _rooms_of_a_kit(votes: list[NameVote]) -> list[NameVote]:
    """Ambience beside a recorded kit is what a studio calls its room microphones."""
    if not _has_kit(votes):
        return votes
    return [
        replace(vote, role="drums", sureness=LIKELY, position="room", by="session")
        if vote.role == "ambience" and set(vote.source) <= _ROOM_WORDS
        else vote
        for vote in votes
    ]


def _bare_microphones(votes: list[NameVote]) -> list[NameVote]:
    """Beside a kit, a track called by its microphone alone (``Coles L``) is one of those around the kit."""
    if not _has_kit(votes):
        return votes
    return [
        replace(vote, role="drums", sureness=LIKELY, by="session")
        if not vote.role and not vote.source and any(not model.isdigit() for model in vote.microphones)
        else vote
        for vote in votes
    ]


def _sung(votes: list[NameVote]) -> list[NameVote]:
    """``Voice`` beside a recorded kit sings."""
    if not _has_kit(votes):
        return votes
    return [
        replace(vote, role="lead_vocal", sureness=LIKELY, by="session")
        if vote.role == "voice" and _VOICE_WORDS & set(vote.source) and "over" not in taken_apart(vote.name).words
        else vote
        for vote in votes
    ]


def _backgrounds(votes: list[NameVote]) -> list[NameVote]:
    """``BG 1`` where people sing is a background vocal, elsewhere a background."""
    if not any(vote.role in VOICES for vote in votes):
        return votes
    return [
        replace(vote, role="backing_vocal", voice=BACKING, sureness=LIKELY, by="session")
        if vote.role == "ambience" and _BACKGROUND_WORDS & set(vote.source)
        else vote
        for vote in votes
    ]


def _vocals(votes: list[NameVote], is_folder: list[bool]) -> list[NameVote]:
    """Several vocals are not several leads.

    Beside tracks called lead, other vocals back. Where three and more parts are only called vocals and no others back,
    the part with the most tracks leads, the first of equals; its doubles go with it.
    """
    plain = [
        at
        for at, vote in enumerate(votes)
        if vote.role == "lead_vocal" and not vote.voice and not vote.service and not is_folder[at]
    ]
    leads = [vote for vote in votes if vote.role == "lead_vocal" and vote.voice == LEAD]
    if leads:
        called = {_part(vote) for vote in leads}
        behind = [at for at in plain if not _goes_with(votes[at], called)]
    else:
        parts = Counter(_part(votes[at]) for at in plain if not votes[at].doubled)
        if len(parts) < _MANY_VOCALS or any(vote.role == "backing_vocal" for vote in votes):
            return votes
        first = max(parts, key=lambda part: parts[part])
        behind = [at for at in plain if _part(votes[at]) != first and not _goes_with(votes[at], {first})]
    return [
        replace(vote, role="backing_vocal", sureness=min(vote.sureness, LIKELY), by="session")
        if at in set(behind)
        else vote
        for at, vote in enumerate(votes)
    ]


def _part(vote: NameVote) -> tuple[tuple[str, ...], str]:
    """Who sings which part, but for its takes and doubles."""
    return tuple(word for word in vote.source if word not in SECTIONS), "" if vote.copied else vote.number


def _goes_with(vote: NameVote, leads: set[tuple[tuple[str, ...], str]]) -> bool:
    """Whether a plain vocal is a double of a lead, or a lead of a section (``Verse Vox``)."""
    in_section = not vote.number and any(word in SECTIONS for word in taken_apart(vote.name).words)
    return vote.doubled or vote.copied or in_section or _part(vote) in leads
