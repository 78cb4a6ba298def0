"""Equalisers, items and markers written into a project file, whatever their texts."""

from __future__ import annotations

import pytest

from mixengine.model.plan import Equalizer, Fader, Marker, MuteClip, NewClip, NewTrack
from mixengine.model.session import EqBand
from mixengine.system.errors import UserError
from tests.helpers import rpp_builders as b
from tests.helpers.rpp_changes import BANDS, DELAY, ONE


@pytest.mark.parametrize(
    "inside",
    [
        (),
        (b.chain(),),
        (b.chain(DELAY),),
        (b.chain(DELAY, DELAY), b.item(10)),
        (b.item(10),),
        (["<FXCHAIN", "WNDRECT 1 2 3 4", ">"],),
    ],
)
def test_an_equaliser_is_added_and_taken_away(inside):
    data = b.project(b.track(1, *inside))
    change = Equalizer(ONE, "our EQ", None, BANDS)
    written = b.done(data, change)
    effect = b.read_track(written).effects[-1]
    assert (effect.label, effect.bands) == ("our EQ", BANDS)
    assert len(b.read_track(written).effects) == len(b.read_track(data).effects) + 1
    assert b.undone(data, change) == data


def test_an_equaliser_is_updated_in_place():
    ours = b.reaeq("our EQ", BANDS, b.guid(8))
    data = b.project(b.track(1, b.chain(DELAY, ours, ["<PARMENV 0 0 1 0.5", "PT 0 1 0", ">"], DELAY)))
    change = Equalizer(ONE, "our EQ", BANDS, (*BANDS, EqBand("notch", 50.0, -12.0, 0.1)))
    written = b.done(data, change)
    assert len(b.read_track(written).effects) == 3
    assert b.read_track(written).effects[1].bands == change.after
    assert b.undone(data, change) == data
    gone = b.done(data, Equalizer(ONE, "our EQ", BANDS, None))
    assert gone == b.project(b.track(1, b.chain(DELAY, DELAY)))


def test_the_users_own_plugin_of_that_name_is_not_touched():
    data = b.project(b.track(1, b.chain(b.plugin(label="our EQ"))))
    written = b.done(data, Equalizer(ONE, "our EQ", None, BANDS), Equalizer(ONE, "our EQ", BANDS, BANDS[:1]))
    assert [effect.bands for effect in b.read_track(written).effects] == [(), BANDS[:1]]


def test_clips_are_muted_and_unmuted():
    data = b.project(b.track(1, b.item(10), b.item(10)))
    written = b.done(data, MuteClip(ONE, b.guid(10) + "#2", False, True))
    assert [clip.mute for clip in b.read_track(written).clips] == [False, True]
    assert written.count(b"MUTE 1 0") == 1
    assert b.undone(data, MuteClip(ONE, b.guid(10) + "#2", False, True)) == data
    bare = data.replace(b"      MUTE 0 0\r\n", b"")
    assert b.done(bare, MuteClip(ONE, b.guid(10), True, False)) == bare
    assert b.read_track(b.done(bare, MuteClip(ONE, b.guid(10), False, True))).clips[0].mute


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("a b.wav", "WAVE"),
        ("sub/x.flac", "FLAC"),
        ("x.OGG", "VORBIS"),
        ("x.mp3", "MP3"),
        ('say "hi".wav', "WAVE"),
        ("x", "WAVE"),
    ],
)
def test_a_new_clip_reads_back(file, kind):
    data = b.project(b.track(1, b.item(10)), b.track(2))
    change = NewClip(ONE, b.guid(20), file, 1.25, 2.5, 0.5, "my 'clip'")
    written = b.done(data, change)
    clip = b.read_track(written).clips[1]
    assert (clip.id, clip.position_s, clip.length_s, clip.offset_s, clip.name) == (
        b.guid(20),
        1.25,
        2.5,
        0.5,
        "my 'clip'",
    )
    assert clip.source.path == str(b.PLACE.parent / file)
    assert f"<SOURCE {kind}\r\n".encode() in written
    assert b.undone(data, change) == data


@pytest.mark.parametrize(
    "existing", [[], ["MARKER 3 1 a 0"], ["MARKER 1 0 x 1", 'MARKER 1 4 "" 1', 'MARKER 2 4 "" 1', 'MARKER 2 6 "" 1']]
)
@pytest.mark.parametrize(
    "change",
    [
        Marker("verse", 4.5),
        Marker("", 4.0),
        Marker("", 4.0, 5.0),
        Marker('"it\'s" `x`', 1 / 3, 2 / 3),
        Marker("two\nlines", 0.0),
    ],
)
def test_markers_come_and_go(existing, change):
    data = b.project(existing, ["<PROJBAY", ">"], b.track(1))
    written = b.done(data, change)
    result = b.load(written).session().markers
    old = b.load(data).session().markers
    assert result[: len(old)] == old
    assert len(result) == len(old) + 1
    assert (result[-1].time_s, result[-1].end_s) == (
        pytest.approx(change.time_s),
        change.end_s and pytest.approx(change.end_s),
    )
    assert b.undone(data, change) == data


@pytest.mark.parametrize(
    "evil",
    ["x\r\n>\r\n<TRACK {9}", "a\nb", '"', "\"'`", "", "nul\0", "\ud800", "#", "<TRACK", ">", "  ", "\u2028"],
)
def test_no_text_of_a_plan_breaks_the_file(evil):
    def result(text: str) -> bytes:
        return b.done(
            b.project(b.track(1, b.item(10))),
            NewTrack(text or "{X}", text),
            NewTrack(b.guid(5), text),
            NewClip(ONE, text or "{Y}", text or "f", 0.0, 1.0, 0.0, text),
            Marker(text, 1.0),
            Equalizer(ONE, text or "l", None, BANDS),
        )

    written = result(evil)
    session = b.load(written).session()
    assert len(session.tracks) == 3
    assert len(session.tracks[0].clips) == 2
    assert len(session.markers) == 1
    assert len(session.tracks[0].effects) == 1
    assert written.count(b"\n") == result("tame").count(b"\n")


def test_a_project_that_is_cut_off_is_not_written():
    data = b.project(b.track(1))
    with pytest.raises(UserError, match="it was cut off and is not written"):
        b.apply(data[:-5], Fader(ONE, 0.0, -3.0))
    with pytest.raises(UserError, match="more text after the end"):
        b.apply(data * 2, Fader(ONE, 0.0, -3.0))
