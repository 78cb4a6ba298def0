"""Media of a project file: sections, what cannot be heard, envelopes, lanes, files that are missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixengine.model.session import EnvelopePoint
from tests.helpers import rpp_builders as b
from tests.helpers import sounds
from tests.helpers.encoded import encode, song
from tests.helpers.rpp_builders import clip_of, one_item


def section(*lines: str, inner: list[str] | None = None) -> list[str]:
    return ["<SOURCE SECTION", *lines, *(b.source("inner.wav") if inner is None else inner), ">"]


@pytest.mark.parametrize(
    ("media", "start", "length", "backwards"),
    [
        (section("LENGTH 2", "STARTPOS 1.5"), 1.5, 2.0, False),
        (section("LENGTH 2", "MODE 2", "STARTPOS 1.5"), 1.5, 2.0, True),
        (section("LENGTH 2", "MODE 3", "STARTPOS 1.5"), 0.0, None, True),
        (section("LENGTH 0"), 0.0, None, False),
        (section("LENGTH 2", "MODE 2", inner=section("MODE 3")), 0.0, 2.0, False),
    ],
)
def test_sections(media, start, length, backwards):
    source = clip_of(media=media).source
    assert (source.start_s, source.length_s, source.reversed) == (start, length, backwards)
    assert Path(source.path).name == "inner.wav"


@pytest.mark.parametrize(
    ("media", "kind"),
    [
        (b.source("a.wav", "_OFFLINE_WAVE"), "offline"),
        (b.source("a.wav"), "missing"),
        (b.source("a.mp4", "VIDEO"), "missing"),
        (b.source("a.mp3", "VIDEO"), "missing"),
        (b.source("a.rpp", "RPP_PROJECT"), "subproject"),
        (["<SOURCE MIDI", "HASDATA 1 960 QN", ">"], "midi"),
        (["<SOURCE CLICK", ">"], "click"),
        (["<SOURCE EMPTY", ">"], "empty"),
        (["<SOURCE", ">"], "empty"),
        (["<SOURCE SECTION", ">"], "empty"),
        (["<SOURCE WAVE", 'FILE ""', ">"], "empty"),
        (["<SOURCE WAVE", "FILE", ">"], "empty"),
        ([], "empty"),
    ],
)
def test_what_cannot_be_heard_says_why(media, kind):
    assert clip_of(media=media).source.kind == kind


def test_notes_name_what_is_not_played():
    assert clip_of(lines=("PLAYRATE 1.5 1 0 -1",)).notes == ("time stretch or pitch shift (played by resampling)",)
    assert clip_of(lines=("PLAYRATE 1 0 -2 -1",)).notes == ("time stretch or pitch shift (played by resampling)",)
    for rate, pitch in ((2, 12), (0.5, -12), (1.5, 7.01955000865387)):
        assert clip_of(lines=(f"PLAYRATE {rate} 1 {pitch} -1",)).notes == ()  # pitch as resampling has it
    odd = clip_of(lines=("PLAYRATE 0 0 0 -1",))
    assert (odd.rate, odd.notes) == (1.0, ("play rate 0 (played at 1)",))
    assert clip_of("SM 0 0 + 1 1", "SM 2 2").notes == ("stretch markers (played as if there were none)",)
    assert clip_of("<TAKEFX", *b.plugin(), ">").notes == ("take FX (not heard by mixengine)",)


def test_take_envelopes():
    clip = clip_of(*b.envelope("VOLENV", "0 1 0", "2 0.5 0"))
    (automation,) = clip.automation
    assert (automation.kind, [point.value for point in automation.points]) == ("volume", [1.0, 0.5])


def test_track_envelopes():
    data = b.project(
        b.track(
            1,
            b.envelope("VOLENV2", "3 0.25 0", "-0.0005 1 5 0 1 0 0.3", lines=("VOLTYPE 1",)),
            [line.replace("ACT 1", "ACT 0") for line in b.envelope("PANENV2", "0 -1 1")],
        )
    )
    volume, pan = b.read_track(data).automation
    assert (volume.kind, volume.active, volume.fader_scaling) == ("volume", True, True)
    assert volume.points == (EnvelopePoint(-0.0005, 1.0, 5, 0.3, True), EnvelopePoint(3.0, 0.25))
    assert (pan.kind, pan.active, pan.fader_scaling, pan.points) == ("pan", False, False, (EnvelopePoint(0, -1, 1),))


@pytest.fixture
def media(tmp_path):
    for name in ("song/near.wav", "song/Audio/in record.wav", "song/Media/sub.wav", "other/far.wav"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        sounds.write(path, sounds.tone(100.0, 0.1))
    return tmp_path


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("near.wav", "song/near.wav"),
        ("Media/sub.wav", "song/Media/sub.wav"),
        ("Media\\sub.wav", "song/Media/sub.wav"),
        ("../other/far.wav", "other/far.wav"),
        ("..\\other\\far.wav", "other/far.wav"),
        ("C:\\Users\\me\\Songs\\near.wav", "song/near.wav"),
        ("/home/else/in record.wav", "song/Audio/in record.wav"),
        ("Lost/in record.wav", "song/Audio/in record.wav"),
    ],
)
def test_media_are_found(media, written, found):
    data = b.project(b.track(1, b.item(10, media=b.source(written))), ['RECORD_PATH "Audio" ""'])
    clip = b.read_clip(data, media / "song" / "song.RPP")
    assert (clip.source.kind, clip.source.path) == ("audio", str(media / found))


def test_lost_media_keep_their_name(media):
    data = one_item(media=b.source("C:\\gone\\away.wav"))
    clip = b.read_clip(data, media / "song" / "song.RPP")
    assert (clip.source.kind, clip.source.path) == ("missing", "C:\\gone\\away.wav")
    clip = b.read_clip(one_item(media=b.source("gone/away.wav")), media / "song" / "song.RPP")
    assert clip.source.path == str(media / "song" / "gone" / "away.wav")
    folder = b.read_clip(one_item(media=b.source("Media")), media / "song" / "song.RPP")
    assert folder.source.kind == "missing"


@pytest.mark.parametrize("name", ["a\0b.wav", "\udcff\udcfe.wav", "x" * 5000, "..", "/", "\\\\", "con:"])
def test_strange_names_of_media_are_missing(media, name):
    clip = b.read_clip(one_item(media=b.source(name)), media / "song" / "song.RPP")
    assert clip.source.kind == "missing"


def test_frozen_items_do_not_count():
    data = b.project(b.track(1, ["<FREEZE", *b.item(8), *b.item(9), ">"], b.item(10)))
    assert [clip.id for clip in b.read_track(data).clips] == [b.guid(10)]


LANES = ("FREEMODE 2", "FIXEDLANES 9 0 0 0 0", "LANESOLO 2 0 0 0 0 0 0 0", "ITEMLANES 3")


@pytest.mark.parametrize(
    ("lines", "heard"),
    [
        (LANES, [12]),
        (("FREEMODE 2", "LANESOLO 5 0", "ITEMLANES 3"), [11, 13]),
        (("FREEMODE 1", *LANES[1:]), [11, 12, 13]),
        (("FREEMODE 0", *LANES[1:]), [11, 12, 13]),
        (LANES[1:], [11, 12, 13]),
    ],
)
def test_only_the_playing_lanes_are_heard(lines, heard):
    places = ("YPOS 0 0.333333", "YPOS 0.333333 0.333333", "YPOS 0.666667 0.333333")
    items = [b.item(11 + i, lines=(place,)) for i, place in enumerate(places)]
    data = b.project(b.track(1, *items, lines=lines))
    assert [clip.id for clip in b.read_track(data).clips] == [b.guid(number) for number in heard]


def test_media_are_held_against_the_disk(tmp_path):
    """Films give their sound; what cannot be read is marked, with the reason."""
    import av

    encode(tmp_path / "guest.mp4", song(0.5), 44100, "aac", "mp4")
    with av.open(str(tmp_path / "silent.mp4"), "w") as file:
        stream = file.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 64
        file.mux([*stream.encode(av.VideoFrame(64, 64, "yuv420p")), *stream.encode(None)])
    (tmp_path / "page.mp3").write_bytes(b"<!DOCTYPE html><html></html>")

    def kind(name: str, word: str) -> tuple[str, tuple[str, ...]]:
        data = b.project(b.track(1, b.item(10, media=b.source(name, word))))
        clip = b.read_clip(data, tmp_path / "song.RPP")
        return clip.source.kind, clip.notes

    assert kind("guest.mp4", "VIDEO") == ("audio", ())
    assert kind("silent.mp4", "VIDEO") == ("video", ())
    what, notes = kind("page.mp3", "MP3")
    assert what == "damaged" and "is a web page" in notes[0]
