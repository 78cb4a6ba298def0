"""The frame around the state of a plug-in (ReaEQ, ReaComp, any VST3) in a project.

The state is base64 in three runs (header, data, footer) of lines of at most 128 characters; very old files use one run.
The header holds four letters that name the plug-in and a magic number, the pins of inputs and outputs, the length of
the data and two words. `Frame` keeps these as raw bytes, so that an unchanged state is written back to the same text.
Little endian throughout.
"""

from __future__ import annotations

import base64
import binascii
import struct
from dataclasses import dataclass

_LINE_BYTES = 96
_MAGIC_BYTES = 8
_MAX_PINS = 128
_HEADER_TAIL = struct.Struct("<III")
NEW_FOOTER = b"\x00\x00" + struct.pack("<I", 0x10)
"""Without a preset name."""


class NotAState(ValueError):
    """The lines are not a known state; the caller leaves them alone."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The bytes around the data: magic number and pins, the two words after the length, preset name."""

    header: bytes
    words: tuple[int, int]
    footer: bytes = NEW_FOOTER
    one_run: bool = False

    @property
    def is_stereo(self) -> bool:
        """Whether the plug-in works on channels 1 and 2 of its track; what further pins do does not matter."""
        return [side[:2] for side in self.pins] == [(1, 2), (1, 2)]

    @property
    def pins(self) -> list[tuple[int, ...]]:
        """For each input, and then for each output, the track's channels that it is connected to, as bits."""
        pins, at = [], _MAGIC_BYTES
        for _ in range(2):
            (count,) = struct.unpack_from("<I", self.header, at)
            pins.append(struct.unpack_from(f"<{count}Q", self.header, at + 4))
            at += 4 + 8 * count
        return pins

    def runs(self, data: bytes) -> list[bytes]:
        """Header, data and footer as bytes; the header holds the length of the data."""
        return [self.header + _HEADER_TAIL.pack(len(data), *self.words), data, self.footer]

    def encode(self, data: bytes) -> list[str]:
        """The state as base64 lines, without indentation."""
        runs = self.runs(data)
        if self.one_run:
            runs = [b"".join(runs)]
        return [
            base64.b64encode(run[at : at + _LINE_BYTES]).decode()
            for run in runs
            for at in range(0, len(run), _LINE_BYTES)
        ]


def decode(lines: list[bytes], magic: bytes) -> tuple[Frame, bytes]:
    """Read the base64 lines of a plug-in's block: its frame and its data.

    Raises
    ------
    NotAState
        The letters are not ``magic``, or the data does not match the layout.
    """
    try:
        parts = [base64.b64decode(line.strip(), validate=True) for line in lines if line.strip()]
        return _decode_parts(parts, magic)
    except (binascii.Error, struct.error, IndexError) as error:
        raise NotAState(str(error)) from None


def _decode_parts(parts: list[bytes], magic: bytes) -> tuple[Frame, bytes]:
    blob = b"".join(parts)
    if not blob.startswith(magic):
        raise NotAState("another header")
    at = len(magic)
    for _ in range(2):
        (pins,) = struct.unpack_from("<I", blob, at)
        if pins > _MAX_PINS:
            raise NotAState(f"{pins} pins")
        at += 4 + 8 * pins
    length, *words = _HEADER_TAIL.unpack_from(blob, at)
    start = at + _HEADER_TAIL.size
    if start + length > len(blob):
        raise NotAState("the data are shorter than stated")
    data, footer = blob[start : start + length], blob[start + length :]
    frame = Frame(blob[:at], (words[0], words[1]), footer)
    lengths = [len(part) for part in parts]
    one_run = lengths != _line_lengths(frame.runs(data)) and lengths == _line_lengths([blob])
    return Frame(frame.header, frame.words, footer, one_run), data


def _line_lengths(runs: list[bytes]) -> list[int]:
    return [min(_LINE_BYTES, len(run) - at) for run in runs for at in range(0, len(run), _LINE_BYTES)]
