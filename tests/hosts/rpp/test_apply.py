from __future__ import annotations

import base64
import math
import random
import re
import zlib
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mixengine.hosts.rpp import apply as writer
from mixengine.hosts.rpp import extstate, media, reacomp
from mixengine.hosts.rpp.syntax import format_number
from mixengine.model.plan import (
    Compressor,
    Envelope,
    Equalizer,
    Fader,
    Marker,
    MasterTrim,
    MuteClip,
    NewClip,
    NewTake,
    NewTrack,
    Pan,
    revert,
)
from mixengine.model.session import CompressorSettings, EnvelopePoint, EqBand
from mixengine.model.units import amplitude, decibels
from mixengine.system.errors import UserError
from tests.helpers import rpp_builders as b

QUICK = settings(deadline=None, max_examples=60)
ONE, TWO = b.guid(1), b.guid(2)
DELAY = b.plugin()
BANDS = (EqBand("band", 1000.0, -3.0, 1.5), EqBand("high_pass", 80.0, 0.0, 2.0, False))
DUCK = (EnvelopePoint(1.0, 1.0), EnvelopePoint(2.0, 0.25, 5, 0.5), EnvelopePoint(3.0, 0.5, 1))


def at(volume: float) -> float:
    return decibels(volume)


@pytest.mark.parametrize(
    "twist",
    [
        lambda data: data,
        lambda data: data.replace(b"\r\n", b"\n"),
        lambda data: data.replace(b"  ", b"\t"),
        lambda data: data.replace(b"  ", b""),
        lambda data: data.replace(b"RIPPLE 0\r\n", b"RIPPLE 0\n"),
        lambda data: data.replace(b"NCHAN 2", b"NCHAN 2  \t"),
        lambda data: data.replace(b"NAME T1", b"NAME \xff\xfe"),
        lambda data: data.replace(b"NAME T1", 'NAME "a\u2028b\u0085"'.encode()),
        lambda data: data.replace(b"NAME T1", b'NAME `"it\'s"`'),
        lambda data: data + b"\0",
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.replace(b"VOLPAN ", b'VOLPAN   "').replace(b"0.5 0 -1", b'0.5" 0 -1'),
    ],
)
def test_a_fader_changes_one_word(twist):
    data = twist(b.project(b.track(1, volpan="0.5 0 -1 -1 1"), b.track(2, volpan="0.25 0 -1 -1 1")))
    written = b.done(data, Fader(ONE, at(0.5), -20.0))
    assert written in (data.replace(b"0.5 0 -1", b"0.1 0 -1"), data.replace(b'"0.5"', b"0.1"))


@pytest.mark.parametrize("after", [-math.inf, -250.0, -150.0, -3.0, 0.0, 12.0])
def test_faders_come_back(after):
    data = b.project(b.track(1, volpan="0.70794578438414 0 -1 -1 1"))
    assert b.undone(data, Fader(ONE, at(0.70794578438414), after)) == data


@QUICK
@given(st.floats(1e-7, 4.0), st.floats(-100, 12))
def test_any_fader_comes_back_digit_by_digit(volume, after):
    text = format_number(volume)
    data = b.project(b.track(1, volpan=f"{text} 0 -1 -1 1"), head=(f"MASTER_VOLUME {text} 0 -1 -1 1",))
    before = b.read_track(data).fader_db
    assert b.undone(data, Fader(ONE, before, after), MasterTrim(before, after)) == data


def test_a_fader_that_is_down_comes_back():
    data = b.project(b.track(1, volpan="0 0 -1 -1 1"))
    assert b"VOLPAN 1 0" in b.done(data, Fader(ONE, -math.inf, 0.0))
    assert b.undone(data, Fader(ONE, -math.inf, 0.0)) == data


def test_a_reversed_fader_stays_reversed():
    data = b.project(b.track(1, volpan="-0.5 0 -1 -1 1"))
    assert b"VOLPAN -0.1 0" in b.done(data, Fader(ONE, at(0.5), -20.0))


