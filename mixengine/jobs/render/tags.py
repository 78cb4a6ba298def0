"""What a finished file says about itself: tags, chapters, and the loudness in a broadcast WAV.

References
----------
.. [1] EBU Tech 3285 (2011): the chunk ``bext``, version 2, with loudness.
.. [2] iXML 3.0: the chunk ``iXML``.
.. [3] ID3v2.3.0, and ID3v2 chapter frame addendum 1.0: ``CHAP`` and ``CTOC``.
"""

from __future__ import annotations

import math
import struct
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from mixengine import __version__
from mixengine.jobs.render import pictures
from mixengine.model.session import Session

_COMMANDS = ("=", "!", "#")
"""Markers that begin so tell REAPER something."""
_SHORTEST_S = 0.001
"""Chapters are counted in milliseconds."""
_UNKNOWN = 0x7FFF
"""What ``bext`` says where a value is not known."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of the file; times in seconds from its start."""

    name: str
    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", _printable(self.name))


@dataclass(frozen=True, slots=True)
class Loudness:
    """What a broadcast WAV says of its loudness, see `mixengine.jobs.render.levels.Levels`."""

    lufs: float
    range_lu: float
    true_peak_dbtp: float
    max_momentary_lufs: float
    max_short_term_lufs: float


@dataclass(frozen=True, slots=True)
class Tags:
    """Title, artist, album, a picture (bytes of a JPEG or PNG), chapters, and where the file begins in the session."""

    title: str = ""
    artist: str = ""
    album: str = ""
    picture: bytes = b""
    chapters: tuple[Chapter, ...] = ()
    start_s: float = 0.0

    def __post_init__(self) -> None:
        for name in ("title", "artist", "album"):
            object.__setattr__(self, name, _printable(getattr(self, name)))

    def words(self) -> dict[str, str]:
        """The tags that are given."""
        return {k: v for k, v in (("title", self.title), ("artist", self.artist), ("album", self.album)) if v}


def _printable(text: str) -> str:
    """A name as every kind of tag can hold it: bytes that are not UTF-8 (older projects) as �, on one line."""
    whole = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in whole)


def chapters(session: Session, start_s: float, end_s: float) -> tuple[Chapter, ...]:
    """The session's named regions, or where there are none its named markers, as far as they are in a time range."""
    named = sorted(
        (m for m in session.markers if m.name and not m.name.startswith(_COMMANDS) and m.time_s < end_s),
        key=lambda marker: marker.time_s,
    )
    regions = [(m, m.end_s) for m in named if m.end_s is not None and m.end_s > start_s + _SHORTEST_S]
    points = [m for m in named if m.end_s is None]
    ends = [*(marker.time_s for marker in points), end_s][1:]
    # a marker counts up to the next one: the last before the range is where it begins
    parts = [(m, after) for m, after in zip(points, ends, strict=True) if max(m.time_s, after) > start_s + _SHORTEST_S]
    return tuple(
        Chapter(m.name, max(m.time_s, start_s) - start_s, min(after, end_s) - start_s) for m, after in regions or parts
    )


def without_gaps(chapters: Sequence[Chapter]) -> tuple[Chapter, ...]:
    """The chapters and nameless ones between them: where only beginnings count, a chapter would last through a gap."""
    result: list[Chapter] = []
    at_s = 0.0
    for chapter in chapters:
        if chapter.start_s >= at_s + _SHORTEST_S:
            result.append(Chapter("", at_s, chapter.start_s))
        result.append(chapter)
        at_s = max(at_s, chapter.end_s)
    return tuple(result)


