"""Why a track is no part of the mix, by its name: clicks, guides, talkback, references, mixes of the others.

A real track left out does more harm than a click that is kept: what an instrument's name could mean stays.
"""

from __future__ import annotations

from mixengine.model import role_words as lists
from mixengine.model.lexicon import MAX_WORDS, SERVICES, SERVICES_IN_FRONT, SIDES, Words, has
from mixengine.model.short_words import short_roles, understood

CLICK, GUIDE, TALKBACK, REFERENCE, MIX, MONITORS = (
    "click",
    "guide",
    "talkback",
    "reference",
    "rough mix",
    "monitor feed",
)
_STAYS_A_SERVICE = frozenset((GUIDE, TALKBACK, REFERENCE))
_PLAYERS = frozenset("drums bass guitar keys strings winds brass lead_vocal backing_vocal".split())
"""Who hears a click or a mix of their own; ``Click Kick`` is a microphone at the beater, ``Click Perc`` a sound."""
_MIN_TITLE = 3
"""Words of a title that make ``… Print`` a mix; a shorter one could be a player or a device that was printed."""


def service_of(words: Words, role: str | None) -> str | None:
    """Why a track is no part of the mix, ``None`` when it is one.

    Parameters
    ----------
    words : tuple of str
        Of its name, without those that nearly all names of the session share.
    role : str or None
        What the name states beyond doubt.
    """
    in_front = _in_front(words, role)
    if in_front:
        return in_front
    named = [
        SERVICES[words[at : at + n]][0]
        for n in range(MAX_WORDS, 0, -1)
        for at in range(len(words) - n + 1)
        if words[at : at + n] in SERVICES
    ]
    if named and (role is None or named[0] in _STAYS_A_SERVICE):
        is_played = role in (None, "effects") and scratched(words, lists.SCRATCHERS)
        return None if named[0] == GUIDE and is_played else named[0]
    if role is None and _counts_in(words):
        return CLICK
    if role is None and _is_mix(words):
        return MIX
    return TALKBACK if words == ("tb",) else None


def scratched(words: Words, beside: frozenset[str]) -> bool:
    """Whether a scratch stands beside one of the words: ``DJ Scratch``."""
    return "scratch" in words and any(word in beside for word in words)


def _in_front(words: Words, role: str | None) -> str | None:
    """``Click Keys``, ``TB Anna``, ``IEM Bass``: a service's word in front of who hears or says it."""
    kind = SERVICES_IN_FRONT.get(words[:1], (None,))[0]
    if kind is None or not _names(words[1:2]):
        return None
    if kind == TALKBACK:
        return kind
    return kind if role in _PLAYERS and not has(words, lists.SAMPLES) else None


def _names(words: Words) -> list[str]:
    """Words that could name somebody or something: no numbers, letters and sides."""
    return [word for word in words if len(word) > 1 and not word.isdigit() and (word,) not in SIDES]


def _counts_in(words: Words) -> bool:
    return any(word in lists.COUNTS for word in words) and all(
        word in lists.COUNTS or word.isdigit() or understood(word) for word in words
    )


def _is_mix(words: Words) -> bool:
    """A title with ``Mix`` or ``Print`` at its end; ``Lead Mix`` and ``Solo Print`` are sums of a part."""
    ends = [at for at, word in enumerate(words) if _names((word,)) and word not in lists.MIX_ENDS]
    if not ends:
        return False
    end, title = words[ends[-1]], words[: ends[-1]]
    weak = bool(short_roles(title))
    if end in lists.MIX_WORDS:
        return not (weak and all(word.isdigit() or understood(word) for word in title))
    names = _names(title)
    return end == "print" and not weak and (not title or len(names) >= _MIN_TITLE)
