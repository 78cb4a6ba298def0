"""Frames of MPEG audio: every one counted, wherever it stands."""

from __future__ import annotations

import pytest

from mixengine.audio import mpeg_audio
from mixengine.audio.mpeg_audio import Tag, frames_to_drop, header_at, walk

HEADERS = {  # first four bytes: bytes of a frame, layer, rate, channels, samples
    "fffb9000": (417, 3, 44100, 2, 1152),
    "fffb9200": (418, 3, 44100, 2, 1152),
    "fffba4c0": (480, 3, 48000, 1, 1152),
    "fff380c0": (208, 3, 22050, 1, 576),
    "ffe348c0": (288, 3, 8000, 1, 576),
    "fffda400": (576, 2, 48000, 2, 1152),
    "ffff9000": (312, 1, 44100, 2, 384),
}


@pytest.mark.parametrize("word, expected", HEADERS.items())
def test_headers(word, expected) -> None:
    header = header_at(bytes.fromhex(word), 0)
    assert header is not None
    assert (header.size, header.layer, header.rate, header.channels, header.samples) == expected


@pytest.mark.parametrize("word", ["ff00", "fffbf000", "fffb0000", "fffb9c00", "fff99000", "ffe99000", "00000000"])
def test_what_is_no_header(word) -> None:
    assert header_at(bytes.fromhex(word), 0) is None


def frame(word: str = "fffb9000", fill: int = 0x55) -> bytes:
    header = header_at(bytes.fromhex(word), 0)
    assert header is not None
    return bytes.fromhex(word) + bytes([fill]) * (header.size - 4)


def test_words_about_the_music_are_no_frames() -> None:
    id3 = b"ID3\x04\0\0\0\0\x02\x00" + bytes(256)
    data = id3 + 5 * frame() + b"TAG" + bytes(125)
    result = walk(data)
    (part,) = result.parts
    assert [at for at, _ in part.frames] == [len(id3) + 417 * n for n in range(5)]
    assert (part.lost, result.cut_bytes) == ({}, 0)


def test_junk_between_frames_is_noted_where_it_stands() -> None:
    result = walk(4 * frame() + b"\xff\xfb junk" * 60 + 6 * frame() + frame()[:100])
    (part,) = result.parts
    assert len(part.frames) == 10
    assert part.lost == {4: 420}
    assert result.cut_bytes == 100


def test_recordings_one_after_the_other() -> None:
    second = b"ID3\x04\0\0\0\0\0\x0a" + bytes(10)
    result = walk(5 * frame() + second + 7 * frame("fffba4c0"))
    assert [(len(part.frames), part.header.rate) for part in result.parts] == [(5, 44100), (7, 48000)]


def test_where_the_sound_starts() -> None:
    assert frames_to_drop(None) == frames_to_drop(Tag()) == frames_to_drop(Tag(10, 576, 1000)) == 1106
    assert frames_to_drop(Tag(10, 1105, 0)) == 1635
    assert frames_to_drop(None, layer=2) == 0
    part = mpeg_audio.Part(header_at(bytes.fromhex("fffb9000"), 0), Tag(10, 576, 1000), [(0, 417)] * 10)
    assert part.length == 10 * 1152 - 1106 - (1000 - 529)


def test_no_sound_at_all() -> None:
    assert walk(b"").parts == walk(bytes(5000)).parts == walk(bytes(range(256)) * 30).parts == []
