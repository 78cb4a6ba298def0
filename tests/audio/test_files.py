"""AudioFile: formats, positions, and files that are not what they say."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine.audio.files import AudioFile, UnreadableAudio, audio_files, is_audio_name, sample_rate
from tests.helpers.signals import db, noise, sine, write

RATE = 44100
SIGNAL = noise(30000, 2)

FORMATS = [  # name, libsndfile format, subtype, largest error in dBFS
    ("a.wav", "WAV", "PCM_16", -89.0),
    ("a.wav", "WAV", "PCM_24", -135.0),
    ("a.wav", "WAV", "PCM_32", -135.0),
    ("a.wav", "WAV", "FLOAT", -300.0),
    ("a.wav", "WAV", "DOUBLE", -300.0),
    ("a.wav", "RF64", "PCM_24", -135.0),
    ("a.w64", "W64", "PCM_24", -135.0),
    ("a.aif", "AIFF", "PCM_24", -135.0),
    ("a.caf", "CAF", "PCM_24", -135.0),
    ("a.flac", "FLAC", "PCM_16", -89.0),
    ("a.flac", "FLAC", "PCM_24", -135.0),
]
LOSSY = [name for name in ("MP3", "OGG") if name in soundfile.available_formats()]


def read_all(path: str, size: int = 4096) -> np.ndarray:
    file = AudioFile(path)
    try:
        return np.concatenate([file.read(at, min(size, file.frames - at)) for at in range(0, file.frames, size)])
    finally:
        file.close()


@pytest.mark.parametrize("name, kind, subtype, floor_db", FORMATS, ids=[f"{f[1]}-{f[2]}" for f in FORMATS])
def test_lossless_formats(name, kind, subtype, floor_db, tmp_path):
    path = write(tmp_path / name, SIGNAL, RATE, subtype, format=kind)
    file = AudioFile(path)
    assert (file.rate, file.channels, file.frames) == (RATE, 2, 30000)
    assert db(file.read(0, 30000) - SIGNAL) < floor_db
    assert file.read(0, 10).dtype == np.float32


@pytest.mark.parametrize("kind", LOSSY)
def test_lossy_formats(kind, tmp_path):
    tone = sine(RATE, 1.0, -6.0, 440.0)[:, None].repeat(2, axis=1)
    path = write(tmp_path / f"a.{kind.lower()}", tone, RATE, None, format=kind)
    read = read_all(path)
    assert (AudioFile(path).rate, read.shape[1]) == (RATE, 2)
    assert len(read) == pytest.approx(RATE, abs=1200)  # padding of the codec
    middle = read[5000:39000]
    assert 20 * np.log10(np.std(middle) / np.std(tone)) == pytest.approx(0.0, abs=0.1)
    assert np.argmax(np.abs(np.fft.rfft(middle[: RATE // 2, 0]))) == pytest.approx(220, abs=1)  # bins of 2 Hz: 440 Hz


@pytest.mark.parametrize("kind", LOSSY)
@pytest.mark.parametrize("size", (1000, 4096, 65536))
def test_lossy_files_of_a_few_bits(size, kind, tmp_path):
    """A pure tone leaves much in an MP3's bit reservoir, which a jump empties: blocks must join without a gap."""
    tone = sine(RATE, 3.0, -6.0, 440.0)[:, None]
    path = write(tmp_path / f"a.{kind.lower()}", tone, RATE, None, format=kind)
    whole = read_all(path, 10**6)
    assert np.array_equal(read_all(path, size), whole)
    file = AudioFile(path)
    for start in np.random.default_rng(4).integers(0, len(whole) - size, 20).tolist():
        assert db(file.read(start, size) - whole[start : start + size]) < -120.0, start


@pytest.mark.parametrize("kind", ["WAV", "FLAC", *LOSSY])
def test_any_position_any_order(kind, tmp_path):
    """libsndfile's own jumps in Ogg Vorbis and MP3 land frames off."""
    path = write(tmp_path / f"a.{kind.lower()}", noise(200000, 2), RATE, None, format=kind)
    whole = read_all(path, 10**6)
    assert np.array_equal(read_all(path, 7777), whole)
    file = AudioFile(path)
    anywhere = np.random.default_rng(3).integers(0, len(whole) - 500, 40)
    for start in (29000, 0, 12345, 12346, 7, len(whole) - 500, len(whole) - 5000, *anywhere.tolist()):
        assert np.array_equal(file.read(start, 500), whole[start : start + 500]), start


