"""Values as bytes, for a program that has no JSON: REAPER's Lua. Standard library only.

A value is its mark and its content: ``N`` nothing, ``T`` and ``F`` yes and no, ``i-12;`` an integer, ``f`` and eight
bytes a number (little endian: it arrives to the last bit under any locale), ``5:bytes`` a text, ``l … e`` a list,
``d … e`` a table of texts and values in turn. Nothing in it is ever run as code, and a text needs no quotes.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

_NUMBER = struct.Struct("<d")
_PLAIN: dict[bytes, Any] = {b"N": None, b"T": True, b"F": False}
_MAX_DEPTH = 100


class NotWhole(ValueError):
    """The bytes end too early, or are none of ours."""


def encode(value: Any) -> bytes:
    """Write a value: texts, numbers, lists and tables of them. A table leaves out what is ``None``."""
    out: list[bytes] = []
    _put(value, out)
    return b"".join(out)


def _put(value: Any, out: list[bytes]) -> None:
    if value is None:
        out.append(b"N")
    elif isinstance(value, bool):
        out.append(b"T" if value else b"F")
    elif isinstance(value, int):
        out.append(b"i%d;" % value)
    elif isinstance(value, float):
        out.append(b"f" + _NUMBER.pack(value))
    elif isinstance(value, str):
        raw = value.encode("utf-8", "surrogateescape")
        out += [b"%d:" % len(raw), raw]
    elif isinstance(value, Mapping):
        out.append(b"d")
        for name, entry in value.items():
            if entry is not None:
                _put(str(name), out)
                _put(entry, out)
        out.append(b"e")
    elif isinstance(value, (list, tuple)):
        out.append(b"l")
        for entry in value:
            _put(entry, out)
        out.append(b"e")
    else:
        raise TypeError(f"{type(value).__name__} cannot be sent")


def decode(data: bytes) -> Any:
    """Read what `encode` or the Lua side wrote; `NotWhole` for anything else."""
    try:
        value, end = _take(data, 0, 0)
    except (IndexError, ValueError, KeyError, struct.error):
        raise NotWhole("not a whole message") from None
    if end != len(data):
        raise NotWhole("more than one message")
    return value


def _take(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    mark = data[at : at + 1]
    if mark in (b"l", b"d"):
        if depth == _MAX_DEPTH:
            raise ValueError("too deep")
        entries, at = [], at + 1
        while data[at : at + 1] != b"e":
            entry, at = _take(data, at, depth + 1)
            entries.append(entry)
        if mark == b"l":
            return entries, at + 1
        return dict(zip(entries[::2], entries[1::2], strict=True)), at + 1
    if mark == b"i":
        end = data.index(b";", at)
        return int(data[at + 1 : end]), end + 1
    if mark == b"f":
        return _NUMBER.unpack_from(data, at + 1)[0], at + 1 + _NUMBER.size
    if mark.isdigit():
        colon = data.index(b":", at)
        end = colon + 1 + int(data[at:colon])
        if end > len(data):
            raise ValueError("cut off")
        return data[colon + 1 : end].decode("utf-8", "surrogateescape"), end
    return _PLAIN[mark], at + 1
