"""Ogg files: the links of a chain, which are whole files one after the other [RFC 3533]."""

from __future__ import annotations

import mmap

_HEADER_BYTES = 27
_FIRST_PAGE, _LAST_PAGE = 2, 4


def links(path: str) -> list[tuple[int, int]]:
    """Where each link begins and ends; pages after damage belong to the link before them."""
    starts: list[int] = []
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at, was_first, size = 0, False, len(data)
        while at >= 0 and at + _HEADER_BYTES <= size:
            is_first = bool(data[at + 5] & _FIRST_PAGE)
            if is_first and not was_first:  # streams that sound together begin on pages in a row
                starts.append(at)
            was_first = is_first
            segments = data[at + _HEADER_BYTES - 1]
            at += _HEADER_BYTES + segments + sum(data[at + _HEADER_BYTES : at + _HEADER_BYTES + segments])
            if data[at : at + 4] != b"OggS":
                at = data.find(b"OggS", at)
    return list(zip(starts, [*starts[1:], size], strict=True))


def is_complete(path: str) -> bool:
    """Whether the last page says that it is the last."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = data.rfind(b"OggS")
        return at >= 0 and at + _HEADER_BYTES <= len(data) and bool(data[at + 5] & _LAST_PAGE)


def codec(path: str) -> bytes:
    """The first bytes of the first stream, which name its codec."""
    with open(path, "rb") as file:
        head = file.read(_HEADER_BYTES + 255 + 16)
    segments = head[_HEADER_BYTES - 1] if len(head) >= _HEADER_BYTES else 0
    return head[_HEADER_BYTES + segments :]