def test_outside_the_file_is_silence(tmp_path):
    file = AudioFile(write(tmp_path / "a.wav", SIGNAL, RATE))
    block = file.read(-100, 300)
    assert not block[:100].any()
    assert np.array_equal(block[100:], SIGNAL[:200])
    block = file.read(29900, 300)
    assert np.array_equal(block[:100], SIGNAL[29900:])
    assert not block[100:].any()
    assert not file.read(-500, 200).any()
    assert not file.read(40000, 200).any()
    assert file.read(5, 0).shape == (0, 2)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300], ids=str)
def test_samples_that_are_no_numbers_become_silence(bad, tmp_path):
    samples = SIGNAL.astype(np.float64)
    samples[500, 1] = samples[900, 0] = bad
    read = read_all(write(tmp_path / "a.wav", samples, RATE, "DOUBLE"))
    assert read[500, 1] == 0.0
    assert read[900, 0] == 0.0
    samples[500, 1] = samples[900, 0] = 0.0
    assert np.array_equal(read, samples.astype(np.float32))


def test_plus_and_minus_infinity_that_cancel(tmp_path):
    samples = SIGNAL.copy()
    samples[10], samples[11] = np.inf, -np.inf
    assert np.isfinite(read_all(write(tmp_path / "a.wav", samples, RATE))).all()


def test_overs_are_kept(tmp_path):
    assert np.array_equal(read_all(write(tmp_path / "a.wav", SIGNAL * 50, RATE)), SIGNAL * 50)


# ---------------------------------------------------------------------------------------------------- unreadable files


def flac(tmp_path: Path) -> bytes:
    return Path(write(tmp_path / "good.flac", SIGNAL, RATE, "PCM_24")).read_bytes()


def broken_file(kind: str, tmp_path: Path) -> Path:
    path = tmp_path / f"{kind}.wav"
    wav = Path(write(tmp_path / "good.wav", SIGNAL, RATE)).read_bytes()
    contents = {
        "empty": b"",
        "text": b"These are my lyrics.\n" * 50,
        "zeros": bytes(5000),
        "header_cut_off": wav[:30],
        "header_without_data": wav[:36],
        "no_channels": wav[:22] + b"\0\0" + wav[24:],
        "rate_0": wav[:24] + b"\0\0\0\0" + wav[28:],
        "too_many_channels": wav[:22] + b"\xff\x0f" + wav[24:],
    }
    if kind == "folder":
        path.mkdir()
    elif kind == "raw":
        path = tmp_path / "noise.raw"
        path.write_bytes(bytes(range(256)) * 20)
    elif kind == "not_a_name":
        path = tmp_path / "a\0b.wav"
    elif kind in contents:
        path.write_bytes(contents[kind])
    return path


