"""Standard MIDI files: the events of all tracks together, in quarter notes.

References
----------
MIDI Manufacturers Association (1996), *Standard MIDI Files 1.0*.
"""

from __future__ import annotations

import struct
from pathlib import Path

_HEADER, _TRACK = b"MThd", b"MTrk"
_META, _SYSEX, _SYSEX_MORE = 0xFF, 0xF0, 0xF7
_END_OF_TRACK = 0x2F
_ONE_BYTE = (0xC0, 0xD0)
_IN_SECONDS = 0x8000
_MAX_BYTES = 64 * 2**20


class NotMidi(ValueError):
    """Why a file cannot be read, in words."""


def read(path: str) -> tuple[list[tuple[float, bytes]], float]:
    """Channel messages as (quarter notes, message) in order of time, and the length in quarter notes.

    Raises
    ------
    NotMidi
        It is none, is cut off, or counts in seconds.
    """
    try:
        if Path(path).stat().st_size > _MAX_BYTES:
            raise NotMidi("is too large for a MIDI file")
        data = Path(path).read_bytes()
    except OSError as error:
        raise NotMidi(error.strerror or str(error)) from None
    try:
        return _parsed(data)
    except (IndexError, struct.error):
        raise NotMidi("is cut off") from None


def _parsed(data: bytes) -> tuple[list[tuple[float, bytes]], float]:
    if data[:4] != _HEADER:
        raise NotMidi("is no MIDI file")
    size, _, _, division = struct.unpack_from(">IHHH", data, 4)
    if division & _IN_SECONDS or not division:
        raise NotMidi("counts in seconds and not in quarter notes")
    at, last = 8 + size, 0
    events: list[tuple[int, bytes]] = []
    while at + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, at + 4)
        if data[at : at + 4] == _TRACK:
            if at + 8 + length > len(data):
                raise NotMidi("is cut off")
            last = max(last, _read_track(data[at + 8 : at + 8 + length], events))
        at += 8 + length
    events.sort(key=lambda event: event[0])
    return [(tick / division, message) for tick, message in events], last / division


def _read_track(data: bytes, events: list[tuple[int, bytes]]) -> int:
    """Add the events of a track; its length in ticks."""
    at = tick = status = 0
    while at < len(data):
        delta, at = _number(data, at)
        tick += delta
        if data[at] & 0x80:
            status, at = data[at], at + 1
        if status in (_META, _SYSEX, _SYSEX_MORE):
            kind = data[at] if status == _META else 0
            length, at = _number(data, at + (status == _META))
            at += length
            if status == _META and kind == _END_OF_TRACK:
                break
            status = 0
        elif status & 0x80:
            count = 1 if status & 0xF0 in _ONE_BYTE else 2
            message = bytes((status, *data[at : at + count]))
            if len(message) != count + 1 or max(message[1:]) > 127:
                raise NotMidi("is damaged")
            events.append((tick, message))
            at += count
        else:
            raise NotMidi("is damaged")
    return tick


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    value = 0
    while True:
        value = value << 7 | data[at] & 0x7F
        at += 1
        if not data[at - 1] & 0x80:
            return value, at
