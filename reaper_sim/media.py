"""What a media file's header says: rate, channels, length. WAV and FLAC are read here, the rest by soundfile."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple


class Header(NamedTuple):
    """What is known about a file; zeros when it cannot be read."""

    rate: int = 0
    channels: int = 0
    length_s: float = 0.0


_KINDS = {b"RIFF": "WAVE", b"fLaC": "FLAC", b"OggS": "VORBIS", b"wvpk": "WAVPACK", b"ID3\x03": "MP3", b"ID3\x04": "MP3"}


def kind_of(path: str) -> str | None:
    """REAPER's name for the type of a file; ``None`` when it cannot play it."""
    try:
        with Path(path).open("rb") as stream:
            magic = stream.read(4)
    except OSError:
        return None
    if magic[:2] in (b"\xff\xfb", b"\xff\xf3"):
        return "MP3"
    return _KINDS.get(magic)


def header(path: str) -> Header:
    """Read a file's header."""
    try:
        with Path(path).open("rb") as stream:
            start = stream.read(12)
            if start[:4] == b"RIFF":
                return _wave(stream)
            if start[:4] == b"fLaC":
                stream.seek(8)
                return _flac(stream.read(34))
    except (OSError, struct.error):
        return Header()
    try:
        import soundfile

        info = soundfile.info(path)
    except (ImportError, RuntimeError):
        return Header()
    return Header(info.samplerate, info.channels, info.duration)


def _wave(stream) -> Header:
    rate = channels = align = 0
    while True:
        name, size = struct.unpack("<4sI", stream.read(8))
        if name == b"fmt ":
            _, channels, rate, _, align = struct.unpack("<HHIIH", stream.read(14))
            size -= 14
        elif name == b"data":
            return Header(rate, channels, size / align / rate if align and rate else 0.0)
        stream.seek(size + size % 2, 1)


def _flac(info: bytes) -> Header:
    bits = int.from_bytes(info[10:18], "big")
    rate, channels, frames = bits >> 44, (bits >> 41 & 7) + 1, bits & (1 << 36) - 1
    return Header(rate, channels, frames / rate if rate else 0.0)
