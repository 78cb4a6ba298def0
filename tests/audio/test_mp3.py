"""Where an MP3 begins, with a tag and without."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine.audio import mp3
from mixengine.audio.files import AudioFile
from tests.helpers.signals import db, noise, write

RATE = 44100
LEVEL = 1.0 - 2.0**-15

pytestmark = pytest.mark.skipif("MP3" not in soundfile.available_formats(), reason="libsndfile without MP3")


@pytest.fixture
def tagged(tmp_path) -> Path:
    return Path(write(tmp_path / "tagged.mp3", noise(RATE, 2), RATE, None, format="MP3"))


@pytest.fixture
def bare(tagged) -> Path:
    """The same without its first frame, which holds the tag."""
    data = tagged.read_bytes()
    start = data.index(b"\xff\xfb")
    path = tagged.with_name("bare.mp3")
    path.write_bytes(data[data.index(b"\xff\xfb", start + 100) :])
    return path


def decoded(path: Path) -> np.ndarray:
    """What libsndfile's decoder gives, in one go."""
    return soundfile.read(path, dtype="float32", always_2d=True)[0]


def test_one_frame_more_is_dropped_with_a_tag(tagged):
    assert mp3.encoder_delay(str(tagged)) == 576
    file, whole = AudioFile(str(tagged)), decoded(tagged)
    assert file.frames == len(whole) - 1
    assert db(file.read(0, file.frames) - LEVEL * whole[1:]) < -140.0


def test_1106_frames_are_dropped_without_a_tag(bare):
    assert mp3.encoder_delay(str(bare)) is None
    file, whole = AudioFile(str(bare)), decoded(bare)
    assert file.frames == len(whole) - 1106
    assert db(file.read(0, file.frames) - LEVEL * whole[1106:]) < -140.0


def test_both_begin_with_the_same_sound(tagged, bare):
    with_tag, without = (AudioFile(str(path)).read(0, 20000) for path in (tagged, bare))
    assert db((with_tag - without)[3000:]) < -100.0


def test_reading_from_anywhere_is_reading_from_the_start(bare):
    whole = AudioFile(str(bare)).read(0, 30000)
    file = AudioFile(str(bare))
    for start in (20000, 5000, 0):
        assert db(file.read(start, 4000) - whole[start : start + 4000]) < -100.0


def header(*, mono: bool = False, mpeg1: bool = True) -> bytes:
    return bytes([0xFF, 0xFB if mpeg1 else 0xF3, 0x90, 0xC0 if mono else 0x00])


def tag(word: bytes, flags: int, delay: int, encoder: bytes = b"LAME3.100") -> bytes:
    fields = b"\0" * sum(size for flag, size in ((1, 4), (2, 4), (4, 100), (8, 4)) if flags & flag)
    return word + flags.to_bytes(4, "big") + fields + encoder.ljust(21, b"\0") + (delay << 12 | 1000).to_bytes(3, "big")


@pytest.mark.parametrize(
    "mono, mpeg1, gap", [(False, True, 32), (True, True, 17), (False, False, 17), (True, False, 9)]
)
@pytest.mark.parametrize("flags", [1, 15])
def test_the_tag_is_found_wherever_it_may_stand(tmp_path, mono, mpeg1, gap, flags):
    path = tmp_path / "made.mp3"
    id3 = b"ID3\x04\x00\x00\x00\x00\x01\x01" + b"\xff\xfb" + bytes(127)
    for before in (b"", id3):
        path.write_bytes(before + header(mono=mono, mpeg1=mpeg1) + bytes(gap) + tag(b"Info", flags, 1105) + bytes(500))
        assert mp3.encoder_delay(str(path)) == 1105


@pytest.mark.parametrize("content", [b"", b"ID3", b"\xff", header() + bytes(100), header() + bytes(32) + b"Xing",
                                     header() + bytes(32) + tag(b"Info", 2, 576) + bytes(99),
                                     header() + bytes(32) + tag(b"Info", 1, 576, b"") + bytes(99)])  # fmt: skip
def test_without_a_usable_tag_there_is_none(tmp_path, content):
    path = tmp_path / "made.mp3"
    path.write_bytes(content)
    assert mp3.encoder_delay(str(path)) is None