@pytest.mark.parametrize(
    "kind",
    [
        "missing",
        "folder",
        "empty",
        "text",
        "zeros",
        "header_cut_off",
        "header_without_data",
        "no_channels",
        "rate_0",
        "too_many_channels",
        "raw",
        "not_a_name",
    ],
)
def test_unreadable_files_are_named(kind, tmp_path):
    path = str(broken_file(kind, tmp_path))
    with pytest.raises(UnreadableAudio) as caught:
        AudioFile(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert len(str(caught.value)) > len(path) + 4
    assert "\n" not in str(caught.value)
    if kind != "too_many_channels":  # the header says a rate, which is all that is asked
        assert sample_rate(path) is None


@pytest.mark.parametrize("kind, words", [("missing", "no such file"), ("folder", "is a folder"), ("empty", "is empty")])
def test_common_mistakes_are_told_apart(kind, words, tmp_path):
    with pytest.raises(UnreadableAudio, match=words):
        AudioFile(str(broken_file(kind, tmp_path)))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no undecodable names")
def test_a_name_that_is_not_unicode(tmp_path):
    with pytest.raises(UnreadableAudio):
        AudioFile(str(tmp_path / "bad\udcff.wav"))


def test_truncated_flac(tmp_path):
    """What is there is heard, what is missing is said."""
    path = tmp_path / "cut.flac"
    data = flac(tmp_path)
    path.write_bytes(data[: len(data) // 2])
    read, good = read_all(str(path)), read_all(str(tmp_path / "good.flac"))
    assert 8192 < len(read) < 0.6 * len(good)
    assert np.array_equal(read[:8192], good[:8192])
    assert any("breaks off at" in note for note in AudioFile(str(path)).notes)


@pytest.mark.parametrize("size", (512, 4096, 10**6))
@pytest.mark.parametrize("flipped", (1, 40, 4000))
def test_damaged_flac_is_an_error_whatever_the_block_size(size, flipped, tmp_path):
    """Neither garbage nor silence: what comes before the error is bit-exact."""
    data = bytearray(flac(tmp_path))
    good = read_all(str(tmp_path / "good.flac"))
    middle = len(data) // 2
    data[middle : middle + flipped] = bytes(byte ^ 0xFF for byte in data[middle : middle + flipped])
    path = tmp_path / "damaged.flac"
    path.write_bytes(data)
    file = AudioFile(str(path))
    with pytest.raises(UnreadableAudio, match=r"damaged\.flac: (damaged|breaks off)"):
        for at in range(0, file.frames, size):
            count = min(size, file.frames - at)
            assert np.array_equal(file.read(at, count), good[at : at + count])


@pytest.mark.skipif("OGG" not in LOSSY, reason="libsndfile without Ogg")
@pytest.mark.parametrize("size", (1000, 4096, 10**6))
def test_damaged_ogg_is_an_error(size, tmp_path):
    """A lost page would let everything after it play too early."""
    data = bytearray(Path(write(tmp_path / "a.ogg", noise(96000, 2), RATE, None)).read_bytes())
    data[len(data) // 2 : len(data) // 2 + 2000] = b"\xa5" * 2000
    path = tmp_path / "damaged.ogg"
    path.write_bytes(data)
    with pytest.raises(UnreadableAudio, match=r"damaged\.ogg: (damaged|breaks off)"):
        read_all(str(path), size)


def test_wav_of_a_recorder_that_lost_power(tmp_path):
    """The header promises more than there is; libsndfile believes the file, and so do we."""
    data = Path(write(tmp_path / "good.wav", SIGNAL, RATE)).read_bytes()
    path = tmp_path / "cut.wav"
    path.write_bytes(data[: len(data) // 2])
    read = read_all(str(path))
    assert 14000 < len(read) < 15001
    assert np.array_equal(read, SIGNAL[: len(read)])


@pytest.mark.skipif("MP3" not in LOSSY, reason="libsndfile without MP3")
def test_truncated_mp3_ends_in_silence(tmp_path):
    data = Path(write(tmp_path / "a.mp3", noise(96000, 2), RATE, None, format="MP3")).read_bytes()
    path = tmp_path / "cut.mp3"
    path.write_bytes(data[: len(data) // 2])
    file = AudioFile(str(path))
    read = file.read(0, file.frames)
    assert read[:30000].any()
    assert not read[-1000:].any() or file.frames < 60000


def test_no_frames_at_all(tmp_path):
    file = AudioFile(write(tmp_path / "a.wav", np.zeros((0, 2)), RATE))
    assert file.frames == 0
    assert not file.read(0, 100).any()


def test_names():
    assert all(is_audio_name(Path(name)) for name in ("a.wav", "A.WAV", "x/b.Flac", "c.mp3"))
    assert not any(is_audio_name(Path(name)) for name in ("a.txt", "._a.wav", ".wav", "wav", "a.rpp"))


def test_rate_of_a_file(tmp_path):
    assert sample_rate(write(tmp_path / "a.wav", SIGNAL, 22050)) == 22050


def test_hidden_folders_hold_no_recordings(tmp_path: Path) -> None:
    for name in ("a.wav", "in/b.wav", ".Trash/c.wav", "in/.mixengine-7-x/d.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [Path(name).name for name in audio_files(tmp_path)] == ["a.wav", "b.wav"]