@pytest.mark.parametrize(
    ("volpan", "fader", "pan"),
    [
        ("VOLPAN", "VOLPAN 0.1", "VOLPAN 1 0.5"),
        ("VOLPAN 1", "VOLPAN 0.1", "VOLPAN 1 0.5"),
        ("VOLPAN 1 0", "VOLPAN 0.1 0", "VOLPAN 1 0.5"),
        ("", "VOLPAN 0.1 0 -1 -1 1", "VOLPAN 1 0.5 -1 -1 1"),
    ],
)
def test_short_and_missing_volume_lines(volpan, fader, pan):
    data = b.project(b.track(1)).replace(b"VOLPAN 1 0 -1 -1 1", volpan.encode())
    if not volpan:
        data = data.replace(b"    \r\n", b"")
    assert f"{fader}\r\n".encode() in b.done(data, Fader(ONE, 0.0, -20.0))
    assert f"{pan}\r\n".encode() in b.done(data, Pan(ONE, 0.0, 0.5))
    both = b.read_track(b.done(data, Fader(ONE, 0.0, -20.0), Pan(ONE, 0.0, 0.5), Fader(ONE, -20.0, -40.0)))
    assert (both.fader_db, both.pan) == (pytest.approx(-40.0), 0.5)
    assert b.done(data, Fader(ONE, 0.0, 0.0), Pan(ONE, 0.0, 0.0)) == data
    assert b.apply(data, Fader(ONE, -9.0, -20.0), Pan(ONE, 0.7, 1.0)).data == data


def test_running_twice_gives_the_same_result():
    data = b.project(b.track(1, b.item(10)))
    changes = (
        Fader(ONE, 0.0, -5.0),
        Pan(ONE, 0.0, 0.5),
        MasterTrim(0.0, -1.0),
        Envelope(ONE, "volume", 1.0, 3.0, (), DUCK, created=True),
        Equalizer(ONE, "EQ", None, BANDS),
        MuteClip(ONE, b.guid(10), False, True),
    )
    once = b.done(data, *changes)
    assert b.done(once, *changes) == once


def test_two_changes_of_one_object_see_each_other():
    data = b.project(b.track(1, b.item(10)))
    written = b.done(
        data,
        Fader(ONE, 0.0, -5.0),
        Fader(ONE, -5.0, -20.0),
        MuteClip(ONE, b.guid(10), False, True),
        MuteClip(ONE, b.guid(10), True, False),
        MasterTrim(0.0, 1.0),
        MasterTrim(1.0, -20.0),
    )
    expected = data.replace(b"    VOLPAN 1 0 -1 -1 1", b"    VOLPAN 0.1 0 -1 -1 1", 1)
    assert written == expected.replace(b"MASTER_VOLUME 1", b"MASTER_VOLUME 0.1")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (Fader(ONE, -3.0, -5.0), "fader of 'T1' stands at 0.00 dB; the plan expects −3.00 dB"),
        (Pan(ONE, 0.5, 0.7), r"pan of 'T1' was moved to \+0.00"),
        (MasterTrim(-3.0, -5.0), "the master fader stands at 0.00 dB"),
        (Fader(b.guid(9), 0.0, 1.0), "track .* is not in the project any more"),
        (MuteClip(ONE, b.guid(9), False, True), "item .* is not on its track any more"),
        (Envelope(ONE, "volume", 0.0, 9.0, (EnvelopePoint(1.0, 0.5),), ()), "volume envelope of 'T1' was edited"),
        (Envelope(ONE, "pan", 0.0, 9.0, (EnvelopePoint(1.0, 0.5),), DUCK), "pan envelope of 'T1' was edited"),
        (Envelope(ONE, "wobble", 0.0, 9.0, (), DUCK), "envelope 'wobble' is unknown"),
        (Equalizer(ONE, "mine", BANDS[:1], BANDS[1:]), "equaliser 'mine' on 'T1' was changed"),
        (Equalizer(ONE, "mine", None, BANDS[1:]), "equaliser 'mine' on 'T1' was changed"),
        (Equalizer(ONE, "gone", BANDS, BANDS[1:]), "equaliser 'gone' on 'T1' is not in the project any more"),
        (Equalizer(ONE, "new", None, (EqBand("bell", 100.0),)), "ReaEQ cannot be set like that"),
        (NewTrack(ONE, "copy"), "the project already has track 'copy'"),
        (NewTrack(b.guid(3), "child", parent=b.guid(9)), "is not in the project any more"),
        (NewTrack(b.guid(9), "gone", remove=True), "is not in the project any more"),
        (NewTrack(ONE, "T1", remove=True), "track 'T1' holds items that are not mixengine's"),
        (NewClip(ONE, b.guid(10), "a.wav", 0.0, 1.0), "track 'T1' already has item 'a.wav'"),
        (NewClip(ONE, b.guid(11), "a.wav", 0.0, 1.0, remove=True), "item .* is not on its track any more"),
        (Marker("none", 1.0, remove=True), "marker 'none' is not in the project any more"),
        (Marker("here", 2.0), "the project already has marker 'here'"),
    ],
)
def test_what_was_changed_meanwhile_is_left_alone_and_reported(change, message):
    data = b.project(
        ["MARKER 1 2 here 0"],
        b.track(
            1,
            b.envelope("VOLENV2", "2 0.5 0", "20 1 0"),
            b.chain(b.reaeq("mine", BANDS, b.guid(8))),
            b.item(10),
        ),
        b.track(2),
    )
    result = b.apply(data, change, Fader(TWO, 0.0, -20.0))
    assert len(result.skipped) == 1
    assert re.search(message, result.skipped[0])
    assert result.applied == 1
    assert result.data == data.replace(b"NAME T2\r\n    VOLPAN 1", b"NAME T2\r\n    VOLPAN 0.1")


