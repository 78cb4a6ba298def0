"""File names made of other names (tracks, items, projects) that every system takes.

Linux and macOS allow 255 bytes for a name, of UTF-8 text three for a Japanese character; Windows allows 255 UTF-16
units, no dot or space at the end, and gives some names to devices, whatever stands behind their first dot. Windows and
macOS take names as equal that differ in case only, macOS also those that differ in how accents are composed.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

MAX_BYTES = 255
STEM_BYTES = 180
"""Left of a name by `safe`: room for what is added to it (part, number, ending, a temporary name)."""
_CUT = re.compile("~[0-9a-f]{8}$")
_FORBIDDEN = '<>:"/\\|?*'
_PORTS = (f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³")
_DEVICES = frozenset(("con", "prn", "aux", "nul", "conin$", "conout$", *_PORTS))


def safe(name: str, *, max_bytes: int = STEM_BYTES) -> str:
    """A name as a file name, or as a folder's, without an ending; ``_`` where nothing is left of it."""
    cleaned = "".join(char if char.isprintable() and char not in _FORBIDDEN else "_" for char in name)
    cleaned = cut(cleaned.strip(" ."), max_bytes - 1).rstrip(" .")
    head, dot, rest = cleaned.partition(".")
    if head.rstrip(" ").casefold() in _DEVICES:
        cleaned = f"{head.rstrip(' ')}_{dot}{rest}"
    return cleaned or "_"


def cut(text: str, max_bytes: int) -> str:
    """The beginning of a text that has at most so many bytes in UTF-8; no character is divided."""
    return text.encode("utf-8", "surrogatepass")[:max_bytes].decode("utf-8", "ignore") if text else text


def extended(stem: str, ending: str) -> str:
    """``stem`` + ``ending``, the stem cut where the system's limit asks for it.

    Numbers of episodes stand at the end of a name: what is cut is marked with a digest of the whole stem, so that no
    two become one.
    """
    if len((stem + ending).encode("utf-8", "surrogateescape")) <= MAX_BYTES:
        return stem + ending
    mark = _mark(stem)
    return cut(stem, MAX_BYTES - len((mark + ending).encode("utf-8"))).rstrip(" .") + mark + ending


def is_cut_from(name: str, stem: str) -> bool:
    """Whether a name without its ending is what `extended` makes of a stem that it cuts."""
    mark = _mark(stem)
    return name.endswith(mark) and stem.startswith(name.removesuffix(mark))


def looks_cut(name: str) -> bool:
    """Whether a name without its ending may have been cut by `extended`."""
    return _CUT.search(name) is not None


def _mark(stem: str) -> str:
    return f"~{hashlib.blake2b(stem.encode('utf-8', 'surrogatepass'), digest_size=4).hexdigest()}"


class Unique:
    """Gives each name once, also for systems that take names as equal which differ in case or composition."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def __call__(self, name: str) -> str:
        """The name, with a number behind it where it is taken."""
        candidate, count = name, 1
        while (key := unicodedata.normalize("NFC", candidate).casefold()) in self._taken:
            count += 1
            candidate = f"{name} ({count})"
        self._taken.add(key)
        return candidate
