"""MPEG audio (MP1, MP2, MP3): every frame of a file, counted.

The length of such a file stands nowhere: a first frame may hold a table (Xing, Info) with the number of frames, written
by the encoder, and LAME's words on the silence that it put before and after the sound. Without the table, or with the
table of the first of two joined files, decoders guess. Here the frames themselves are counted [ISO/IEC 11172-3].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

_DECODER_DELAY = 529
"""Frames by which an MP3 decoder is late."""
_ENCODER_DELAY = 576
"""What LAME puts before the sound, unless its tag says otherwise."""
REAPER_DROPS_MORE = 1
"""REAPER drops 1106 frames of what is decoded where LAME put 576 before the sound, with a tag and without, as its own
renders show; libsndfile drops 1105. For tags with other delays it is assumed that REAPER follows them too."""
LEVEL = 1.0 - 2.0**-15
"""REAPER's level of an MP3 re that of the decoders here."""
_BIT_RATES = {
    (3, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (3, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (3, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""kbit/s by version (3: MPEG-1, 2: MPEG-2 and 2.5) and layer."""
_RATES_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_CHAIN = 3
"""So many headers that fit each other are no accident."""
_MAX_TAG_BYTES = 1 << 28


@dataclass(frozen=True, slots=True)
class Header:
    """One frame's header: its length in bytes, and what it says about the sound."""

    size: int
    layer: int
    rate: int
    channels: int
    samples: int
    side_bytes: int

    def fits(self, other: Header) -> bool:
        """Whether both can belong to one recording."""
        return (self.layer, self.rate) == (other.layer, other.rate)


@dataclass(frozen=True, slots=True)
class Tag:
    """The table in a first frame: how many frames follow, and LAME's delay and padding (``None``: not said)."""

    frames: int | None = None
    delay: int | None = None
    padding: int | None = None


@dataclass
class Part:
    """A recording inside a file; a file of joined MP3s has several. ``frames`` are (offset, bytes) of each frame."""

    header: Header
    tag: Tag | None = None
    frames: list[tuple[int, int]] = field(default_factory=list)
    lost: dict[int, int] = field(default_factory=dict)
    """Bytes that are no frame, by the number of the frame after them."""

    @property
    def length(self) -> int:
        """Audio frames (sample times) of the part without what is dropped at its start and end."""
        drop, padding = self.trims
        return max(len(self.frames) * self.header.samples - drop - padding, 0)

    @property
    def trims(self) -> tuple[int, int]:
        """Audio frames dropped at the start and at the end."""
        return frames_to_drop(self.tag, self.header.layer), _padding(self.tag)


def frames_to_drop(tag: Tag | None, layer: int = 3) -> int:
    """How many decoded frames come before the sound: the one place that says where an MP3 starts."""
    if layer != 3:
        return 0
    delay = tag.delay if tag is not None and tag.delay is not None else _ENCODER_DELAY
    return delay + _DECODER_DELAY + REAPER_DROPS_MORE


def _padding(tag: Tag | None) -> int:
    padding = tag.padding if tag is not None and tag.padding is not None else 0
    return max(padding - _DECODER_DELAY, 0)


@dataclass
class MpegAudio:
    """What `walk` found: the parts, and bytes at the end that are the beginning of one more frame."""

    parts: list[Part] = field(default_factory=list)
    cut_bytes: int = 0

    @property
    def promised(self) -> int | None:
        """Frames that the first table promises."""
        return self.parts[0].tag.frames if self.parts and self.parts[0].tag else None


def header_at(data: Sequence[int] | bytes, at: int) -> Header | None:
    """The header at a position, ``None`` where there is none."""
    if at + 4 > len(data):
        return None
    sync, second, third, fourth = data[at : at + 4]
    version, layer = second >> 3 & 3, 4 - (second >> 1 & 3)
    bit_rate, rate, padding = third >> 4, third >> 2 & 3, third >> 1 & 1
    if sync != 0xFF or second < 0xE0 or version == 1 or layer == 4 or not 0 < bit_rate < 15 or rate == 3:
        return None
    kbits, rate_hz = _BIT_RATES[3 if version == 3 else 2, layer][bit_rate - 1], _RATES_HZ[version][rate]
    mono = fourth >> 6 == 3
    if layer == 1:
        return Header((12000 * kbits // rate_hz + padding) * 4, 1, rate_hz, 2 - mono, 384, 0)
    samples = 576 if layer == 3 and version != 3 else 1152
    side = ((17 if mono else 32) if version == 3 else (9 if mono else 17)) + (0 if second & 1 else 2)
    return Header(samples // 8 * kbits * 1000 // rate_hz + padding, layer, rate_hz, 2 - mono, samples, side)


def walk(data: bytes, start: int = 0, end: int | None = None) -> MpegAudio:
    """Every frame of MPEG audio in ``data`` [bytes or a memory map] between two positions."""
    end = len(data) if end is None else end
    audio, known = MpegAudio(), dict[bytes, "Header | None"]()
    at, part, junk, bit_rate = start, None, 0, 0
    while at + 4 <= end:
        if skipped := _tag_bytes(data, at, end):
            at, part = at + skipped, None if data[at : at + 3] == b"ID3" else part
            continue
        word = data[at : at + 4]
        if word not in known:
            known[word] = header_at(data, at)
        header = known[word]
        astray = part is None or junk or (header is not None and not header.fits(part.header))
        links = _CHAIN if astray else 1 if word[2] & 0xF0 != bit_rate else 0
        if header is None or (links and not _chained(data, at, end, links)):
            following = data.find(b"\xff", at + 1, end)
            step = (following if following > 0 else end) - at
            at, junk = at + step, junk + step
            continue
        if at + header.size > end:
            audio.cut_bytes = end - at
            break
        tag = _tag(data, at, header)
        if part is None or tag is not None or not header.fits(part.header):
            part = Part(header, tag)
            audio.parts.append(part)
        if junk:
            part.lost[len(part.frames)] = junk
        junk, bit_rate = 0, word[2] & 0xF0
        if tag is None:
            part.frames.append((at, header.size))
        at += header.size
    audio.parts = [part for part in audio.parts if part.frames]
    return audio


def _chained(data: bytes, at: int, end: int, links: int) -> bool:
    """Whether so many further headers that fit follow one after the other; fewer before the end of the data."""
    first = last = header_at(data, at)
    for _ in range(links):
        if first is None or last is None or not last.fits(first):
            return False
        at += last.size
        if at + 4 > end or _tag_bytes(data, at, end):
            return True
        last = header_at(data, at)
    return first is not None and last is not None and last.fits(first)


def _tag_bytes(data: bytes, at: int, end: int) -> int:
    """Length of a block of words (title, artist) at a position; 0 where there is none."""
    word = data[at : at + 3]
    if word == b"ID3" and at + 10 <= end and max(data[at + 6 : at + 10], default=255) < 128:
        size = 0
        for byte in data[at + 6 : at + 10]:
            size = size << 7 | byte
        return min(10 + size + (10 if data[at + 5] & 0x10 else 0), end - at)
    if word == b"TAG" and end - at <= 128 + 227:
        return end - at
    if word == b"APE" and data[at : at + 8] == b"APETAGEX":
        size = int.from_bytes(data[at + 12 : at + 16], "little") + 32
        return min(size, end - at) if size < _MAX_TAG_BYTES else 0
    return 0


def _tag(data: bytes, at: int, header: Header) -> Tag | None:
    """The table in a frame, which holds no sound then."""
    if header.layer != 3:
        return None
    place = at + 4 + header.side_bytes
    word = data[place : place + 4]
    if word not in (b"Xing", b"Info"):
        return Tag() if data[at + 36 : at + 40] == b"VBRI" else None
    flags = int.from_bytes(data[place + 4 : place + 8], "big")
    at_field, frames = place + 8, None
    if flags & 1:
        frames = int.from_bytes(data[at_field : at_field + 4], "big")
    at_field += sum(size for bit, size in ((1, 4), (2, 4), (4, 100), (8, 4)) if flags & bit)
    encoder = data[at_field : at_field + 4]
    if encoder[:4] not in (b"LAME", b"Lavc", b"Lavf") or at_field + 24 > at + header.size:
        return Tag(frames)
    trims = int.from_bytes(data[at_field + 21 : at_field + 24], "big")
    return Tag(frames, trims >> 12, trims & 0xFFF)