def test_a_locked_track_is_left_alone_and_named_once():
    data = b.project(b.track(1, b.item(10), lines=("LOCK 1",), name="Kick"), b.track(2))
    result = b.apply(
        data,
        Fader(ONE, 0.0, -5.0),
        Envelope(ONE, "volume", 1.0, 3.0, (), DUCK, created=True),
        Equalizer(ONE, "EQ", None, BANDS),
        MuteClip(ONE, b.guid(10), False, True),
        NewTrack(b.guid(3), "stem", ONE),
    )
    assert result.skipped == ["'Kick' is locked in REAPER: left as it is"]
    assert (result.applied, b.tree(result.data)) == (1, {"Kick": None, "stem": "Kick", "T2": None})
    assert [track.locked for track in b.load(data).session().tracks] == [True, False]
    assert b.load(data).session().notes == ("locked in REAPER, left as they are: Kick",)
    unlocked = data.replace(b"LOCK 1", b"LOCK 0")
    assert b"VOLPAN 0.1 0" in b.done(unlocked, Fader(ONE, 0.0, -20.0))


def test_a_project_without_master_volume():
    assert b.apply(b.project(head=()), MasterTrim(0.0, -3.0)).skipped == ["the project has no MASTER_VOLUME line"]


@pytest.mark.parametrize(
    "inside",
    [
        (),
        (b.item(10),),
        (b.chain(DELAY), b.item(10)),
        (["<FREEZE", ">"],),
        (b.envelope("VOLENV", "0 1 0"), b.chain(DELAY)),
    ],
)
@pytest.mark.parametrize("kind", ["volume_pre_fx", "volume", "volume_trim", "pan", "mute"])
def test_a_new_envelope_stands_before_plugins_and_items(inside, kind):
    data = b.project(b.track(1, *inside))
    change = Envelope(ONE, kind, 1.0, 3.0, (), DUCK, created=True)
    if kind == "volume_pre_fx" and b"<VOLENV" in data:
        change = Envelope(ONE, kind, 1.0, 3.0, (), DUCK)
    written = b.done(data, change)
    names = [block.name for block in b.load(written).root.all("TRACK")[0].children]
    ranks = [0 if "ENV" in name else 1 if name == "FXCHAIN" else 2 for name in names]
    assert ranks == sorted(ranks)
    (found,) = (x for x in b.read_track(written).automation if x.kind == kind)
    assert found.points[-3:] == DUCK
    assert b.undone(data, change) == data


