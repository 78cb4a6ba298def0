"""What a file holds besides its sound goes along to the file that takes its place."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine.app import enhance_files
from mixengine.audio import side_chunks
from mixengine.jobs.separate import files
from mixengine.jobs.separate.settings import SeparateSettings
from mixengine.system.progress import no_progress
from tests.helpers.small_models import Halves
from tests.helpers.sounds import noise

RATE = 48000
FRONT = ((b"bext", bytes(338) + struct.pack("<Q", RATE * 3600) + bytes(256)), (b"JUNK", bytes(100)))
BACK = ((b"cue ", struct.pack("<III4sIII", 1, 1, 24000, b"data", 0, 0, 24000)), (b"LIST", b"INFOIART\4\0\0\0Bob\0"),
        (b"iXML", b"<BWFXML/>"), (b"LIST", b"adtl"))  # fmt: skip


def coded(chunks: tuple[tuple[bytes, bytes], ...], order: str) -> bytes:
    return b"".join(n + struct.pack(f"{order}I", len(d)) + d + b"\0" * (len(d) % 2) for n, d in chunks)


def write(path: Path, kind: str, *, channels: int = 1, subtype: str = "PCM_24", length_s: float = 1.0) -> np.ndarray:
    path.parent.mkdir(parents=True, exist_ok=True)
    sound = noise(length_s, level=0.1, channels=channels, rate=RATE)
    soundfile.write(path, sound, RATE, subtype, format=kind)
    return sound


def recording(path: Path, **options) -> Path:
    """A WAV as a recorder writes it."""
    write(path, "WAV", **options)
    data = path.read_bytes()
    data = data[:12] + coded(FRONT, "<") + data[12:] + coded(BACK, "<")
    path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
    return path


def held(path: Path) -> list[tuple[bytes, bytes, bool]]:
    return [(chunk.name, chunk.data, chunk.after) for chunk in side_chunks.read(str(path)).chunks]


ALL = [(*FRONT[0], False), *((*chunk, True) for chunk in BACK)]


@pytest.mark.parametrize(
    ("kind", "subtype"), [("WAV", "PCM_24"), ("WAV", "PCM_U8"), ("RF64", "FLOAT"), ("WAVEX", "PCM_16")]
)
def test_chunks_of_a_wav_go_along_and_the_sound_stays(kind: str, subtype: str, tmp_path: Path) -> None:
    source, target = recording(tmp_path / "a.wav", length_s=0.10001), tmp_path / "b.wav"
    write(target, kind, subtype=subtype, length_s=0.10001)
    before = soundfile.read(target)[0]
    assert side_chunks.carry(str(source), target) == []
    assert held(target) == held(source) == ALL
    assert np.array_equal(soundfile.read(target)[0], before)
    size = target.stat().st_size - 8
    data = target.read_bytes()
    assert size == struct.unpack("<I", data[4:8])[0] if kind != "RF64" else struct.unpack("<Q", data[20:28])[0]


def test_long_files_move_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_chunks, "_BLOCK", 1000)
    source, target = recording(tmp_path / "a.wav"), tmp_path / "b.wav"
    sound = write(target, "WAV", subtype="FLOAT")
    side_chunks.carry(str(source), target)
    assert held(target) == ALL and np.array_equal(soundfile.read(target, dtype="float32", always_2d=True)[0], sound)


def test_blocks_of_a_flac_go_along(tmp_path: Path) -> None:
    source, target = tmp_path / "a.flac", tmp_path / "b.flac"
    write(source, "FLAC")
    data = source.read_bytes()
    tags = struct.pack("<I", 1) + b"x" + struct.pack("<II", 1, 8) + b"TITLE=Hi"
    picture = struct.pack(">II9sIIIIII4s", 3, 9, b"image/png", 0, 1, 1, 24, 0, 4, b"\x89PNG")
    first = data[8:42]
    blocks = b"\x04" + len(tags).to_bytes(3, "big") + tags + b"\x86" + len(picture).to_bytes(3, "big") + picture
    _, end = list(blocks_of(data))[-1]
    source.write_bytes(b"fLaC\0\0\0\x22" + first + blocks + data[end:])
    write(target, "FLAC")
    assert side_chunks.carry(str(source), target) == []
    assert held(target) == [(b"tags", tags, False), (b"picture", picture, False)]
    with soundfile.SoundFile(target) as file:
        assert file.copy_metadata()["title"] == "Hi"
    assert np.array_equal(soundfile.read(target)[0], soundfile.read(source)[0])


def blocks_of(data: bytes):
    at = 4
    while True:
        head, length = data[at], int.from_bytes(data[at + 1 : at + 4], "big")
        at += 4 + length
        yield head, at
        if head & 0x80:
            return


def test_chunks_of_an_aiff_go_along(tmp_path: Path) -> None:
    source, target = tmp_path / "a.aiff", tmp_path / "b.aiff"
    write(source, "AIFF", subtype="PCM_16")
    data = source.read_bytes() + coded(((b"NAME", b"Host"), (b"ANNO", b"odd")), ">")
    source.write_bytes(data[:4] + struct.pack(">I", len(data) - 8) + data[8:])
    write(target, "AIFF")
    assert side_chunks.carry(str(source), target) == []
    assert held(target) == [(b"NAME", b"Host", True), (b"ANNO", b"odd", True)]
    assert soundfile.info(target).frames == RATE


def test_what_another_format_cannot_hold_is_named(tmp_path: Path) -> None:
    source, target = recording(tmp_path / "a.wav"), tmp_path / "b.flac"
    write(target, "FLAC")
    before = target.read_bytes()
    assert side_chunks.carry(str(source), target) == [
        "not kept of the file: bext, cue, LIST, iXML; a WAV file can keep them"
    ]
    assert target.read_bytes() == before


def test_tags_of_other_kinds_are_named(tmp_path: Path) -> None:
    source, target = tmp_path / "a.ogg", tmp_path / "b.wav"
    with soundfile.SoundFile(source, "w", RATE, 1, format="OGG") as file:
        file.title = "Hi"
        file.write(np.zeros(1000))
    write(target, "WAV")
    assert side_chunks.carry(str(source), target) == ["not kept of the file: title"]


@pytest.mark.parametrize("cut", [4, 40, 700])
def test_a_file_that_breaks_off_gives_what_it_has(cut: int, tmp_path: Path) -> None:
    source, target = recording(tmp_path / "a.wav"), tmp_path / "b.wav"
    source.write_bytes(source.read_bytes()[:cut])
    write(target, "WAV")
    side_chunks.carry(str(source), target)
    assert set(held(target)) <= set(ALL) and soundfile.info(target).frames == RATE


def test_an_enhanced_recording_stands_where_it_stood(tmp_path: Path) -> None:
    source = recording(tmp_path / "takes" / "host.wav")
    surround = tmp_path / "takes" / "room.wav"
    write(surround, "WAVEX", channels=6, length_s=0.3)
    data = bytearray(surround.read_bytes())
    data[40:44] = struct.pack("<I", 0x60F)  # 5.1 with side speakers
    surround.write_bytes(bytes(data))
    done = enhance_files.enhance(
        tmp_path / "takes", None, SeparateSettings(model="mask"), failed=pytest.fail, progress=lambda: no_progress
    )
    host, room = (Path(one.output) for one in done.files)
    assert held(host) == held(source)
    assert side_chunks.read(str(room)).speakers == struct.pack("<I", 0x60F)
    assert soundfile.info(room).subtype == "PCM_24"


def test_stems_keep_the_time_of_the_recording(tmp_path: Path) -> None:
    source = recording(tmp_path / "host.wav")
    done = files.separate(str(source), tmp_path / "out", Halves())
    assert {tuple(held(Path(path))) for path in done.outputs.values()} == {tuple(ALL)}
    total = sum(soundfile.read(path)[0] for path in done.outputs.values())
    assert np.abs(total - soundfile.read(source)[0]).max() < 1e-6


@pytest.mark.parametrize("padded", [True, False])
def test_chunks_behind_a_sound_of_odd_length_are_found(tmp_path: Path, padded: bool) -> None:
    path = tmp_path / "odd.wav"
    soundfile.write(path, noise(0.1, rate=RATE)[:1001], RATE, "PCM_24")
    data = path.read_bytes()
    end = data.index(b"data") + 8 + 3003
    data = data[:end] + b"\0" * padded + coded(BACK, "<")
    path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
    assert [(name, content) for name, content, _ in held(path)] == list(BACK)
    assert side_chunks.read(str(path)).lost == []


def test_a_chunk_that_is_cut_off_is_named(tmp_path: Path) -> None:
    path = recording(tmp_path / "cut.wav")
    path.write_bytes(path.read_bytes()[:-4])  # adtl's
    contents = side_chunks.read(str(path))
    assert contents.lost == ["LIST (cut off)"] and len(contents.chunks) == len(ALL) - 1


def test_zeros_at_the_end_are_nothing(tmp_path: Path) -> None:
    path = recording(tmp_path / "zeros.wav")
    path.write_bytes(path.read_bytes() + bytes(512))
    assert side_chunks.read(str(path)).lost == []
