"""Every kind of file that people bring: heard whole, at any position, or named."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixengine.audio import decoded
from mixengine.audio.files import AudioFile, UnreadableAudio
from tests.helpers.encoded import RATE, ROWS, Row, aligned_correlation, encode, make, mp3, song


def whole(path: Path, size: int = 65536) -> np.ndarray:
    file = AudioFile(str(path))
    try:
        return np.concatenate([file.read(at, min(size, file.frames - at)) for at in range(0, file.frames, size)])
    finally:
        file.close()


@pytest.fixture(scope="module", params=ROWS, ids=[row.name for row in ROWS])
def made(request, tmp_path_factory) -> tuple[Row, Path, np.ndarray]:
    row: Row = request.param
    return row, *make(row, tmp_path_factory.mktemp("files"))


def test_is_heard_whole(made) -> None:
    row, path, source = made
    file = AudioFile(str(path))
    assert (file.rate, file.channels) == (row.rate, source.shape[1])
    assert abs(file.frames - len(source)) / row.rate <= row.tolerance_s
    read = whole(path)
    assert len(read) == file.frames
    assert aligned_correlation(read[:, 0], source[:, 0], round(0.05 * row.rate)) > 0.95
    tail = round(0.2 * row.rate)
    assert np.sqrt(np.mean(np.square(read[-2 * tail : -tail]))) > 0.3 * np.sqrt(np.mean(np.square(source[-2 * tail :])))


def test_any_position_is_as_the_sequential_decode(made) -> None:
    _, path, _ = made
    read = whole(path)
    file = AudioFile(str(path))
    generator = np.random.default_rng(5)
    for start in generator.integers(-300, len(read), 25).tolist():
        count = int(generator.integers(1, 3000))
        expected = np.zeros((count, read.shape[1]), np.float32)
        first, last = max(start, 0), min(start + count, len(read))
        expected[first - start : last - start] = read[first:last]
        assert np.array_equal(file.read(start, count), expected), start


def test_a_shift_of_the_sound_shifts_what_is_read(tmp_path) -> None:
    """Invariance: silence before the sound moves it by as much, whatever the codec."""
    sound = song(2.0)
    for name, codec, container in (("a.m4a", "aac", "ipod"), ("b.mp3", "libmp3lame", "mp3")):
        early = whole(encode(tmp_path / name, sound, RATE, codec, container))
        padded = np.concatenate([np.zeros((4410, 2), np.float32), sound])
        late = whole(encode(tmp_path / f"late {name}", padded, RATE, codec, container))
        count = len(sound) - 4410
        assert aligned_correlation(late[4410:, 0][:count], early[:, 0][:count], 0) > 0.98, name


def test_notes_name_what_is_missing_or_guessed(tmp_path) -> None:
    by_name = {row.name: row for row in ROWS}
    for name, words in (
        ("crashed.wav", "its header says 0.0 s, the file holds 3.0 s"),
        ("joined.mp3", "holds 2 recordings"),
        ("mp3 with a fault.wav", "ms cannot be decoded"),
    ):
        path, _ = make(by_name[name], tmp_path)
        assert any(words in note for note in AudioFile(str(path)).notes), name
    plain, _ = make(by_name["plain.wav"], tmp_path)
    assert AudioFile(str(plain)).notes == ()


@pytest.fixture(scope="module")
def short_files(tmp_path_factory) -> list[Path]:
    """A short file of every kind."""
    folder = tmp_path_factory.mktemp("short")
    return [make(row, folder, 0.5)[0] for row in ROWS]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    number=st.integers(0, len(ROWS) - 1),
    edits=st.lists(st.tuples(st.integers(0, 600), st.binary(min_size=0, max_size=8)), min_size=1, max_size=4),
    kept=st.floats(0.2, 1.0),
)
def test_damaged_headers_are_no_accident(short_files, tmp_path_factory, number, edits, kept) -> None:
    """No traceback, no garbage, no hang; `kept` cuts the end off."""
    good = short_files[number]
    data = bytearray(good.read_bytes())
    for at, words in edits:
        data[at : at + len(words)] = words
    data = data[: round(kept * len(data))]
    path = tmp_path_factory.mktemp("damaged") / good.name
    path.write_bytes(data)
    try:
        file = AudioFile(str(path))
        for at in range(0, min(file.frames, 60 * file.rate), 65536):
            assert np.isfinite(file.read(at, min(65536, file.frames - at))).all()
    except UnreadableAudio as error:
        assert str(error).startswith(f"{path}: ")
        assert "cannot be decoded (" not in str(error)  # a decoder's own mistake
    else:
        file.close()


@pytest.mark.parametrize("kind, subtype", [("WAV", "PCM_16"), ("AIFF", "PCM_24"), ("RF64", "FLOAT"), ("W64", "PCM_24")])
def test_a_file_that_breaks_off_is_read_to_its_end(kind, subtype, tmp_path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, song(3.0), RATE, format=kind, subtype=subtype)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    file = AudioFile(str(path))
    assert file.frames / RATE == pytest.approx(2.0, abs=0.01)
    if kind != "W64":
        assert "breaks off at 2.0 of 3.0 s" in file.notes[0]


def test_an_mp3_that_breaks_off_says_so(tmp_path) -> None:
    path = mp3(tmp_path / "a.mp3", song(6.0))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    file = AudioFile(str(path))
    assert file.frames / RATE == pytest.approx(3.0, abs=0.1)
    assert any("breaks off at" in note and "of 6.0 s" in note for note in file.notes)


def test_a_header_that_is_behind_the_file(tmp_path) -> None:
    """A recorder that brings its header up to date every few seconds."""
    path = tmp_path / "a.wav"
    sound = song(4.0)
    soundfile.write(path, sound, RATE, subtype="FLOAT", format="WAV")
    data = bytearray(path.read_bytes())
    at = data.index(b"data")
    data[at + 4 : at + 8] = struct.pack("<I", RATE * 8)
    path.write_bytes(data)
    assert np.array_equal(whole(path), sound)
    assert "its header says 1.0 s, the file holds 4.0 s" in AudioFile(str(path)).notes[0]


def test_chunks_after_the_sound_are_no_sound(tmp_path) -> None:
    path = tmp_path / "a.wav"
    sound = song(1.0)
    soundfile.write(path, sound, RATE, subtype="PCM_16", format="WAV")
    for words in (b"LIST" + struct.pack("<I", 40000) + bytes(40000), b"TAG" + b"x" * 125, bytes(200)):
        with path.open("ab") as file:
            file.write(words)
        file_ = AudioFile(str(path))
        assert (file_.frames, file_.notes) == (RATE, ())
    path.write_bytes(path.read_bytes()[:44].replace(struct.pack("<I", RATE * 4), bytes(4)))
    assert AudioFile(str(path)).frames == 0


@pytest.mark.parametrize(
    "name, content, words",
    [
        ("a.mp3", b"<!DOCTYPE html>\n<html><body>404</body></html>", "is a web page"),
        ("a.wav", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "is a Git LFS pointer"),
        ("a.flac", b"PK\x03\x04" + bytes(100), "is a ZIP archive"),
        ("a.wav", bytes(5000), "nothing but zeros"),
        ("a.m4a", b"these are my lyrics\n" * 9, "is text"),
        ("a.mp3", bytes(range(1, 200)) * 30, "no frame of MPEG audio"),
        ("a.m4a", b"\x00\x00\x00\x20ftypM4A " + bytes(500), "damaged"),
        ("a.webm", b"\x1a\x45\xdf\xa3" + bytes(500), ""),
        ("a.wav", b"", "is empty"),
    ],
)
def test_what_is_no_sound_is_called_by_its_name(name, content, words, tmp_path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnreadableAudio) as caught:
        AudioFile(str(path))
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_another_name_changes_nothing(tmp_path) -> None:
    """Bytes count, not the name."""
    path, _ = make(next(row for row in ROWS if row.name == "phone.m4a"), tmp_path)
    read = whole(path)
    other = path.rename(tmp_path / "phone.wav")
    assert np.array_equal(whole(other), read)


def test_a_film_without_sound(tmp_path) -> None:
    import av

    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 64
        for _ in range(5):
            file.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        file.mux(stream.encode(None))
    with pytest.raises(UnreadableAudio, match="holds no sound"):
        AudioFile(str(path))


class TestDecodedCopies:
    def test_are_made_once_and_again_when_the_file_changes(self, tmp_path, monkeypatch) -> None:
        monkeypatch.setenv("MIXENGINE_CACHE", str(tmp_path / "cache"))
        path = encode(tmp_path / "a.m4a", song(1.0), RATE, "aac", "ipod")
        first = whole(path)
        copies = list(decoded.folder().glob("*.wav"))
        assert len(copies) == 1
        assert np.array_equal(whole(path), first)
        assert list(decoded.folder().glob("*.wav")) == copies
        encode(path, song(2.0), RATE, "aac", "ipod")
        assert len(whole(path)) > 1.9 * RATE
        assert decoded.clear()[0] == 2
        assert len(whole(path)) > 1.9 * RATE  # a copy that was cleared away is made again

    def test_the_oldest_go_first_and_none_in_use(self, tmp_path) -> None:
        import os
        import time

        old = time.time() - 2 * 3600
        for number in range(4):
            for ending in ("wav", "facts"):
                path = tmp_path / f"{number}.{ending}"
                path.write_bytes(bytes(1000))
                os.utime(path, (old + number, old + number) if number < 3 else None)
        decoded.trim(tmp_path, limit_bytes=2000)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["2.facts", "2.wav", "3.facts", "3.wav"]

    def test_a_decoder_that_crashes_or_hangs_is_a_file_that_cannot_be_read(self, tmp_path, monkeypatch, capfd) -> None:
        monkeypatch.setenv("MIXENGINE_CACHE", str(tmp_path / "cache"))
        path = encode(tmp_path / "a.m4a", song(1.0), RATE, "aac", "ipod")
        decoded.close_helper()
        monkeypatch.setattr(decoded, "COMMAND", (sys.executable, "-c", "input(); import os; os.abort()"))
        with pytest.raises(UnreadableAudio, match="crashed"):
            AudioFile(str(path))
        copy = encode(tmp_path / "b.m4a", song(1.0), RATE, "aac", "ipod")
        monkeypatch.setattr(decoded, "COMMAND", (sys.executable, "-c", "import time; time.sleep(60)"))
        monkeypatch.setattr(decoded, "HANGS_AFTER_S", 0.1)
        with pytest.raises(UnreadableAudio, match="hangs"):
            AudioFile(str(copy))
        monkeypatch.undo()
        decoded._helper()._process.kill()  # one that died while it had nothing to do is replaced
        decoded._helper()._process.wait()
        other = encode(tmp_path / "c.m4a", song(1.0), RATE, "aac", "ipod")
        assert AudioFile(str(other)).frames > 0
        assert capfd.readouterr() == ("", "")


def test_a_gap_in_the_times_of_a_film_stays_a_gap(tmp_path) -> None:
    """Sound that was lost in a call leaves its time, so that what follows stays in step with the picture."""
    import av

    path, block = tmp_path / "call.mka", song(0.5, channels=1)
    with av.open(str(path), "w", format="matroska") as file:
        stream = file.add_stream("pcm_s16le", rate=RATE)
        stream.layout = "mono"
        for start_s in (0.0, 0.5, 2.0):
            frame = av.AudioFrame.from_ndarray((block.T * 32767).astype(np.int16), format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE, round(start_s * RATE)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    read = whole(path)
    assert len(read) / RATE == pytest.approx(2.5, abs=0.01)
    assert not read[round(1.01 * RATE) : round(1.99 * RATE)].any()
    assert aligned_correlation(read[2 * RATE :, 0], block[:, 0], 50) > 0.999
    assert any("gaps of 1.0 s" in note for note in AudioFile(str(path)).notes)
