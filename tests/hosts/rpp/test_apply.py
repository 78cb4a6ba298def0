"""A plan written into a project file: faders, pans, the master; what was changed meanwhile is left alone."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixengine.hosts.rpp.words import format_number
from mixengine.model.plan import Envelope, Equalizer, Fader, Marker, MasterTrim, MuteClip, NewClip, NewTrack, Pan
from mixengine.model.session import EnvelopePoint, EqBand
from mixengine.model.units import decibels
from tests.helpers import rpp_builders as b
from tests.helpers.rpp_changes import BANDS, DUCK, ONE, QUICK, TWO


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
    written = b.done(data, Fader(ONE, decibels(0.5), -20.0))
    assert written in (data.replace(b"0.5 0 -1", b"0.1 0 -1"), data.replace(b'"0.5"', b"0.1"))


@pytest.mark.parametrize("after", [-math.inf, -250.0, -150.0, -3.0, 0.0, 12.0])
def test_faders_come_back(after):
    data = b.project(b.track(1, volpan="0.70794578438414 0 -1 -1 1"))
    assert b.undone(data, Fader(ONE, decibels(0.70794578438414), after)) == data


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
    assert b"VOLPAN -0.1 0" in b.done(data, Fader(ONE, decibels(0.5), -20.0))


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
