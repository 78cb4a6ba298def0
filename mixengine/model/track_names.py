"""Names of tracks as words: what a name is made of, before anything is concluded from it.

``02_KickIn.wav``, ``kick in`` and ``KICKIN_01`` are the same words. Capitals, digits and separators end a word; what is
written in one piece is taken apart where all its pieces are known. Letters of all scripts are kept.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from mixengine.model import role_words as lists
from mixengine.model.lexicon import KNOWN, MAX_WORDS, MICROPHONES, ROLES

_EXTENSION = re.compile(
    r"\.(wav|wave|bwf|w64|rf64|aif|aiff|aifc|caf|flac|wv|ape|mp3|mp4|m4a|aac|ogg|oga|opus|wma|mid|midi)$", re.IGNORECASE
)
_TAKE = re.compile(
    r"(?:[._-](?!(?:303|606|707|808|909)\b)(?:\d{2,4}|cm|bip|\d{2}b|\d{6,8}))+(?P<side>[ ._-][LRC])?$", re.IGNORECASE
)
"""Counters that recorders and exports put behind a name: ``.09_01``, ``_02``, ``-cm``, ``_bip``, a date; not the
numbers of drum machines (``TR-808``)."""
_LEADING = re.compile(r"^\s*(?!(?:808|909)\b|12[ -]?str)\d{1,3}[\s._-]*(?=[^\W\d])", re.IGNORECASE)
_MIN_PIECE, _MAX_GLUED = 2, 24
_WITHOUT_SPACES = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
"""Signs of scripts that write words without spaces between them."""
_LATIN = str.maketrans(
    {"ß": "ss", "ẞ": "SS", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L"}
    | {"đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "TH", "ı": "i"}
)
"""Latin letters that are no letter with an accent."""
_ACCENTS = "\u0300", "\u036f"
"""First and last accent that stands by itself."""
_DOUBLE = re.compile(r"(?<![a-z0-9])(?:2x|x2)(?![a-z0-9])", re.IGNORECASE)
_SLASHED = re.compile(r"(?<![a-z0-9])([oh])[/.]h(?![a-z0-9])\.?", re.IGNORECASE)
"""``O/H`` and ``H.H.``."""
_ENDS, _SIDED = frozenset("l r".split()), frozenset("oh rm ag eg bg".split())
_GLUED = frozenset("sn oh hh ac bg bk ld lv bv rm dr in hi".split())
_GLUED_BEHIND = frozenset("di up dn tp bt st lr dt".split())
"""Two letters that count as a piece of a longer word, or as its end only."""
_KICK_POSITIONS = frozenset("in out sub".split())


_SINGLE = frozenset(words[0] for words in KNOWN if len(words) == 1)
_PIECES = frozenset(word for word in _SINGLE - lists.EDITS if len(word) > _MIN_PIECE)
_OF_INSTRUMENTS = frozenset(words[0] for words in ROLES if len(words) == 1 and len(words[0]) >= _MIN_PIECE)


@dataclass(frozen=True, slots=True)
class TrackName:
    """A name taken apart.

    Attributes
    ----------
    words : tuple of str
        Lower-case words and numbers in their order, without accents, extension, leading number and take counters.
    microphones : tuple of str
        Models and makers of microphones that were among them and are left out of ``words``.
    input : int or None
        Number in front or take counter behind, by which recorders number their inputs.
    copied : bool
        A copy of another track (``.dup1``).
    """

    words: tuple[str, ...]
    microphones: tuple[str, ...] = ()
    input: int | None = None
    copied: bool = False


def _plain(text: str) -> str:
    """Latin letters without accents, those of other scripts as they are."""
    return "".join(map(_plain_char, unicodedata.normalize("NFKC", text).translate(_LATIN)))


def _plain_char(char: str) -> str:
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    if _ACCENTS[0] <= char <= _ACCENTS[1]:
        return ""
    first = unicodedata.normalize("NFKD", char)[0]
    return first if first.isascii() else char


def _script(char: str) -> str | None:
    """What a stretch of letters and digits is made of, ``None`` for what ends it."""
    if char.isascii():
        return "latin" if char.isalnum() else None
    if _WITHOUT_SPACES.match(char):
        return "without spaces" if char.isalpha() else None
    return "other" if char.isalpha() or unicodedata.category(char).startswith("M") else None


@lru_cache(maxsize=4096)
def taken_apart(name: str) -> TrackName:
    """The words of a name, without what recorders and exports add to it."""
    text = _EXTENSION.sub("", _plain(name.strip())).strip()
    leading = _LEADING.match(text)
    body = text[leading.end() :] if leading else text
    taken = _TAKE.search(body)
    if taken and len(body[: taken.start()].strip()) >= _MIN_PIECE:
        body = body[: taken.start()] + (taken["side"] or "")
        counters = re.findall(r"\d+", taken.group())
    else:
        counters = []
    numbers = re.findall(r"\d+", leading.group()) if leading else counters
    words = [
        word
        for script, piece in groupby(_SLASHED.sub(r"\1h", _DOUBLE.sub("dbl", body)), key=_script)
        if script
        for word in _words_of_piece("".join(piece), script)
    ]
    kept, microphones = _without_microphones(words)
    copied = any(word in lists.COPIES for word in kept)
    return TrackName(tuple(kept), tuple(microphones), int(numbers[0]) if numbers else None, copied)


def words_of(name: str) -> list[str]:
    """A name as lower-case words without accents, numbers and file extension: ``05_KickIn.wav`` → kick, in."""
    return [word for word in taken_apart(name).words if not word.isdigit()]


def _words_of_piece(piece: str, script: str) -> list[str]:
    """Words of a stretch of letters and digits: by its capitals and digits, or as one piece where that says more."""
    if script == "without spaces":
        return _around_known(piece)
    if script == "other":
        return [piece.lower()]
    words: list[str] = []
    for part in re.findall(r"[A-Za-z]+|\d+", piece):
        if part.isdigit():
            words.append(part)
            continue
        lower = part.lower()
        split = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})", " ", part).lower().split()
        apart = [word for one in split for word in _pieces(one)]
        whole = _pieces(lower)
        words += whole if _known_letters(whole) > _known_letters(apart) or lower in _SINGLE else apart
    return words


def _around_known(piece: str) -> list[str]:
    """The longest known word and what stands before and behind it; one sign inside a longer word says nothing."""
    spans = [(a, b) for a in range(len(piece)) for b in range(a + _MIN_PIECE, len(piece) + 1) if _is_known(piece[a:b])]
    if not spans or len(piece) > _MAX_GLUED:
        return [piece]
    start, end = max(spans, key=lambda span: span[1] - span[0])
    before, behind = piece[:start], piece[end:]
    return [
        *(_around_known(before) if before else ()),
        piece[start:end],
        *(_around_known(behind) if behind else ()),
    ]


def _known_letters(words: list[str]) -> int:
    return sum(len(word) for word in words if len(word) >= _MIN_PIECE and _is_known(word))


def _is_known(word: str) -> bool:
    return word in _SINGLE or (word,) in MICROPHONES


def _pieces(word: str) -> list[str]:
    """A word as the fewest known words that make it up, one of them an instrument; else as it is."""
    if _is_known(word):
        return [word]
    if word[-1] in "sz" and len(word) > 3 and word[:-1] in _SINGLE:
        return [word[:-1]]
    if not 2 * _MIN_PIECE - 1 <= len(word) <= _MAX_GLUED:
        return [word]
    if word[0] == "k" and word[1:] in _KICK_POSITIONS:
        return ["k", word[1:]]
    best: list[list[str] | None] = [[]] + [None] * len(word)
    for end in range(1, len(word) + 1):
        for start in range(end):
            before, piece = best[start], word[start:end]
            last = end == len(word)
            known = piece in _PIECES or piece in _GLUED or (last and piece in _GLUED_BEHIND)
            side = piece in _ENDS and last and bool(before) and (start > _MIN_PIECE or word[:start] in _SIDED)
            if before is not None and (known or side) and (best[end] is None or len(before) + 1 < len(best[end] or ())):
                best[end] = [*before, piece]
    pieces = best[-1]
    return pieces if pieces and any(piece in _OF_INSTRUMENTS for piece in pieces) else [word]


def _without_microphones(words: list[str]) -> tuple[list[str], list[str]]:
    """Words without models of microphones, and those; a word of an instrument that starts as one stays."""
    kept: list[str] = []
    microphones: list[str] = []
    at = 0
    while at < len(words):
        size = next(
            (size for size in range(MAX_WORDS, 0, -1) if tuple(words[at : at + size]) in MICROPHONES), 0
        )  # fmt: skip
        known = next((size for size in range(MAX_WORDS, size, -1) if tuple(words[at : at + size]) in KNOWN), 0)
        if size and not known:
            microphones.append("".join(words[at : at + size]))
            at += size + (words[at + size : at + size + 1] == ["s"])  # ``U87s``
        else:
            kept.append(words[at])
            at += 1
    return kept, microphones