def write_into_wav(path: Path, tags: Tags, loudness: Loudness, rate: int) -> None:
    """Append ``bext`` and ``iXML`` to a WAV or RF64 file."""
    chunks = b"".join(
        name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
        for name, data in ((b"bext", _bext(tags, loudness, rate)), (b"iXML", _ixml(tags, loudness)))
    )
    with path.open("r+b") as file:
        kind = file.read(4)
        end = file.seek(0, 2)
        file.write(b"\0" * (end % 2) + chunks)
        size = end + end % 2 + len(chunks) - 8
        if kind == b"RF64":
            file.seek(20)
            file.write(struct.pack("<Q", size))
        elif size < 2**32:
            file.seek(4)
            file.write(struct.pack("<I", size))


def _bext(tags: Tags, loudness: Loudness, rate: int) -> bytes:
    now = time.localtime()
    values = (
        loudness.lufs,
        loudness.range_lu,
        loudness.true_peak_dbtp,
        loudness.max_momentary_lufs,
        loudness.max_short_term_lufs,
    )
    return struct.pack(
        "<256s32s32s10s8sQH64s5h180s",
        tags.title.encode("ascii", "replace")[:255],
        f"mixengine {__version__}".encode("ascii")[:31],
        b"",
        time.strftime("%Y-%m-%d", now).encode("ascii"),
        time.strftime("%H:%M:%S", now).encode("ascii"),
        round(tags.start_s * rate),
        2,
        b"",
        *(_hundredths(value) for value in values),
        b"",
    )


def _hundredths(value: float) -> int:
    return round(100.0 * value) if math.isfinite(value) and abs(value) < 99.0 else _UNKNOWN


def _ixml(tags: Tags, loudness: Loudness) -> bytes:
    values = {
        "LOUDNESS_VALUE": loudness.lufs,
        "LOUDNESS_RANGE": loudness.range_lu,
        "MAX_TRUE_PEAK_LEVEL": loudness.true_peak_dbtp,
        "MAX_MOMENTARY_LOUDNESS": loudness.max_momentary_lufs,
        "MAX_SHORT_TERM_LOUDNESS": loudness.max_short_term_lufs,
    }
    inside = "".join(f"<{name}>{value:.2f}</{name}>" for name, value in values.items() if math.isfinite(value))
    return (
        '<?xml version="1.0" encoding="UTF-8"?><BWFXML><IXML_VERSION>2.10</IXML_VERSION>'
        f"<PROJECT>{escape(tags.album or tags.title)}</PROJECT><SCENE>{escape(tags.title)}</SCENE>"
        f"<NOTE>{escape(tags.artist)}</NOTE><LOUDNESS>{inside}</LOUDNESS></BWFXML>"
    ).encode()


def id3(tags: Tags) -> bytes:
    """An ID3v2.3 tag with chapters and picture; empty without any."""
    names = {"title": b"TIT2", "artist": b"TPE1", "album": b"TALB"}
    frames = [_frame(names[key], _text(value)) for key, value in tags.words().items()]
    if tags.picture:
        frames.append(_frame(b"APIC", b"\0" + pictures.kind(tags.picture).encode() + b"\0\x03\0" + tags.picture))
    if tags.chapters:
        keys = [f"chp{n}".encode() for n in range(len(tags.chapters))][:255]
        frames.append(_frame(b"CTOC", b"toc\0\x03" + bytes([len(keys)]) + b"".join(key + b"\0" for key in keys)))
        for key, chapter in zip(keys, tags.chapters, strict=False):
            times = struct.pack(">4I", round(1e3 * chapter.start_s), round(1e3 * chapter.end_s), 2**32 - 1, 2**32 - 1)
            frames.append(_frame(b"CHAP", key + b"\0" + times + _frame(b"TIT2", _text(chapter.name))))
    body = b"".join(frames)
    if not body:
        return b""
    size = bytes((len(body) >> shift) & 0x7F for shift in (21, 14, 7, 0))  # seven bits a byte
    return b"ID3\x03\0\0" + size + body


def _frame(name: bytes, data: bytes) -> bytes:
    return name + struct.pack(">IH", len(data), 0) + data


def _text(value: str) -> bytes:
    return b"\x01" + value.encode("utf-16")
