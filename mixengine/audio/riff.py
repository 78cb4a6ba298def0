"""Headers of WAV, RF64 and AIFF files: what they promise, and what the file holds.

A recorder that loses power leaves a header that was written at the start: it says that there is no sound, or less than
there is. A copy that was interrupted holds less than its header says. Decoders believe the header in the first case and
say nothing in the second.
"""

from __future__ import annotations

import io
import os
import struct
from dataclasses import dataclass, field
from typing import Any, BinaryIO

_UNKNOWN_BYTES = 0x7FFF0000
"""Programs that write into a pipe put this or more where they do not know the size."""
_MIN_STRAY_S = 0.05
"""Bytes after the sound that are no chunk count as sound from this length on."""
_EXTENSIBLE = 0xFFFE
_MAX_CHUNKS = 10_000
_BEXT_BYTES = 346
PCM, FLOAT = 1, 3


@dataclass
class Header:
    """The header of one file.

    Attributes
    ----------
    codec : int
        The format tag of a WAV (1 is PCM, 3 is float, others are coded), 1 for AIFF; 0 for a coded AIFF.
    channels, rate, frame_bytes, bytes_per_s : int
        As the header says.
    data_at, promised, held : int
        Where the sound begins, and its bytes: as the header says, and as they stand in the file.
    contradicts : bool
        Whether its numbers do not fit each other.
    patches : list of (int, bytes)
        What the header should say, by position.
    chunks : dict of bytes to (int, int)
        Position and length of the other chunks.
    """

    codec: int = 0
    channels: int = 0
    rate: int = 0
    frame_bytes: int = 0
    bytes_per_s: int = 0
    data_at: int = 0
    promised: int = 0
    held: int = 0
    contradicts: bool = False
    patches: list[tuple[int, bytes]] = field(default_factory=list)
    chunks: dict[bytes, tuple[int, int]] = field(default_factory=dict)

    def seconds(self, count: int) -> float:
        """Bytes as time; 0 where the header does not say how."""
        per_s = self.frame_bytes * self.rate if self.codec in (PCM, FLOAT) else self.bytes_per_s
        return count / per_s if per_s > 0 else 0.0

    def note(self) -> str:
        """What is to be said of the length, in words; empty when header and file agree."""
        if self.contradicts:
            return "its header contradicts itself: rate, channels or length may be wrong"
        if self.patches:
            return (
                f"its header says {_seconds(self.seconds(self.promised))}, the file holds "
                f"{_seconds(self.seconds(self.held))} (a recorder that lost power): read to the end"
            )
        if self.held < self.promised < _UNKNOWN_BYTES:
            return f"breaks off at {self.seconds(self.held):.1f} of {self.seconds(self.promised):.1f} s"
        return ""


def _seconds(value: float) -> str:
    return f"{value:.1f} s"


def read(path: str) -> Header | None:
    """The header of a file; ``None`` when it is no WAV, RF64 or AIFF, or says nothing of its sound."""
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        head = file.read(12)
        if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:] == b"WAVE":
            return _wave(file, size)
        if head[:4] == b"FORM" and head[8:] in (b"AIFF", b"AIFC"):
            return _aiff(file, size, coded=head[8:] == b"AIFC")
    return None


def time_stamp(path: str) -> tuple[int, str] | None:
    """When a recorder began a file [EBU Tech 3285]: sample times since midnight, and the day; ``None`` without that."""
    try:
        header = read(path)
        if header is None or b"bext" not in header.chunks:
            return None
        at, length = header.chunks[b"bext"]
        with open(path, "rb") as file:
            file.seek(at)
            words = file.read(min(length, _BEXT_BYTES))
    except OSError:
        return None
    if len(words) < _BEXT_BYTES:
        return None
    return int.from_bytes(words[338:346], "little"), words[320:330].decode("latin-1").strip("\0 ")


def _wave(file: BinaryIO, size: int) -> Header | None:
    header, at, long_bytes = Header(), 12, 0
    for _ in range(_MAX_CHUNKS):
        file.seek(at)
        name, length = _chunk(file.read(8), "<")
        if name is None:
            break
        if name == b"ds64":
            long_bytes = struct.unpack("<Q", file.read(28)[8:16])[0] if length >= 28 else 0
        elif name == b"fmt ":
            _format(header, file.read(min(length, 40)))
        elif name == b"data":
            promised = long_bytes if length == 0xFFFFFFFF and long_bytes else length
            _data(header, file, at, promised, size)
            return header if header.frame_bytes or header.codec else None
        header.chunks[name] = (at + 8, length)
        at += 8 + length + length % 2
    return None


def _chunk(words: bytes, order: str) -> tuple[bytes | None, int]:
    if len(words) < 8:
        return None, 0
    return words[:4], struct.unpack(f"{order}I", words[4:8])[0]


