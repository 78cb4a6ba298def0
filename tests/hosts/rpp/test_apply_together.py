"""Any mix of changes comes back byte by byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixengine.hosts.rpp import apply as writer
from mixengine.hosts.rpp import reacomp
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
)
from mixengine.model.session import CompressorSettings
from mixengine.model.units import amplitude, decibels
from tests.helpers import rpp_builders as b
from tests.helpers.rpp_changes import BANDS, DELAY, DUCK, ONE, OTHERS


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
            [result] = [effect.compressor for effect in session.track(change.track).effects if effect.compressor]
            assert reacomp.same(result, change.after)
        elif isinstance(change, NewTake):
            assert change.take in [clip.take for clip in session.track(change.track).clips]


def test_the_source_is_left_as_it_is():
    project = b.load(mixed_project())
    writer.apply(project, b.plan_of(Fader(ONE, decibels(0.5), -20.0)))
    assert project.document.data == mixed_project()
    assert not project.document.edited
    assert project.path == Path("/nowhere/song.RPP")
