"""The word lists of `mixengine.model.role_words` and `language_words` as tables that names are looked up in.

A key is a word or phrase as a name holds it: a tuple of words and numbers (``b3`` → b, 3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mixengine.model import language_words as languages
from mixengine.model import role_words as lists

Words = tuple[str, ...]

_MIN_SINGULAR = 4
_NO_PLURALS = ("ss", "us", "is", "xes", "vibes", "rhodes")
"""Endings of words that are no plural of anything."""


def as_in_names(word: str) -> Words:
    """A listed word or phrase as the words and numbers that a name holds."""
    return tuple(re.findall(r"[^\W\d_]+|\d+", word))


def phrases(*texts: str) -> dict[Words, str]:
    """Words of word lists as names hold them → the word as listed."""
    return {as_in_names(word): word for text in texts for word in text.split()}


def _by_words(*tables: dict[str, str]) -> dict[Words, Words]:
    """Words as in names → keys of the tables that list them, in their order."""
    meanings: dict[Words, dict[str, None]] = {}
    for key, text in ((key, text) for table in tables for key, text in table.items()):
        for words in phrases(text):
            meanings.setdefault(words, {})[key] = None
    return {words: tuple(keys) for words, keys in meanings.items()}


def _other_number(words: Words) -> Words | None:
    """A word's singular, a phrase's singular or plural; plurals of single words are taken apart with the name."""
    *front, last = words
    if last.endswith("s"):
        return None if last.endswith(_NO_PLURALS) or len(last) <= _MIN_SINGULAR else (*front, last[:-1])
    return (*front, last + "s") if front and last.isascii() and last.isalpha() else None


def _with_other_numbers(table: dict[Words, Words], english: Iterable[Words]) -> dict[Words, Words]:
    """A table with the singulars and plurals of its English words that nothing else means."""
    others = {
        other: words for words in english if (other := _other_number(words)) and other not in _TAKEN | MICROPHONES
    }
    LISTED.update({other: LISTED[words] for other, words in others.items() if words in LISTED})
    return table | {other: table[words] for other, words in others.items()}


LISTED = phrases(
    *lists.ROLE_WORDS.values(),
    *lists.SERVICES.values(),
    *(text for table in languages.LANGUAGES.values() for text in table.values()),
)
"""Words and phrases of roles and services → as listed."""
NO_ROLES = frozenset(phrases(lists.NO_ROLES))
SIDES, SERVICES = _by_words(lists.SIDES, languages.SIDES), _by_words(lists.SERVICES)
SERVICES_IN_FRONT = _by_words(lists.SERVICES_IN_FRONT)
MICROPHONES = frozenset(phrases(lists.MICROPHONES))
REMARKS = lists.DOUBLES | lists.COPIES | lists.SAMPLES | lists.SUMS | lists.MIX_WORDS | lists.EDITS
"""Words about a track that are no name of what plays."""
VOICE_PLACES = lists.LEAD_WORDS | lists.BACKING_WORDS | lists.GANG_WORDS
_ROLES, _SHORT = _by_words(lists.ROLE_WORDS, *languages.LANGUAGES.values()), _by_words(lists.SHORT_WORDS)
_POSITIONS = _by_words(lists.POSITIONS)
_TAKEN = {*_ROLES, *_SHORT, *_POSITIONS, *SIDES, *SERVICES, *NO_ROLES} | {
    (w,) for w in REMARKS | VOICE_PLACES | lists.SECTIONS | lists.COUNTS
}
ROLES = _with_other_numbers(_ROLES, phrases(*lists.ROLE_WORDS.values()))
SHORT, POSITIONS = (_with_other_numbers(table, table) for table in (_SHORT, _POSITIONS))
KNOWN = frozenset(_TAKEN | {*ROLES, *SHORT, *POSITIONS})
MAX_WORDS = max(len(words) for words in KNOWN | MICROPHONES)
MAX_DIGITS = 2
"""A longer number is of a device (``H3000``) and counts no tracks."""


def has(words: Words, listed: frozenset[str]) -> bool:
    """Whether one of the words is in a list."""
    return any(word in listed for word in words)