def _format(header: Header, words: bytes) -> None:
    if len(words) < 16:
        return
    codec, header.channels, header.rate, header.bytes_per_s, header.frame_bytes, bits = struct.unpack(
        "<HHIIHH", words[:16]
    )
    if codec == _EXTENSIBLE and len(words) >= 26:
        codec = struct.unpack("<H", words[24:26])[0]
    header.codec = codec
    header.contradicts = codec in (PCM, FLOAT) and (
        header.frame_bytes != header.channels * -(-bits // 8) or header.bytes_per_s != header.frame_bytes * header.rate
    )


def _data(header: Header, file: BinaryIO, at: int, promised: int, size: int) -> None:
    header.data_at, header.promised = at + 8, promised
    rest = max(size - header.data_at, 0)
    header.held = min(promised, rest)
    after = header.data_at + promised + promised % 2
    if promised >= rest or _are_chunks(file, after, size, "<"):
        return
    stray = size - header.data_at - promised
    if header.seconds(stray) >= _MIN_STRAY_S:
        header.held = rest - (rest % header.frame_bytes if header.frame_bytes else 0)
        header.patches = [(at + 4, struct.pack("<I", min(header.held, 0xFFFFFFFF)))]


def _are_chunks(file: BinaryIO, at: int, size: int, order: str) -> bool:
    """Whether nothing but whole chunks, or words about the music, stand from a position to the end of the file."""
    for _ in range(_MAX_CHUNKS):
        if at >= size:
            return True
        file.seek(at)
        words = file.read(8)
        if words[:3] in (b"TAG", b"ID3") or words == b"APETAGEX" or not any(words):
            return words[:3] != b"\0\0\0" or _rest_is_zero(file, at, size)
        name, length = _chunk(words, order)
        if name is None:
            return True
        if not all(0x20 <= byte < 0x7F for byte in name) or at + 8 + length > size + 1:
            return False
        at += 8 + length + length % 2
    return False


def _rest_is_zero(file: BinaryIO, at: int, size: int) -> bool:
    """Whether a file ends in zeros, as some editors leave them; more than a few thousand are silence."""
    file.seek(at)
    return size - at <= 1 << 12 and not any(file.read())


def _aiff(file: BinaryIO, size: int, *, coded: bool) -> Header | None:
    header, at, frames_at = Header(), 12, 0
    promised_frames = 0
    for _ in range(_MAX_CHUNKS):
        file.seek(at)
        name, length = _chunk(file.read(8), ">")
        if name is None:
            break
        if name == b"COMM":
            words = file.read(min(length, 22))
            if len(words) < 18:
                return None
            header.channels, frames, bits = struct.unpack(">hIh", words[:8])
            header.rate = _extended(words[8:18])
            header.codec = PCM if not coded or words[18:22] in (b"NONE", b"sowt", b"twos", b"fl32", b"FL32") else 0
            header.frame_bytes, frames_at = max(header.channels, 0) * -(-max(bits, 0) // 8), at + 10
            promised_frames = frames
        elif name == b"SSND":
            return _sound(header, file, at, length, size, frames_at, promised_frames)
        header.chunks[name] = (at + 8, length)
        at += 8 + length + length % 2
    return None


def _sound(
    header: Header, file: BinaryIO, at: int, length: int, size: int, frames_at: int, frames: int
) -> Header | None:
    if header.codec != PCM or header.frame_bytes <= 0 or header.rate <= 0:
        return header if header.channels > 0 else None
    header.data_at, header.promised = at + 16, max(length - 8, 0)
    rest = max(size - header.data_at, 0)
    header.held = min(header.promised, rest)
    header.contradicts = frames * header.frame_bytes != header.promised
    after = at + 8 + length + length % 2
    if header.promised < rest and not _are_chunks(file, after, size, ">"):
        stray = rest - header.promised
        if header.seconds(stray) >= _MIN_STRAY_S:
            frames, header.contradicts = rest // header.frame_bytes, False
            header.held = frames * header.frame_bytes
            header.patches = [
                (at + 4, struct.pack(">I", min(header.held + 8, 0xFFFFFFFF))),
                (frames_at, struct.pack(">I", min(frames, 0xFFFFFFFF))),
            ]
    return header


def _extended(words: bytes) -> int:
    """An 80-bit number of AIFF."""
    exponent, mantissa = struct.unpack(">HQ", words)
    shift = 16383 + 63 - (exponent & 0x7FFF)
    return mantissa >> shift if 0 <= shift < 64 else 0


class PatchedFile(io.RawIOBase):
    """A file whose header reads as if it were right; the file itself is not touched."""

    def __init__(self, path: str, patches: list[tuple[int, bytes]]) -> None:
        super().__init__()
        self._file: Any = open(path, "rb", buffering=1 << 16)  # noqa: SIM115 - closed by close()
        self._patches = patches

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """As of the file."""
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        """As of the file."""
        return int(self._file.tell())

    def readinto(self, buffer: Any) -> int:
        """The file's bytes with the patches in place."""
        view = memoryview(buffer).cast("B")
        at = self._file.tell()
        count = int(self._file.readinto(view))
        for place, words in self._patches:
            first, last = max(place, at), min(place + len(words), at + count)
            if first < last:
                view[first - at : last - at] = words[first - place : last - place]
        return count

    def close(self) -> None:
        """Release the file."""
        self._file.close()
        super().close()
