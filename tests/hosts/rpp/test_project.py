from __future__ import annotations

import math
from pathlib import Path

import pytest

from mixengine.hosts.rpp import extstate
from mixengine.hosts.rpp.check import check
from mixengine.hosts.rpp.project import Project
from mixengine.model.plan import Fader, NewTrack
from mixengine.model.session import EQUAL_POWER, EnvelopePoint, Fade, Marker
from mixengine.system.errors import UserError
from tests.helpers import rpp_builders as b


def one_item(*args, **options) -> bytes:
    return b.project(b.track(1, b.item(10, *args, **options)))


def clip_of(*args, path=b.PLACE, **options):
    return b.read_clip(one_item(*args, **options), path)


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
        (b.source("a.mp4", "VIDEO"), "video"),
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
        path.write_bytes(b"RIFF")
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


def test_markers_and_regions():
    lines = [
        'MARKER 1 2 "" 0 0 1 R',
        "MARKER 1 4 Verse 1 0 1 R",
        'MARKER 2 8 "" 1 0 1 R',
        'MARKER 1 8 "" 1 0 1 R',
        'MARKER 2 12 "" 1',
        "MARKER 3 1 lonely 1",
    ]
    assert b.load(b.project(lines)).session().markers == (
        Marker("", 2.0),
        Marker("Verse", 4.0, 8.0),
        Marker("", 8.0, 12.0),
    )


def test_roles_are_remembered_in_the_project():
    data = b.project(b.track(1))
    project = b.load(data)
    extstate.write(project.document, {"ROLES": f'{{"{b.guid(1)}": "vocals"}}'})
    assert b.read_track(project.document.render()).role == "vocals"


@pytest.mark.parametrize("text", ["[]", "{", "3", "[" * 50_000])
def test_damaged_roles_are_forgotten(text):
    project = b.load(b.project(b.track(1)))
    extstate.write(project.document, {"ROLES": text})
    assert b.read_track(project.document.render()).role is None


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"RIFF", b"<", b"<TRACK\n>\n", b"\xef\xbb\xbf", b"<REAPER_PROJECTX\n>", b"\0" * 99]
)
def test_other_files_are_refused(tmp_path, data):
    path = tmp_path / "song.RPP"
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"song\.RPP: not a REAPER project"):
        Project.load(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        Project.load(tmp_path / "none.RPP")
    with pytest.raises(UserError, match="cannot be read"):
        Project.load(tmp_path)


def test_a_truncated_file_is_read_but_not_written():
    whole = b.project(b.track(1), b.track(2, b.item(10)))
    data = whole[: whole.index(b"LENGTH")]
    project = b.load(data)
    session = project.session()
    assert [track.name for track in session.tracks] == ["T1", "T2"]
    last = data.count(b"\n") + 1
    assert session.notes == (f"line {last}: the file ends inside <ITEM: it was cut off",)
    opened = data[: data.index(b"<ITEM")].count(b"\n") + 1
    with pytest.raises(UserError, match=rf"song\.RPP: line {last}: the file ends inside <ITEM \(line {opened}\)"):
        project.check_writable()


def test_every_truncation_is_noticed():
    whole = b.project(b.track(1, b.item(10), b.envelope("VOLENV2", "0 1 0"), b.chain(b.plugin())))
    end = whole.rindex(b">")
    for cut in range(whole.index(b"\n"), end):
        project = b.load(whole[:cut])
        project.session()
        with pytest.raises(
            UserError,
            match=f"line {whole[:cut].count(chr(10).encode()) + bool(not whole[:cut].endswith(chr(10).encode()))}: ",
        ):
            project.check_writable()
    b.load(whole[: end + 1]).check_writable()


@pytest.mark.parametrize("rest", [b.project(), b"<TRACK\n>\n", b">\n"])
def test_a_second_project_behind_the_end_is_refused(rest):
    first = b.project(b.track(1))
    with pytest.raises(UserError, match=f"line {first.count(chr(10).encode()) + 1}: more text after the end"):
        b.load(first + rest).check_writable()
    b.load(first + b"\0\r\n").check_writable()


def test_check_counts_what_it_understood(tmp_path):
    path = tmp_path / "song.RPP"
    path.write_bytes(
        b.project(
            b.track(
                1, b.envelope("VOLENV2", "0 1 0", "1 1 0"), ["<FREEZE", *b.item(7), ">"], b.item(8, "TAKE", *b.source())
            )
        ),
    )
    result = check(str(path))
    assert result.identical
    assert (result.version, result.tracks, result.items, result.takes) == ("7.41/win64", 1, 1, 2)
    assert (result.envelopes, result.points, result.reaeq_bands) == (1, 2, 0)
    assert result.warnings == ["1 items whose media is missing"]


def test_automation_items_are_reported():
    data = b.project(b.track(1, b.envelope("VOLENV2", "0 1 0", lines=("POOLEDENVINST 1 0 1",))))
    assert b.load(data).session().notes == ("automation items in 1 envelopes are not evaluated",)
