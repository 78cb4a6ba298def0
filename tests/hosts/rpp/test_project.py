"""What is read of a project file: tracks, folders, items, takes."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from mixengine.model.plan import Fader, NewTrack
from mixengine.model.session import EQUAL_POWER, Fade
from tests.helpers import rpp_builders as b
from tests.helpers.rpp_builders import clip_of, one_item


def test_the_projects_own_fields():
    head = ("SAMPLERATE 96000 1 0", "TEMPO 87,5 4 4 0", "MASTER_VOLUME 0.5 0 -1 -1 1")
    session = b.load(b.project(head=head), Path("/x/my song.RPP")).session()
    assert (session.name, session.sample_rate, session.tempo_bpm) == ("my song", 96000, 87.5)
    assert session.master_db == pytest.approx(-6.0206, abs=1e-4)
    assert session.tracks == ()


@pytest.mark.parametrize(
    ("line", "rate"),
    [
        ("SAMPLERATE 96000 1 0", 96000),
        ("SAMPLERATE 96000 0 0", 96000),
        ("SAMPLERATE 0 1 0", 44100),
        ("SAMPLERATE -5 1", 44100),
        ("SAMPLERATE", 44100),
        ("X", 44100),
    ],
)
def test_the_rate_without_media(line, rate):
    assert b.load(b.project(head=(line,))).session().sample_rate == rate


def test_the_media_decide_when_the_rate_is_not_in_force(tmp_path):
    np = pytest.importorskip("numpy")
    soundfile = pytest.importorskip("soundfile")
    soundfile.write(tmp_path / "a.wav", np.zeros(10), 32000)
    data = b.project(b.track(1, b.item(10)), head=("SAMPLERATE 44100 0 0",))
    assert b.load(data, tmp_path / "song.RPP").session().sample_rate == 32000


def test_a_tracks_fields():
    lines = ("IPHASE 1", "SEL 1")
    data = b.project(b.track(1, name='"Kick in"', volpan="0.5 -0.25 -1 -1 1", lines=lines))
    data = data.replace(b"MUTESOLO 0 0 0", b"MUTESOLO 1 2 0").replace(b"NCHAN 2", b"NCHAN 4")
    track = b.read_track(data)
    assert (track.name, track.pan, track.mute, track.solo, track.inverted) == ("Kick in", -0.25, True, True, True)
    assert (track.selected, track.channels) == (True, 4)
    assert track.fader_db == pytest.approx(-6.0206, abs=1e-4)


@pytest.mark.parametrize(("volpan", "db"), [("0 0 -1", -math.inf), ("1", 0.0), ("x", 0.0), ("1,5 0", 3.5218)])
def test_faders(volpan, db):
    assert b.read_track(b.project(b.track(1, volpan=volpan))).fader_db == pytest.approx(db, abs=1e-4)


def test_a_very_old_file():
    data = b.render(
        [
            "<REAPER_PROJECT 0.1",
            "<TRACK",
            "VOLPAN 0.5 0",
            "<ITEM",
            "POSITION 1",
            "LENGTH 2",
            *b.source(),
            ">",
            ">",
            "<TRACK",
            ">",
            ">",
        ]
    )
    session = b.load(data).session()
    assert [(track.id, track.name) for track in session.tracks] == [("track-1", "Track 1"), ("track-2", "Track 2")]
    (clip,) = session.tracks[0].clips
    assert (clip.id, clip.position_s, clip.length_s, clip.rate, clip.loop) == ("item-1", 1.0, 2.0, 1.0, False)
    assert (session.tempo_bpm, session.master_db) == (120.0, 0.0)


def test_a_new_track_renames_no_track_that_has_no_guid():
    data = b.project(b.track(1), ["<TRACK", "NAME old", ">"])
    changes = (NewTrack(b.guid(7), "new", b.guid(1)), Fader("track-1", 0.0, -20.0))
    faders = {track.name: track.fader_db for track in b.load(b.done(data, *changes)).session().tracks}
    assert faders == {"T1": 0.0, "new": 0.0, "old": pytest.approx(-20.0)}


def test_ids_are_unique_when_guids_are_not():
    data = b.project(b.track(1, b.item(5), b.item(5), b.item(5)), b.track(1), b.track(2))
    session = b.load(data).session()
    assert [track.id for track in session.tracks] == [b.guid(1), b.guid(1) + "#2", b.guid(2)]
    assert [clip.id for clip in session.tracks[0].clips] == [b.guid(5), b.guid(5) + "#2", b.guid(5) + "#3"]


def test_clips_have_the_ids_under_which_they_are_written():
    data = b.project(
        b.track(
            1,
            b.item(5, "TAKE SEL", "NAME x", f"GUID {b.guid(7)}", *b.source(), lines=(f"GUID {b.guid(6)}",)),
            b.item(5),
        )
    )
    for text in (data, data.replace(b"IGUID", b"OTHER")):
        project = b.load(text)
        block = next(iter(project.tracks.values()))
        assert [clip.id for clip in project.session().tracks[0].clips] == list(project.items(block))


def test_folders_nest_and_close_several_levels_at_once():
    data = b.project(
        b.track(1, bus="1 1"),
        b.track(2, bus="1 1"),
        b.track(3),
        b.track(4, bus="2 -2"),
        b.track(5, bus="1 1"),
        b.track(6, bus="2 -1"),
        b.track(7),
    )
    assert b.tree(data) == {"T1": None, "T2": "T1", "T3": "T2", "T4": "T2", "T5": None, "T6": "T5", "T7": None}
    session = b.load(data).session()
    assert [track.name for track in session.tracks if track.is_folder] == ["T1", "T2", "T5"]
    assert [folder.name for folder in session.ancestors(session.tracks[3])] == ["T2", "T1"]


def test_closing_more_folders_than_are_open_is_harmless():
    data = b.project(b.track(1, bus="2 -3"), b.track(2, bus="1 1"), b.track(3, bus="2 -9"), b.track(4))
    assert b.tree(data) == {"T1": None, "T2": None, "T3": "T2", "T4": None}


def test_where_a_clip_stands():
    clip = clip_of(lines=("PLAYRATE 1.25 0 0 -1 0 0.0025", "CHANMODE 3"))
    assert (clip.position_s, clip.length_s, clip.offset_s, clip.rate) == (1.5, 3.25, 0.75, 1.25)
    assert (clip.end_s, clip.loop, clip.mute, clip.channel_mode, clip.name) == (4.75, True, False, 3, "take1")
    assert clip.notes == ()


TWO = ("NAME two", "TAKEVOLPAN 0.5 -0.25 -1", "SOFFS 3", "PLAYRATE 2 0 0 -1", "CHANMODE 4", *b.source("two.wav"))


def test_the_first_take_is_active_unless_another_is_selected():
    first = clip_of("TAKE", *TWO, volpan="0.5 -0.5 0.25 -1")
    assert (first.name, first.offset_s, first.rate, first.channel_mode) == ("take1", 0.75, 1.0, 0)
    assert (first.pan, first.inverted) == (-0.5, False)
    assert first.gain_db == pytest.approx(20 * math.log10(0.125))
    second = clip_of("TAKE SEL", *TWO, volpan="0.5 -0.5 0.25 -1")
    assert (second.name, second.offset_s, second.rate, second.channel_mode) == ("two", 3.0, 2.0, 4)
    assert (second.pan, second.inverted) == (0.5, True)
    assert second.gain_db == pytest.approx(20 * math.log10(0.125))
    assert Path(second.source.path).name == "two.wav"


def test_of_three_takes_the_selected_one_plays():
    clip = clip_of("TAKE", *TWO, "TAKE SEL", "NAME three", *b.source("three.wav"))
    assert (clip.name, clip.offset_s, clip.gain_db, clip.pan) == ("three", 0.0, 0.0, 0.0)
    assert clip.inverted is False


@pytest.mark.parametrize("line", ["TAKE NULL SEL", "TAKE SEL NULL"])
def test_an_empty_active_take_is_silent(line):
    clip = clip_of(line)
    assert clip.source.kind == "empty"
    assert b.read_track(one_item(line)).audio_clips == ()


def test_an_empty_take_that_is_not_active_changes_nothing():
    assert clip_of("TAKE NULL").source.path.endswith("a.wav")


@pytest.mark.parametrize(
    ("volpan", "gain", "inverted"),
    [("1 0 -1 -1", 0.0, True), ("0.5 0 -0.5 -1", -12.0412, True), ("-1 0 -1 -1", 0.0, False), ("0.5", -6.0206, False)],
)
def test_volume_and_polarity(volpan, gain, inverted):
    clip = clip_of(volpan=volpan)
    assert clip.gain_db == pytest.approx(gain, abs=1e-4)
    assert clip.inverted is inverted


def test_muted_items_do_not_sound():
    track = b.read_track(one_item().replace(b"MUTE 0 0", b"MUTE 1 0"))
    assert [clip.mute for clip in track.clips] == [True]
    assert track.audio_clips == ()


@pytest.mark.parametrize(
    ("line", "fade"),
    [
        ("FADEIN 1 0.01 0 1 0 0 0", Fade(0.01, 1, 0.0)),
        ("FADEIN 2 0.5 0.02 1 0 0.75 0", Fade(0.02, 2, 0.75)),
        ("FADEIN 1.1 0.3 0 1 0 0 0", Fade(0.3, EQUAL_POWER, 0.0)),
        ("FADEIN 1 0.3", Fade(0.3, 1, 0.0)),
        ("FADEIN 99 -1 0 1 0 5", Fade(0.0, 0, 1.0)),
        ("FADEIN", Fade(0.0, 0, 0.0)),
        ("X", Fade()),
    ],
)
def test_fades(line, fade):
    assert clip_of(lines=(line,)).fade_in == fade
    assert clip_of(lines=(line.replace("FADEIN", "FADEOUT"),)).fade_out == fade
