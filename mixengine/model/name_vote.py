"""What one name says by itself: the role it states, how sure that is, and where its microphone stood.

A full word is sure, a short or many-sided one (``K``, ``T1``, ``Lead``) is a weak vote that `mixengine.model.roles`
believes when the session's other names agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mixengine.model import role_words as lists
from mixengine.model.lexicon import (
    LISTED,
    MAX_DIGITS,
    MAX_WORDS,
    NO_ROLES,
    POSITIONS,
    REMARKS,
    ROLES,
    SIDES,
    Words,
    has,
)
from mixengine.model.services import service_of
from mixengine.model.short_words import LIKELY, SURE, short_roles, weak_role
from mixengine.model.track_names import taken_apart

KIT = frozenset("kick snare hats toms cymbals drums".split())
VOICES = frozenset(("lead_vocal", "backing_vocal"))
LEAD, BACKING, GANG = "lead", "backing", "gang"


@dataclass(frozen=True, slots=True)
class NameVote:
    """A name's vote.

    Attributes
    ----------
    name : str
    role : str or None
        One of `role_words.ROLE_WORDS`.
    sureness : float
        0 (says nothing) … 1; from `LIKELY` on the name alone is believed.
    candidates : tuple of str
        Roles that a weak word may mean, the likelier first; empty for a sure one.
    by : str
        What decided: ``name``, ``session`` (the other names), ``folder``, ``sound`` or ``user``.
    position : str or None
        Of the microphone: a key of `role_words.POSITIONS`.
    side : str or None
        ``left`` or ``right``.
    voice : str or None
        Of vocals: what the name says of their place, ``lead``, ``backing`` or ``gang``.
    number : str
        Which one of several (``Tom 2``, ``BGV 1A`` → ``1a``); empty for none.
    source : tuple of str
        What it is called without number, position, side and remarks: microphones of one instrument share it.
    microphones : tuple of str
        Models of microphones that the name mentions.
    input : int or None
        Number by which the recorder counted its inputs.
    doubled, copied, sampled, summed : bool
        A double of another part, a copy of another track, a sample or loop, the sum of other tracks.
    service : str or None
        Why the track is no part of the mix: a key of `role_words.SERVICES` or `role_words.SERVICES_IN_FRONT`.
    """

    name: str
    role: str | None = None
    sureness: float = 0.0
    candidates: tuple[str, ...] = ()
    by: str = "name"
    position: str | None = None
    side: str | None = None
    voice: str | None = None
    number: str = ""
    source: tuple[str, ...] = ()
    microphones: tuple[str, ...] = ()
    input: int | None = None
    doubled: bool = False
    copied: bool = False
    sampled: bool = False
    summed: bool = False
    service: str | None = None


@dataclass(frozen=True, slots=True)
class _Stated:
    """A word or phrase that states a role, and where it stands."""

    role: str
    word: str
    at: int
    size: int = 1


_PHRASES = NO_ROLES | frozenset(ROLES)
_WINS = {role: frozenset(text.split()) for role, text in lists.WINS.items()}
_TOP_BOTTOM = {"t": "top", "b": "bottom"}
_ROOM, _OVERHEAD = "room", "overhead"
_WHOLE_KIT = 3
"""Parts of a kit in one name that make it the kit: ``Kick+Snare+Toms``."""
_PLACED = {place: frozenset(text.split()) for place, text in lists.ONLY_OF.items()}
_AMP_MAKERS = frozenset(("vox",))
_SINGERS = frozenset("vocal vocals vox vx voc vocs voz voces voce voix gesang zang sang bgv bgvs bv bvs".split())
_PLACES = frozenset(("drums", "bass", "guitar", "keys"))
_OF_PLACES = frozenset(
    "key keys keyboard keyboards piano pno klavier teclado teclados tastiera tastiere clavier claviers toetsen "
    "drum drums bateria batteria batterie schlagzeug trommeln trummor".split()
)
"""Whose players sing; of drums and keys these words only: a ``Vocal Loop`` is none and a ``Vox Organ`` an organ."""
_TRACKS = frozenset(("track", "tracks"))


@lru_cache(maxsize=8192)
def vote_of(name: str, common: frozenset[str] = frozenset()) -> NameVote:
    """What a name says by itself.

    Parameters
    ----------
    name : str
    common : frozenset of str
        Words that nearly all names of the session share (a song's title): other words of the name say more.
    """
    apart = taken_apart(name)
    own = tuple(word for word in apart.words if word not in common)
    words = own if _stated(own) or short_roles(own) else apart.words
    stated = _stated(words)
    position = _position(words, stated)
    role, sureness, candidates = _role(words, stated, position)
    if sureness < LIKELY and _is_playback(words, apart.input):
        role, sureness, candidates = "music", LIKELY, ()
    return NameVote(
        name=name,
        role=role,
        sureness=sureness,
        candidates=candidates,
        position=position if role in _PLACED.get(position or "", (role,)) else None,
        side=_side(words, stated),
        voice=_voice(words, role),
        number=_number(words),
        source=_source(words, role),
        microphones=apart.microphones,
        input=apart.input,
        doubled=has(words, lists.DOUBLES),
        copied=apart.copied,
        sampled=has(words, lists.SAMPLES),
        summed=has(words, lists.SUMS),
        service=service_of(own, role if sureness >= LIKELY else None),
    )


def _side(words: Words, stated: list[_Stated]) -> str | None:
    """The first side that is no part of an instrument's name (``SPD SX``)."""
    taken = {at for one in stated for at in range(one.at, one.at + one.size)}
    return next((SIDES[(word,)][0] for at, word in enumerate(words) if (word,) in SIDES and at not in taken), None)


def _is_playback(words: Words, number: int | None) -> bool:
    """``Tracks L``: what a band plays along with; ``Track 3 L`` and ``05 Track L`` are tracks without a name."""
    if len(words) < 2 or words[-2] not in _TRACKS or (words[-1],) not in SIDES:
        return False
    before = words[:-2]
    if words[-2] == "track" and (before or number is not None):
        return False
    return not any(len(word) > MAX_DIGITS for word in before)


def _stated(words: Words) -> list[_Stated]:
    """Words and phrases that state a role, longer phrases first, each word once."""
    stated: list[_Stated] = []
    at = 0
    while at < len(words):
        size = next((n for n in range(MAX_WORDS, 0, -1) if words[at : at + n] in _PHRASES), 0)
        phrase = words[at : at + size]
        if phrase in ROLES:
            stated.append(_Stated(ROLES[phrase][0], LISTED[phrase], at, size))
        at += size or 1
    return stated


def _position(words: Words, stated: list[_Stated]) -> str | None:
    """Where the microphone stood; an overhead or a room says more than a side or a height beside it."""
    named = [POSITIONS[(word,)][0] for word in words if (word,) in POSITIONS]
    if stated and stated[-1].role in ("snare", "toms") and words[-1] in _TOP_BOTTOM and len(words) > 1:
        named.append(_TOP_BOTTOM[words[-1]])
    return next((place for place in (_ROOM, _OVERHEAD) if place in named), named[0] if named else None)


def _role(words: Words, stated: list[_Stated], position: str | None) -> tuple[str | None, float, Words]:
    """Role, sureness and candidates."""
    narrow = [one for one in stated if one.word not in lists.BROAD]
    if not narrow:
        weak, sureness, candidates = weak_role(words, position)
        if stated and (weak is None or sureness < LIKELY):
            return _winner(stated), LIKELY, candidates
        return weak, sureness, () if sureness >= LIKELY else candidates
    kept = _without_amps_and_overheads(narrow)
    role = narrow[0].role if _is_singers_place(narrow) else _winner(kept)
    if role in KIT and (position == _ROOM or len({one.role for one in kept} & KIT) >= _WHOLE_KIT):
        role = "drums"
    if role == "lead_vocal" and has(words, lists.BACKING_WORDS):
        role = "backing_vocal"
    return role, SURE, ()


def _without_amps_and_overheads(stated: list[_Stated]) -> list[_Stated]:
    """Without ``Vox`` behind a guitar (an amplifier), and without overheads of what is no drum kit."""
    roles = {one.role for one in stated}
    if "guitar" in roles:
        stated = [one for one in stated if one.word not in _AMP_MAKERS] or stated
    if roles - KIT:
        stated = [one for one in stated if (one.word,) not in POSITIONS or one.role not in KIT] or stated
    return stated


def _is_singers_place(stated: list[_Stated]) -> bool:
    """Whether a voice is named first and then who sings: ``Vox Drums``, ``Vox Julian (gtr)``, but not ``Vox Gtr``."""
    first, *behind = stated
    ending = first.word.rpartition("_")[2]
    if first.role not in VOICES or ending not in _SINGERS or not behind:
        return False
    is_amp = ending in _AMP_MAKERS and behind[0].role == "guitar" and behind[0].at == first.at + first.size
    return not is_amp and all(
        one.role in _PLACES and (one.role in ("bass", "guitar") or one.word in _OF_PLACES) for one in behind
    )


def _winner(stated: list[_Stated]) -> str:
    roles = [one.role for one in stated]
    ways = frozenset().union(*(_WINS.get(role, frozenset()) for role in roles))
    return next((role for role in reversed(roles) if role not in ways), roles[-1])


def _voice(words: Words, role: str | None) -> str | None:
    if role not in VOICES:
        return None
    if role == "backing_vocal":
        return GANG if has(words, lists.GANG_WORDS) else BACKING
    return LEAD if has(words, lists.LEAD_WORDS) else None


def _number(words: Words) -> str:
    """All counting numbers, each with the letter behind it; not those of copies and devices."""
    numbers = []
    for at, word in enumerate(words):
        if word.isdigit() and len(word) <= MAX_DIGITS and (at == 0 or words[at - 1] not in lists.COPIES):
            behind = words[at + 1] if at + 1 < len(words) and len(words[at + 1]) == 1 else ""
            numbers.append(word + ("" if behind.isdigit() or (behind,) in SIDES else behind))
    return "-".join(numbers)


def _source(words: Words, role: str | None) -> Words:
    """What is left without numbers, positions, sides and remarks; the role where nothing is."""
    kept = tuple(
        word
        for at, word in enumerate(words)
        # a letter in front tells players apart: ``mGtr``, ``rGtr``
        if not word.isdigit()
        and (len(word) > 1 or at == 0)
        and word not in REMARKS
        and (word,) not in SIDES | POSITIONS
    )
    return kept or ((role,) if role else ())
