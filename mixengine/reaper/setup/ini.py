r"""Single keys in REAPER's settings files, changed without touching any other byte.

The files are handled as bytes: their encoding differs between systems and versions, and a foreign line may hold
anything. A line ends with ``\n`` and may have ``\r`` before it; the last one may have neither. `take_back` is the exact
inverse of `put`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mixengine.system.errors import UserError

BOM = b"\xef\xbb\xbf"


def lines_of(data: bytes) -> list[bytes]:
    r"""Split after each ``\n``, keeping it; joined again they are ``data``."""
    return re.findall(rb"[^\n]*\n|[^\n]+", data)


def line_ending(data: bytes, default: bytes = b"\n") -> bytes:
    """What the first line ends with."""
    end = data.find(b"\n")
    if end < 0:
        return default
    return b"\r\n" if data[:end].endswith(b"\r") else b"\n"


def insert(lines: list[bytes], index: int, text: bytes, ending: bytes) -> None:
    """Put a line before line ``index``; after a last line without ending, the file stays without one."""
    if index == len(lines) and lines and not lines[-1].endswith(b"\n"):
        lines[-1] += ending
        lines.append(text)
    else:
        lines.insert(index, text + ending)


def remove(lines: list[bytes], index: int) -> None:
    """Remove a line; with a last line without ending also the ending before it, which `insert` had added."""
    if not lines[index].endswith(b"\n") and index > 0:
        lines[index - 1] = _without_ending(lines[index - 1])
    del lines[index]


def checked(data: bytes, name: str) -> bytes:
    """Refuse files with zero bytes (UTF-16), which editing would damage."""
    if b"\0" in data:
        raise UserError(f"{name}: is not a text file that REAPER writes (it holds zero bytes); it was not touched")
    return data


@dataclass(frozen=True)
class Before:
    """The state before `put`: all that `take_back` needs.

    Parameters
    ----------
    line : str or None
        The line without its ending, one character per byte; None when there was none.
    section_added : bool
        Whether the section's header had to be added.
    """

    line: str | None = None
    section_added: bool = False


def value(data: bytes, section: str, key: str) -> str | None:
    """Read a key, as Windows does: names in any case; blanks and one pair of quotes around the value are stripped."""
    lines = lines_of(data)
    index = _find(lines, section, key)
    if index is None:
        return None
    text = lines[index].split(b"=", 1)[1].strip().decode("utf-8", "surrogateescape")
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def put(data: bytes, section: str, key: str, text: str, default_ending: bytes = b"\n") -> tuple[bytes, Before]:
    """Set a key.

    Parameters
    ----------
    data : bytes
        The file.
    section, key : str
        Names, in any case.
    text : str
        The value.
    default_ending : bytes
        For a file without any line ending.

    Returns
    -------
    tuple[bytes, Before]
        The new file, and what `take_back` needs.
    """
    if "\n" in text or "\r" in text:
        raise UserError(f"{key}: the path {text!r} holds a line break; REAPER's settings cannot hold it")
    lines = lines_of(data)
    ending = line_ending(data, default_ending)
    new_line = f"{key}={text}".encode("utf-8", "surrogateescape")
    index = _find(lines, section, key)
    if index is not None:
        before = _without_ending(lines[index])
        lines[index] = new_line + lines[index][len(before) :]
        return b"".join(lines), Before(before.decode("latin-1"))
    header = _header(lines, section)
    if header is None:
        insert(lines, len(lines), f"[{section}]".encode(), ending)
        insert(lines, len(lines), new_line, ending)
        return b"".join(lines), Before(section_added=True)
    insert(lines, header + 1, new_line, ending)
    return b"".join(lines), Before()


def take_back(data: bytes, section: str, key: str, before: Before) -> bytes:
    """Undo `put`; the caller ensures that the value is still the one that `put` wrote."""
    lines = lines_of(data)
    index = _find(lines, section, key)
    if index is None:
        return data
    if before.line is not None:
        ending = lines[index][len(_without_ending(lines[index])) :]
        lines[index] = before.line.encode("latin-1") + ending
        return b"".join(lines)
    remove(lines, index)
    header = _header(lines, section)
    if before.section_added and header is not None and _is_empty(lines, header):
        remove(lines, header)
    return b"".join(lines)


def _find(lines: list[bytes], section: str, key: str) -> int | None:
    header = _header(lines, section)
    if header is None:
        return None
    for index in range(header + 1, len(lines)):
        name, equals, _ = lines[index].partition(b"=")
        if _section_name(lines[index]) is not None:
            return None
        if equals and name.strip().lower() == key.lower().encode():
            return index
    return None


def _header(lines: list[bytes], section: str) -> int | None:
    names = (_section_name(line) for line in lines)
    return next((index for index, name in enumerate(names) if name == section.lower().encode()), None)


def _is_empty(lines: list[bytes], header: int) -> bool:
    return header + 1 == len(lines) or _section_name(lines[header + 1]) is not None


def _section_name(line: bytes) -> bytes | None:
    match = re.match(rb"\s*\[([^\]]*)\]", line.removeprefix(BOM))
    return match[1].strip().lower() if match else None


def _without_ending(line: bytes) -> bytes:
    return line[:-2] if line.endswith(b"\r\n") else line.removesuffix(b"\n")