def test_new_things_on_one_track_stand_in_reapers_order():
    data = b.project(b.track(1))
    changes = [
        NewClip(ONE, b.guid(20), "a.wav", 0.0, 1.0),
        Equalizer(ONE, "EQ", None, BANDS),
        Envelope(ONE, "volume", 1.0, 3.0, (), DUCK, created=True),
        Envelope(ONE, "pan", 1.0, 3.0, (), DUCK, created=True),
    ]
    for _ in range(6):
        random.Random(len(changes)).shuffle(changes)
        written = b.done(data, *changes)
        names = [block.name for block in b.load(written).root.all("TRACK")[0].children]
        assert (sorted(names[:2]), names[2:]) == (["PANENV2", "VOLENV2"], ["FXCHAIN", "ITEM"])
        assert b.undone(data, *changes) == data
        changes = changes[1:] + changes[:1]


def test_points_outside_the_range_survive():
    user = ["-0.0005 1 0", "0.5 0.7 5 0 0 0 0.3", "1.5 0.9 0", "2.5 0.8 2 0 1", "4 0.6 1", "9 1 0 0 1"]
    data = b.project(b.track(1, b.envelope("VOLENV2", *user, lines=("VOLTYPE 1",)), b.item(10)))
    before = tuple(p for p in b.read_track(data).automation[0].points if 1.0 <= p.time_s <= 3.0)
    assert len(before) == 2
    change = Envelope(ONE, "volume", 1.0, 3.0, before, DUCK)
    written = b.done(data, change)
    points = [line.strip() for line in written.decode().splitlines() if line.strip().startswith("PT")]
    assert points == [
        "PT -0.0005 1 0",
        "PT 0.5 0.7 5 0 0 0 0.3",
        "PT 1 1 0",
        "PT 2 0.25 5 0 0 0 0.5",
        "PT 3 0.5 1",
        "PT 4 0.6 1",
        "PT 9 1 0 0 1",
    ]
    assert b"VOLTYPE 1" in written
    assert b.undone(data, change) == data


def test_what_the_user_drew_later_survives_the_reverse_of_a_new_envelope():
    data = b.project(b.track(1))
    change = Envelope(ONE, "volume", 1.0, 3.0, (), DUCK, created=True)
    written = b.done(data, change).replace(b"      PT 3 0.5 1\r\n", b"      PT 3 0.5 1\r\n      PT 8 0.9 0\r\n")
    back = b.done(written, *revert(b.plan_of(change)).changes)
    (automation,) = b.read_track(back).automation
    assert automation.points == (EnvelopePoint(8.0, 0.9),)


TIMES = st.lists(st.integers(0, 10**9), unique=True, max_size=8).map(lambda ns: sorted(n / 10**7 for n in ns))


