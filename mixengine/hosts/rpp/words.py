"""Lines of a REAPER project: words, quotes and numbers.

References
----------
Cockos, WDL: lineparse.h, projectcontext.cpp (token, quote and number rules).
"""

from __future__ import annotations

import math
import re

_TOKEN = re.compile(rb"""[ \t\x00]*(?:"([^"]*)("?)|'([^']*)('?)|`([^`]*)(`?)|([^ \t\x00]+))""")
_NOT_PLAIN = re.compile(rb"\r[^\r\n]|[\"'`\x00\x0b\x0c\x1c-\x1f\x80-\xff]").search
_NUMBER = re.compile(r"[+-]?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?")
_INDENT = b" \t\r\x00"
_SURROGATES = re.compile("[\ud800-\udc7f\udd00-\udfff]")


class Token:
    """A word of a line: its text without quotes, and the offsets of its bytes (with quotes) in the document."""

    __slots__ = ("end", "start", "text")

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text, self.start, self.end = text, start, end


class Line:
    """A line that belongs directly to a block: its bytes and where they start (ending included)."""

    __slots__ = ("_words", "end", "raw", "start")

    def __init__(self, raw: bytes, start: int) -> None:
        self.raw, self.start, self.end = raw, start, start + len(raw)
        self._words: list[str] | None = None

    @property
    def tokens(self) -> list[Token]:
        """The words with their offsets; an unterminated quote runs to the end of the line."""
        body = self.raw.rstrip(b" \t\r\n\x00")
        skip = len(body) - len(body.lstrip(_INDENT))
        result = []
        for match in _TOKEN.finditer(body, skip):
            group = match.lastindex or 7
            text = match.group(group if group == 7 else group - 1)
            start = match.start(group) if group == 7 else match.start(group - 1) - 1
            result.append(Token(decode(text), self.start + start, self.start + match.end()))
        return result

    @property
    def words(self) -> list[str]:
        """The words without quotes."""
        if self._words is None:
            if _NOT_PLAIN(self.raw):
                self._words = [token.text for token in self.tokens]
            else:
                self._words = decode(self.raw).split()
        return self._words

    @property
    def name(self) -> str:
        """First word, or an empty string for a blank line."""
        words = self.words
        return words[0] if words else ""

    def text(self, index: int, default: str = "") -> str:
        """Word ``index`` (0 is the name); ``default`` when the line is shorter."""
        return self.words[index] if index < len(self.words) else default

    def number(self, index: int, default: float = 0.0) -> float:
        """Word ``index`` as a finite number; ``default`` when it is missing or not a number."""
        return parse_number(self.text(index), default)

    def integer(self, index: int, default: int = 0) -> int:
        """Word ``index`` as an integer (fractions are truncated)."""
        value = self.number(index, float(default))
        return int(value) if abs(value) < 2**63 else default


def decode(raw: bytes) -> str:
    """Bytes of a project file as text; bytes that are not UTF-8 survive as surrogates."""
    return raw.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The reverse of `decode`; other surrogates become question marks."""
    return _SURROGATES.sub("?", text).encode("utf-8", "surrogateescape")


def quote(text: str, *, always: bool = False) -> str:
    """Quote a word as REAPER's writer does: only when needed (or ``always``), with the first quote mark not in it."""
    text = re.sub(r"[\r\n\x00]", " ", text)
    plain = text and not re.search(r"[ \t]", text) and text[0] not in "\"'`#;"
    if plain and not always:
        return text
    for mark in "\"'`":
        if mark not in text:
            return f"{mark}{text}{mark}"
    return "`" + text.replace("`", "'") + "`"


def format_number(value: float, decimals: int = 14) -> str:
    """A number as REAPER writes it: plain decimals, trailing zeros dropped, at most 17 significant digits."""
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be written into a project file")
    if abs(value) < 1e-20:
        return "0"
    digits = min(decimals, max(0, 16 - math.floor(math.log10(abs(value)))))
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def parse_number(text: str, default: float = 0.0) -> float:
    """Read the number a text begins with, as REAPER does (a comma counts as the decimal point).

    ``default`` when there is no number or it is not finite.
    """
    match = _NUMBER.match(text)
    value = float(match.group().replace(",", ".")) if match else default
    return value if math.isfinite(value) else default
