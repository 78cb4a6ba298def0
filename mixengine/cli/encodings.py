"""Output in encodings that lack some of our signs: cp1252 where Windows redirects, ascii in a bare locale."""

from __future__ import annotations

import codecs
import sys
from types import MappingProxyType

_HANDLER = "mixengine-signs"
_SIGNS = MappingProxyType(
    {
        "−": "-", "–": "-", "—": "-", "→": "->", "←": "<-", "…": "...", "“": '"', "”": '"', "‘": "'", "’": "'",
        "×": "x", "·": "-", "±": "+/-", "≤": "<=", "≥": ">=", "≈": "~", "•": "*", "µ": "u", "\u202f": " ", "\xa0": " ",
        "²": "2", "³": "3", "°": " deg", "Δ": "delta ", "ø": "o", "≠": "!=", "∞": "inf",
    }
)  # fmt: skip


def _plain(error: UnicodeError) -> tuple[str, int]:
    """A sign that can be typed instead; for other characters, those of names, their code."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    pieces = [_SIGNS.get(char) or _code(char) for char in error.object[error.start : error.end]]
    return "".join(pieces), error.end


def _code(char: str) -> str:
    return char.encode("ascii", "backslashreplace").decode("ascii")


def prepare() -> None:
    """Let stdout and stderr never fail for a character."""
    codecs.register_error(_HANDLER, _plain)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_HANDLER)
