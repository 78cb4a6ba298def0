"""The word lists of `mixengine.model.role_words` as tables that names are looked up in.

A key is a word or phrase as a name holds it: a tuple of words and numbers (``b3`` → b, 3).
"""

from __future__ import annotations

import re

from mixengine.model import role_words as lists

Words = tuple[str, ...]


def as_in_names(word: str) -> Words:
    """A listed word or phrase as the words and numbers that a name holds."""
    return tuple(re.findall(r"[^\W\d_]+|\d+", word))


def phrases(*texts: str) -> dict[Words, str]:
    """Words of word lists as names hold them → the word as listed."""
    return {as_in_names(word): word for text in texts for word in text.split()}


def _by_words(table: dict[str, str]) -> dict[Words, Words]:
    """Words as in names → keys of the table that list them, in its order."""
    meanings: dict[Words, Words] = {}
    for key, text in table.items():
        for words in phrases(text):
            meanings[words] = (*meanings.get(words, ()), key)
    return meanings


ROLES, SHORT = _by_words(lists.ROLE_WORDS), _by_words(lists.SHORT_WORDS)
POSITIONS, SIDES, SERVICES = _by_words(lists.POSITIONS), _by_words(lists.SIDES), _by_words(lists.SERVICES)
MICROPHONES = frozenset(phrases(lists.MICROPHONES))
REMARKS = lists.DOUBLES | lists.COPIES | lists.SAMPLES | lists.SUMS | lists.MIX_WORDS | lists.EDITS
"""Words about a track that are no name of what plays."""
VOICE_PLACES = lists.LEAD_WORDS | lists.BACKING_WORDS | lists.GANG_WORDS
LISTED = phrases(*lists.ROLE_WORDS.values(), *lists.SERVICES.values())
"""Words and phrases of roles and services → as listed."""
KNOWN = frozenset({*ROLES, *SHORT, *POSITIONS, *SIDES, *SERVICES}) | {
    (w,) for w in REMARKS | VOICE_PLACES | lists.SECTIONS
}
MAX_WORDS = max(len(words) for words in KNOWN | MICROPHONES)
MAX_DIGITS = 2
"""A longer number is of a device (``H3000``) and counts no tracks."""


def has(words: Words, listed: frozenset[str]) -> bool:
    """Whether one of the words is in a list."""
    return any(word in listed for word in words)
