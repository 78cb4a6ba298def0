"""Short and many-sided words: letters, clipped words, words without their vowels.

They are weak votes, unless the rest of the name agrees.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mixengine.model import role_words as lists
from mixengine.model.lexicon import (
    LISTED,
    MAX_DIGITS,
    POSITIONS,
    REMARKS,
    ROLES,
    SHORT,
    SIDES,
    VOICE_PLACES,
    Words,
    has,
)

SURE, LIKELY, WEAK = 0.9, 0.6, 0.3
"""How sure a vote is: a full word, a word that the name or the session confirms, a word that could be many things."""

_VOWELS = re.compile("[aeiouy]")
_MIN_CONSONANTS = 3
_FULL_WORDS = [(word, _VOWELS.sub("", word), (ROLES | SHORT)[(word,)][0]) for word in lists.FULL_WORDS]
_POSITIONS_OF = {role: frozenset(text.split()) for role, text in lists.POSITIONS_OF.items()}
_UNDERSTOOD = VOICE_PLACES | lists.SECTIONS | REMARKS
_WITH_NUMBER = {"t": ("toms",)}
"""Letters that mean something with a number only: ``T1``."""
_AROUND_A_KIT = frozenset(("drums", "cymbals"))
_VOICE_LETTERS = frozenset("v vc vcl".split())


def short_roles(words: Words) -> list[tuple[str, Words]]:
    """Short words with the roles that they may mean.

    Single letters and microphones around a kit (``Mono``, ``Over``) count only where every other word is understood.
    """
    numbered = any(word.isdigit() for word in words)
    alone = all(len(word) <= MAX_DIGITS if word.isdigit() else len(word) == 1 or understood(word) for word in words)
    short: list[tuple[str, Words]] = []
    for at, word in enumerate(words):
        if len(word) == 1 and at and words[at - 1].isdigit():  # ``2B`` counts
            continue
        if word in _WITH_NUMBER and numbered and alone:
            short.append((word, _WITH_NUMBER[word]))
        elif (word,) in SHORT and (alone or (len(word) > 1 and SHORT[(word,)][0] not in _AROUND_A_KIT)):
            short.append((word, SHORT[(word,)]))
    return short or [(word, roles) for word in words if (roles := _without_vowels(word))]


@lru_cache(maxsize=4096)
def _without_vowels(word: str) -> Words:
    """Roles of instruments that a word writes without vowels, and without letters near the end: ``tmbo``, ``wrlz``."""
    bare = _VOWELS.sub("", word)
    if len(bare) < _MIN_CONSONANTS or bare != word[: len(bare)] or len(word) > len(bare) + 1 or (word,) in LISTED:
        return ()
    return tuple(
        dict.fromkeys(
            role for full, consonants, role in _FULL_WORDS if bare[:2] == consonants[:2] and _in_order(word, full)
        )
    )


def _in_order(letters: str, word: str) -> bool:
    rest = iter(word)
    return all(letter in rest for letter in letters)


def understood(word: str) -> bool:
    """Whether a word states a role or says something about a track."""
    return (word,) in POSITIONS or (word,) in SIDES or (word,) in ROLES or (word,) in SHORT or word in _UNDERSTOOD


def weak_role(words: Words, position: str | None) -> tuple[str | None, float, Words]:
    """Role of short words: likely with a position that fits or a word about voices, else a weak vote."""
    short = short_roles(words)
    candidates = tuple(dict.fromkeys(role for _, roles in short for role in roles))
    if not candidates:
        return None, 0.0, ()
    letters = [word for word, _ in short]
    if _VOICE_LETTERS & set(letters) and len(letters) > 1:
        role = "backing_vocal" if has(words, lists.BACKING_WORDS) else "lead_vocal"
        if has(words, lists.BACKING_WORDS | lists.LEAD_WORDS):
            return role, LIKELY, candidates
    fitting = [role for role in candidates if position in _POSITIONS_OF.get(role, ())]
    sure = [roles[0] for word, roles in short if word in lists.LIKELY_WORDS or _is_abbreviated(word, roles)]
    if fitting or sure:
        return (fitting or sure)[0], LIKELY, candidates
    return candidates[0], WEAK, candidates


def _is_abbreviated(word: str, roles: Words) -> bool:
    """Whether a word lacks vowels only and can be one role alone."""
    return (word,) not in SHORT and len(roles) == 1 and len(word) > _MIN_CONSONANTS and word not in _WITH_NUMBER
