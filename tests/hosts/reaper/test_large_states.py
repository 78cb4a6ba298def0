"""Tracks and items that hold more than REAPER's Python takes in one call."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mixengine.hosts.reaper.reader import TEXT_SIZE
from mixengine.hosts.rpp.project import Project
from mixengine.model.plan import Change, Compressor, Envelope, Equalizer, Fader, MuteClip, NewClip
from mixengine.model.session import EnvelopePoint
from mixengine.model.units import amplitude
from tests.helpers.reaper_bench import (
    COMP,
    DEEP,
    DUCK,
    EQ,
    SOFT,
    Bench,
    given_whole_states,
    lines,
)
from tests.helpers.rpp_builders import chain, envelope, guid, item, plugin, project, reaeq, track

HUGE = ["BYPASS 0 0 0", '<VST "VST: Sampler" x.dll 0 "" 1 ""', *["A" * 128] * 33000, ">"]


def large(*, lines: tuple[str, ...] = ("SEL 1", "LOCK 0"), inside: tuple[list[str], ...] = ()) -> bytes:
    """A track with a sampler that holds more than REAPER's Python can take, and one beside it."""
    drawn = envelope("VOLENV2", "0 1 0", "4 0.5 0", lines=("VOLTYPE 1",))
    first = track(1, drawn, chain(HUGE, plugin()), item(11), *inside, name="sämpler", bus="1 1", lines=lines)
    return project(first, track(2, bus="2 -1", lines=("SEL 0",)))


LARGE_CHANGES: tuple[Change, ...] = (
    Fader(guid(1), 0.0, -7.3),
    Envelope(guid(1), "volume", 1.0, 3.125, (), DUCK),
    Equalizer(guid(1), EQ, None, DEEP),
    Compressor(guid(1), COMP, None, SOFT),
    MuteClip(guid(1), guid(11), False, True),
    NewClip(guid(1), guid(99), "x.wav", 1.0, 2.0, name="é x"),
    Fader(guid(2), 0.0, 2.0),
)


def test_a_state_beyond_four_mebibytes_is_read_and_written_in_pieces(tmp_path):
    bench = Bench(tmp_path, large())
    session = bench.take().parsed().session()
    in_file = Project(bench.path.read_bytes(), bench.path).session()
    named = [replace(effect, label="") for effect in session.tracks[0].effects]
    assert replace(session.tracks[0], effects=()) == replace(in_file.tracks[0], effects=())
    assert [effect.name for effect in named] == [effect.name for effect in in_file.tracks[0].effects]
    [note] = session.notes
    assert note.startswith("sämpler: more than REAPER's Python can read at once (4 MB)")
    assert bench.do(*LARGE_CHANGES) == []
    assert lines(bench.saved, "FXID") == lines(bench.file_host(*LARGE_CHANGES), "FXID")
    assert given_whole_states(bench) == []
    assert bench.remove() == []
    assert lines(bench.saved, "FXID") == lines(large(), "FXID")


def test_a_large_track_that_is_locked_is_left_alone(tmp_path):
    bench = Bench(tmp_path, large(lines=("SEL 1", "LOCK 1")))
    assert bench.do(*LARGE_CHANGES) == ["'sämpler' is locked in REAPER: left as it is"]
    faders = [track.fader_db for track in bench.take().parsed().session().tracks]
    assert faders == [0.0, pytest.approx(2.0)]


def test_an_item_beyond_four_mebibytes_is_named_and_survives(tmp_path):
    notes = item(12, "<NOTES", *["|" + "n" * 3000] * 1500, ">")
    bench = Bench(tmp_path, large(inside=(notes,)))
    session = bench.take().parsed().session()
    assert [clip.id for clip in session.tracks[0].clips] == [guid(11)]
    assert "1 of its items" in session.notes[0]
    assert bench.do(*LARGE_CHANGES) == []
    assert b"n" * 3000 in bench.saved
    assert bench.api.CountTrackMediaItems(bench.api.GetTrack(0, 0)) == 3


@pytest.mark.parametrize("text", ["", "<TRACK\n<VOLENV2\nPT 0 1 0\nPT 1"], ids=["nothing", "cut in an envelope"])
def test_a_state_that_comes_without_its_own_lines_is_read_from_values(tmp_path, text):
    bench = Bench(tmp_path, large())
    bench.sim.reaper_python.RPR_GetTrackStateChunk = lambda track, *_: (bool(text), track, text, 0, False)
    [first, second] = bench.take().parsed().session().tracks
    assert (first.id, first.name, first.is_folder, second.parent) == (guid(1), "sämpler", True, guid(1))
    assert [clip.id for clip in first.clips] == [guid(11)]
    changes = (Fader(guid(1), 0.0, -7.3), Envelope(guid(1), "volume", 1.0, 3.125, (), DUCK))
    assert bench.do(*changes) == []
    assert lines(bench.saved) == lines(bench.file_host(*changes))
    bench.sim.reaper_python.RPR_GetEnvelopeStateChunk = lambda *_: (True, "", "<VOLENV2\nPT 0 1", 0, False)
    [first, second] = bench.take().parsed().session().tracks
    assert (first.locked, second.locked) == (True, False)


def test_a_state_that_is_cut_right_behind_a_closing_line_is_found_out(tmp_path):
    def made(filler: int) -> Bench:
        part = track(1, chain(plugin()), lines=("XX " + "y" * filler,), name="big")
        return Bench(tmp_path, project(part, track(2)))

    short = made(10)
    text = short.api.GetTrackStateChunk(short.api.GetTrack(0, 0), "", TEXT_SIZE, False)[2]
    filler = TEXT_SIZE - 1 - (text.index("\n>\n") + 2) + 10
    [note] = made(filler).take().parsed().session().notes
    assert "4 MB" in note


def test_gains_that_move_are_read_on_a_track_that_is_too_large(tmp_path):
    bench = Bench(tmp_path, large())
    points = (EnvelopePoint(0.5, 1.0, 2), EnvelopePoint(1.0, round(amplitude(-6.0), 6)))
    moving = (DEEP[0], replace(DEEP[1], points=points))
    assert bench.do(Equalizer(guid(1), EQ, None, moving)) == []
    [effect] = [e for e in bench.take().parsed().session().tracks[0].effects if e.label == EQ]
    assert effect.bands == moving
    assert bench.do(Equalizer(guid(1), EQ, moving, DEEP)) == []
    [effect] = [e for e in bench.take().parsed().session().tracks[0].effects if e.label == EQ]
    assert effect.bands == DEEP
    assert bench.remove() == []
    assert lines(bench.saved, "FXID") == lines(large(), "FXID")


def test_how_the_plug_ins_of_a_large_track_are_switched(tmp_path):
    """Offline, in parallel, half wet, with an envelope of the user's: as in the file."""
    equalizer = [line.replace("BYPASS 0 0 0", "BYPASS 0 1 0") for line in reaeq("", DEEP, guid(80))]
    drawn = ["<PARMENV 0 0 1 0.5", "ACT 1 -1", "PT 0 0.25 0", ">"]
    song = project(track(1, chain(HUGE, [*equalizer, "WET 0.5 0", *drawn, "PARALLEL 1"], plugin())))
    bench = Bench(tmp_path, song)
    (read,), (in_file,) = bench.take().parsed().session().tracks, Project(song, bench.path).session().tracks
    assert read.effects == in_file.effects
    assert [effect.bypassed for effect in read.effects] == [False, True, False] and len(read.effects[1].notes) == 3
