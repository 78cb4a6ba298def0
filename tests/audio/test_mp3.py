"""Where an MP3 begins, with a tag and without."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

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
    file, whole = AudioFile(str(tagged)), decoded(tagged)
    assert file.frames == len(whole) - 1
    assert db(file.read(0, file.frames) - LEVEL * whole[1:]) < -140.0


def test_1106_frames_are_dropped_without_a_tag(bare):
    file, whole = AudioFile(str(bare)), decoded(bare)
    assert file.frames % 1152 == -1106 % 1152  # whole frames but for these; libsndfile guesses fewer
    assert db(file.read(0, len(whole) - 1106) - LEVEL * whole[1106:]) < -100.0


def test_both_begin_with_the_same_sound(tagged, bare):
    with_tag, without = (AudioFile(str(path)).read(0, 20000) for path in (tagged, bare))
    assert db((with_tag - without)[3000:]) < -100.0


def test_reading_from_anywhere_is_reading_from_the_start(bare):
    whole = AudioFile(str(bare)).read(0, 30000)
    file = AudioFile(str(bare))
    for start in (20000, 5000, 0):
        assert db(file.read(start, 4000) - whole[start : start + 4000]) < -100.0