@QUICK
@given(TIMES, TIMES, st.floats(0, 100), st.floats(0, 100), st.randoms(use_true_random=False))
def test_any_envelope_comes_back(user, ours, first_s, second_s, chance):
    start_s, end_s = sorted((first_s, second_s))
    assume(all(t == edge or abs(t - edge) > 1e-9 for t in user for edge in (start_s, end_s)))
    texts = [f"{format_number(t, 8)} {format_number(chance.random(), 8)} {chance.randrange(5)}" for t in user]
    data = b.project(b.track(1, b.envelope("VOLENV2", *texts)))
    points = b.read_track(data).automation[0].points
    before = tuple(p for p in points if start_s <= p.time_s <= end_s)
    after = tuple(
        EnvelopePoint(t, chance.random()) for t in {start_s, end_s} | {t for t in ours if start_s <= t <= end_s}
    )
    after = tuple(sorted(after, key=lambda point: point.time_s))
    change = Envelope(ONE, "volume", start_s, end_s, before, after)
    written = b.read_track(b.done(data, change)).automation[0].points
    outside = [p for p in written if not start_s - 1e-9 <= p.time_s <= end_s + 1e-9]
    assert outside == [p for p in points if p not in before]
    assert len(written) == len(points) - len(before) + len(after)
    assert b.undone(data, change) == data


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
    found = b.load(written).session().markers
    old = b.load(data).session().markers
    assert found[: len(old)] == old
    assert len(found) == len(old) + 1
    assert (found[-1].time_s, found[-1].end_s) == (
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


def stored(data: bytes, text: str | None) -> bytes:
    return writer.apply(b.load(data), b.plan_of(), ext_state={"PLAN": text}).data


OTHERS = ["<EXTSTATE", "<SWS", "KEY value", 'Long "a b"', ">", ">"]


@pytest.mark.parametrize("extra", [[], OTHERS, ["<EXTSTATE", "<MIXENGINE", "MY_KEY 1", ">", ">"]])
def test_the_plan_is_remembered_replaced_and_forgotten(extra):
    data = b.project(b.track(1), extra)
    noise = base64.b64encode(random.Random(1).randbytes(4000)).decode()
    once = stored(data, noise)
    assert extstate.read(b.load(once).root, "PLAN") == noise
    lines = [line.strip() for line in once.splitlines() if b"PLAN_" in line]
    assert [line.split()[0] for line in lines] == [f"PLAN_{i + 1:04d}".encode() for i in range(len(lines))]
    assert len(lines) > 3
    assert all(len(line.split()[1]) <= 900 for line in lines)
    short = stored(once, "short")
    assert extstate.read(b.load(short).root, "PLAN") == "short"
    assert short == stored(data, "short")
    assert stored(short, None) == data
    assert stored(data, None) == data
    for line in extra:
        assert once.count(line.encode()) == short.count(line.encode()) > 0


def test_the_users_roles_stay_when_the_plan_is_forgotten():
    project = b.load(b.project(b.track(1)))
    extstate.write(project.document, {"ROLES": '{"a": "b"}'})
    data = project.document.render()
    assert extstate.roles(b.load(stored(data, "plan")).root) == {"a": "b"}
    assert stored(stored(data, "plan"), None) == data


def test_more_than_ten_thousand_lines_keep_their_order():
    text = base64.b64encode(zlib.compress(b"x" * 5000)).decode()
    parts = [*text, *[""] * 3][: len(text)]
    numbers = range(9990, 9990 + len(parts))
    lines = [f"PLAN_{number:04d} {part}" for number, part in zip(numbers, parts, strict=True)]
    assert numbers[-1] > 10_000
    root = b.load(b.project(["<EXTSTATE", "<MIXENGINE", *reversed(lines), ">", ">"])).root
    assert extstate.read(root, "PLAN") == "x" * 5000


@pytest.mark.parametrize("value", ["!!!!", "QUJD", "\u00e4", '""'])
def test_a_damaged_memory_is_no_memory(value):
    root = b.load(b.project(["<EXTSTATE", "<MIXENGINE", f"PLAN_0001 {value}", ">", ">"])).root
    assert extstate.read(root, "PLAN") is None


def test_relative_media_follow_the_project(tmp_path):
    sources = (
        b.source("a b.wav"),
        b.source("Media\\x.wav"),
        b.source("/abs/y.wav"),
        b.source("C:\\z.wav"),
        b.source(""),
    )
    data = b.project(b.track(1, *(b.item(10 + i, media=source) for i, source in enumerate(sources))))
    moved = media.rebase(b.load(data, tmp_path / "song.RPP"), tmp_path / "out" / "here")
    files = [line.strip() for line in moved.decode().splitlines() if "FILE" in line]
    assert files == [
        'FILE "../../a b.wav"',
        'FILE "../../Media/x.wav"',
        'FILE "/abs/y.wav"',
        'FILE "C:\\z.wav"',
        'FILE ""',
    ]
    assert media.rebase(b.load(data, tmp_path / "song.RPP"), tmp_path) == data
    assert media.rebase(b.load(moved, tmp_path / "out" / "here" / "song.RPP"), tmp_path) == data.replace(
        b"Media\\x", b"Media/x"
    )


def mixed_project() -> bytes:
    return b.project(
        ["MARKER 1 2 verse 0"],
        b.track(
            1,
            b.envelope("VOLENV2", "0 1 0", "5 0.5 0 0 1"),
            b.chain(DELAY),
            b.item(10),
            b.item(11),
            volpan="0.5 -0.25 -1 -1 1",
        ),
        b.track(2, bus="1 1"),
        b.track(3, b.item(12), bus="1 1", lines=("AUXRECV 0 0 1 0 0 0 0 0 0 -1:U 0 -1 ''",)),
        b.track(4, bus="2 -2", volpan="0 1 -1 -1 1"),
        b.track(5, b.chain()),
        OTHERS,
    )


@st.composite
def mixed_changes(draw):
    """Changes that fit `mixed_project`, in any order."""
    session = b.load(mixed_project()).session()
    level, pan = st.floats(-60, 12), st.floats(-1, 1)
    changes = []
    for track in session.tracks:
        choice = draw(
            st.sets(st.sampled_from(["fader", "pan", "envelope", "pre", "eq", "comp", "clip", "take", "mute"]))
        )
        if "fader" in choice:
            changes.append(Fader(track.id, track.fader_db, draw(level)))
        if "pan" in choice:
            changes.append(Pan(track.id, track.pan, draw(pan)))
        if "envelope" in choice:
            old = track.automation[0].points if track.automation else ()
            inside = tuple(p for p in old if 1.0 <= p.time_s <= 9.0)
            changes.append(Envelope(track.id, "volume", 1.0, 9.0, inside, DUCK, created=not track.automation))
        if "pre" in choice:
            changes.append(Envelope(track.id, "volume_pre_fx", 1.0, 9.0, (), DUCK, created=True))
        if "eq" in choice:
            changes.append(Equalizer(track.id, "our EQ", None, BANDS))
        if "comp" in choice:
            settings = CompressorSettings(draw(st.floats(-60, 0)), draw(st.floats(1, 100)), 10.0, 100.0, 6.0)
            changes.append(Compressor(track.id, "our EQ", None, settings))
        if "clip" in choice:
            changes.append(NewClip(track.id, b.guid(50), "mixengine/a.wav", draw(st.floats(0, 100)), 2.0))
        if "take" in choice:
            changes.extend(NewTake(track.id, clip.id, b.guid(70), "mixengine/b.wav") for clip in track.clips)
        if "mute" in choice:
            changes.extend(MuteClip(track.id, clip.id, clip.mute, True) for clip in track.clips)
    changes.append(MasterTrim(0.0, draw(level)))
    changes = draw(st.permutations(changes))
    parents = [None, *(track.id for track in session.tracks)]
    for made, at in enumerate(draw(st.lists(st.integers(0, len(changes)), max_size=3)), start=1):
        changes.insert(at, NewTrack(b.guid(60 + made), f"new {made}", draw(st.sampled_from(parents)), draw(level)))
        if draw(st.booleans()):
            changes.insert(at, Marker(f"m{made}", float(made), draw(st.none() | st.just(made + 1.0))))
    return changes


@settings(deadline=None, max_examples=60)
@given(mixed_changes())
def test_any_mix_of_changes_comes_back_byte_by_byte(changes):
    data = mixed_project()
    written = b.done(data, *changes)
    assert sum(b.depths(written)) == 0
    assert b.undone(data, *changes) == data


@settings(deadline=None, max_examples=30)
@given(mixed_changes())
def test_an_applied_plan_is_in_the_session(changes):
    session = b.load(b.done(mixed_project(), *changes)).session()
    ids = {track.id for track in session.tracks}
    for change in changes:
        if isinstance(change, Fader):
            assert amplitude(session.track(change.track).fader_db) == pytest.approx(amplitude(change.after), abs=6e-4)
        elif isinstance(change, Pan):
            assert session.track(change.track).pan == pytest.approx(change.after, abs=1e-9)
        elif isinstance(change, NewTrack):
            assert change.track in ids
            assert session.track(change.track).parent == change.parent
        elif isinstance(change, Equalizer):
            assert [effect.bands for effect in session.track(change.track).effects].count(change.after) == 1
        elif isinstance(change, Compressor):
            [found] = [effect.compressor for effect in session.track(change.track).effects if effect.compressor]
            assert reacomp.same(found, change.after)
        elif isinstance(change, NewTake):
            assert change.take in [clip.take for clip in session.track(change.track).clips]


def test_the_source_is_left_as_it_is():
    project = b.load(mixed_project())
    writer.apply(project, b.plan_of(Fader(ONE, at(0.5), -20.0)))
    assert project.document.data == mixed_project()
    assert not project.document.edited
    assert project.path == Path("/nowhere/song.RPP")
