"""The votes of a session's names, each seen among the others.

Every step takes all votes and returns them, some of them settled: weak words by the other names, rooms and bare
microphones by the kit beside them, and one lead among several vocals.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import lru_cache

from mixengine.model.kit_votes import bare_microphones, rooms_of_a_kit, rooms_of_no_kit, sung
from mixengine.model.lexicon import has
from mixengine.model.name_vote import BACKING, KIT, LEAD, VOICES, NameVote, vote_of
from mixengine.model.role_words import LEAD_WORDS, SECTIONS
from mixengine.model.short_words import LIKELY
from mixengine.model.track_names import taken_apart
from mixengine.model.turned_names import claps, dialogue, monitor_feeds, scratches, trombones

_ORCHESTRA = frozenset("strings winds brass".split())
_FAMILIES = (
    (KIT, 2),
    (VOICES, 1),
    (frozenset(("guitar",)), 1),
    (_ORCHESTRA, 1),
    (frozenset(("keys", "synth")), 1),
)
"""Roles that support each other's weak votes, and how many believed votes of them that takes."""
_PROGRAMME = frozenset(("voice", "music"))
"""Their weak words (``Boom``, ``Intro``) mean a microphone or a jingle only where somebody speaks and no band plays: in
a song they are a drum and a section.
"""
_BAND_SUPPORT = 3
"""Believed votes of players and singers that support a weak one outside of families: a ``B`` in a band is a bass."""
_MUTUAL = 3
"""Different weak roles of one family that support each other; of an orchestra's, different weak words."""
_PLAYED = KIT | frozenset("percussion bass guitar keys synth strings winds brass".split())
_NOT_ALONE = frozenset("fl ob cl".split())
"""Letters of woodwinds that also count other things: believed beside other winds only."""
_SUNG_SECTIONS = frozenset("verse vrs chorus chor hook hk".split())
_COMMON_SHARE, _COMMON_NAMES = 0.8, 5
_BACKGROUND_WORDS = frozenset(("bg", "bga", "bgb", "background"))
_MANY_VOCALS = 3


@lru_cache(maxsize=16)
def by_names(names: tuple[str, ...], folders: tuple[str | None, ...]) -> list[NameVote]:
    """Votes by names alone, weak ones believed where the session supports them."""
    common = _common_words(names)
    votes = [_in_folder(vote_of(name, common), folder) for name, folder in zip(names, folders, strict=True)]
    for step in (dialogue, trombones, monitor_feeds, scratches, claps, _supported, bare_microphones):
        votes = step(votes)
    votes = rooms_of_a_kit(votes, folders)
    for step in (rooms_of_no_kit, sung, _backgrounds):
        votes = step(votes)
    return _vocals(votes, [name in folders for name in names])


def _in_folder(vote: NameVote, folder: str | None) -> NameVote:
    """A weak word means what its folder holds; a name that says nothing in a folder of vocals is a vocal."""
    around = vote_of(folder) if folder else None
    if around is None or around.role is None or around.sureness < LIKELY or vote.sureness >= LIKELY:
        return vote
    family = next((family for family, _ in _FAMILIES if around.role in family), {around.role})
    role = next((role for role in vote.candidates if role in family), None)
    if role is None and not vote.candidates and around.role in VOICES:
        role = around.role
    if role is None:
        return vote
    voice = vote.voice or around.voice or _place(vote, role)
    return replace(vote, role=role, sureness=LIKELY, candidates=(), voice=voice, by="folder")


def _place(vote: NameVote, role: str) -> str | None:
    """What a word that was believed to be a voice's says of its place."""
    if role == "backing_vocal":
        return BACKING
    return LEAD if role == "lead_vocal" and has(vote.source, LEAD_WORDS) else None


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
    is_band = sum(believed[role] for role in _PLAYED | VOICES) >= _BAND_SUPPORT
    # ``Bone``, ``French``, ``Reed``
    is_orchestra = len({vote.source for vote in votes if _ORCHESTRA & set(vote.candidates)}) >= _MUTUAL

    def supports(role: str) -> bool:
        if role in _PROGRAMME:
            return believed["voice"] > 0 and not is_band
        if role in VOICES and is_band and not believed["voice"]:  # ``BG`` sings, even where no name says voice
            return True
        for family, needed in _FAMILIES:
            if role in family:
                others = sum(believed[other] for other in family)
                mutual = len((hinted | set(believed)) & family) >= _MUTUAL
                return others >= needed or mutual or (family == _ORCHESTRA and is_orchestra)
        return is_band

    def settled(vote: NameVote) -> NameVote:
        ranked = _leads_first(vote, votes, believed)
        role = next((role for role in ranked if supports(role) and not _lacks_winds(vote, role, votes)), None)
        if role is None:
            return vote
        return replace(vote, role=role, sureness=LIKELY, voice=vote.voice or _place(vote, role), by="session")

    return [settled(vote) if vote.candidates else vote for vote in votes]


def _lacks_winds(vote: NameVote, role: str, votes: list[NameVote]) -> bool:
    """Whether letters like ``FL`` stand without another name of a woodwind."""
    if role != "winds" or not _NOT_ALONE & set(vote.source):
        return False
    return not any("winds" in (other.role, *other.candidates) and other.source != vote.source for other in votes)


def _leads_first(vote: NameVote, votes: list[NameVote], believed: Counter[str]) -> tuple[str, ...]:
    """Candidates in the session's order.

    ``Lead`` sings where somebody backs and nobody else leads; ``Verse Lead`` where anybody sings.
    """
    if "lead_vocal" not in vote.candidates or "guitar" not in vote.candidates:
        return vote.candidates
    if _SUNG_SECTIONS & set(taken_apart(vote.name).words) and any(believed[role] for role in VOICES):
        return ("lead_vocal", *vote.candidates)
    backed = believed["backing_vocal"] or any(v.candidates[:1] == ("backing_vocal",) for v in votes)
    sings = backed and not believed["lead_vocal"]
    return ("lead_vocal", *vote.candidates) if sings else tuple(r for r in vote.candidates if r != "lead_vocal")


def _backgrounds(votes: list[NameVote]) -> list[NameVote]:
    """``BG 1`` where people sing is a background vocal, elsewhere a background."""
    if not any(vote.role in VOICES and vote.sureness >= LIKELY for vote in votes):
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
