"""Album art and chapters in finished files, as FFmpeg reads them; what a kind of file has no place for is said."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine.app import render_files
from mixengine.audio.files import AudioFile
from mixengine.jobs.render import encode, pictures
from mixengine.jobs.render.encode import LossySink
from mixengine.jobs.render.settings import RenderSettings
from mixengine.jobs.render.tags import Chapter, Tags
from mixengine.system.errors import UserError
from tests.helpers.sounds import tone, write

av = pytest.importorskip("av")

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
RATE = 48000
CHAPTERS = (Chapter("Öne", 0.0, 0.5), Chapter("Two", 0.5, 1.0))


def lossy(path: Path, form: str, tags: Tags) -> Path:
    sink = LossySink(path, RATE, 1, form, tags)
    sink.write(tone(330.0, 1.0, RATE))
    sink.close()
    return path


@pytest.mark.parametrize(("form", "suffix"), [("mp3", ".mp3"), ("aac", ".m4a")])
def test_chapters_are_read_by_ffmpeg(tmp_path: Path, form: str, suffix: str) -> None:
    path = lossy(tmp_path / f"a{suffix}", form, Tags("Title", "Artist", chapters=CHAPTERS))
    with av.open(str(path)) as file:
        assert (file.metadata["title"], file.metadata["artist"]) == ("Title", "Artist")
        chapters = file.chapters()
        assert [c["metadata"]["title"] for c in chapters] == ["Öne", "Two"]
        assert [round(float(c["start"] * c["time_base"]), 2) for c in chapters] == [0.0, 0.5]


@pytest.mark.parametrize("artist", ["", "Artist"])
@pytest.mark.parametrize("picture", [b"", PNG])
def test_each_chapter_of_an_opus_file_has_its_name(tmp_path: Path, artist: str, picture: bytes) -> None:
    for count in (1, 2, 3, 5):
        given = tuple(Chapter(f"C{n}", n / count, (n + 1) / count) for n in range(count))
        path = lossy(tmp_path / f"{count}.opus", "opus", Tags("Title", artist, picture=picture, chapters=given))
        with av.open(str(path)) as file:
            assert [c["metadata"].get("title") for c in file.chapters()] == [chapter.name for chapter in given]
            assert file.streams.audio[0].metadata["title"] == "Title"


@pytest.mark.parametrize(("form", "suffix"), [("mp3", ".mp3"), ("aac", ".m4a"), ("opus", ".opus")])
def test_a_chapter_begins_where_it_does_and_ends_at_a_gap(tmp_path: Path, form: str, suffix: str) -> None:
    given = Chapter("One", 0.2, 0.4), Chapter("Two", 0.4, 0.6), Chapter("Three", 0.8, 1.0)
    path = lossy(tmp_path / f"a{suffix}", form, Tags("Title", chapters=given))
    with av.open(str(path)) as file:
        read = [(c["metadata"].get("title", ""), round(float(c["start"] * c["time_base"]), 2)) for c in file.chapters()]
    assert [entry for entry in read if entry[0]] == [(chapter.name, chapter.start_s) for chapter in given]
    assert [at_s for name, at_s in read if not name] == ([0.0, 0.6] if form == "aac" else [])


@pytest.mark.parametrize(("form", "suffix"), [("mp3", ".mp3"), ("aac", ".m4a"), ("opus", ".opus"), ("flac", ".flac")])
def test_a_picture_is_read_by_ffmpeg_and_the_sound_stays(tmp_path: Path, form: str, suffix: str) -> None:
    source = write(tmp_path / "a.wav", tone(330.0, 1.0, RATE), RATE)
    (tmp_path / "art.png").write_bytes(PNG)
    sounds = []
    for art in (None, str(tmp_path / "art.png")):
        settings = RenderSettings(target="-20", format=form, art=art)
        done = render_files.render(source, settings, out=str(tmp_path / f"out{suffix}"))
        file = AudioFile(done.written[0].file)
        sounds.append(file.read(0, file.frames))
        file.close()
    assert np.array_equal(*sounds)
    with av.open(done.written[0].file) as container:
        (picture,) = container.streams.video
        assert picture.codec_context.name == "png" and next(container.demux(picture)).size == len(PNG)
        assert {**container.metadata, **container.streams.audio[0].metadata}.get("title", "a") == "a"


def test_a_flac_that_has_one_block_only_takes_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, tone(330.0, 0.2, RATE), RATE)
    data = bytearray(path.read_bytes())
    blocks = data[8 : 8 + int.from_bytes(data[5:8], "big")]
    at = 4
    while not data[at] & 0x80:
        at += 4 + int.from_bytes(data[at + 1 : at + 4], "big")
    sound = data[at + 4 + int.from_bytes(data[at + 1 : at + 4], "big") :]
    path.write_bytes(b"fLaC\x80" + len(blocks).to_bytes(3, "big") + blocks + sound)
    pictures.into_flac(path, PNG)
    assert len(soundfile.read(path)[0]) == round(0.2 * RATE)


def test_a_picture_must_be_one(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no")
    with pytest.raises(UserError, match="neither a JPEG nor a PNG"):
        pictures.read(str(tmp_path / "a.png"))
    (tmp_path / "b.png").write_bytes(PNG + bytes(2**24))
    with pytest.raises(UserError, match="has 17 MB"):
        pictures.read(str(tmp_path / "b.png"))


def test_what_a_file_has_no_place_for_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write(tmp_path / "a.wav", tone(330.0, 1.0, RATE), RATE)
    with pytest.raises(UserError, match="art: a wav file holds no picture: add format mp3"):
        render_files.render(source, RenderSettings(target="podcast", art="cover.jpg"))
    settings = RenderSettings(target="-20", format="opus", bits="16")
    done = render_files.render(source, settings, out=str(tmp_path / "a.opus"))
    assert "bits 16: left out, opus has no bits per sample" in done.notes
    monkeypatch.setattr(encode, "takes_chapters", lambda: False)
    lossy(tmp_path / "b.m4a", "aac", Tags("T", chapters=CHAPTERS))
    with av.open(str(tmp_path / "b.m4a")) as file:
        assert file.chapters() == []
