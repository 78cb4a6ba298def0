"""What changed meanwhile, calls that fail, states that are refused: named, and the project is left whole."""

from __future__ import annotations

import pytest

from mixengine.model.plan import Fader, MuteClip
from mixengine.system.errors import UserError
from tests.helpers.reaper_bench import (
    CHANGES,
    Bench,
    lines,
    song,
)
from tests.helpers.rpp_builders import guid, plugin


def test_the_view_stays_as_it_was(crowded):
    api, start = crowded.api, crowded.saved
    api.SetEditCurPos(2.5, False, False)
    api.GetSet_LoopTimeRange2(0, True, False, 1.0, 2.0, False)
    api.SetTrackSelected(api.GetTrack(0, 2), True)
    crowded.do(*CHANGES["much"], *CHANGES["track at the end"])
    assert api.GetCursorPosition() == 2.5
    assert api.GetSet_LoopTimeRange2(0, False, False, 0.0, 0.0, False)[3:5] == (1.0, 2.0)
    selected = [api.GetTrack(0, i) for i in range(api.CountTracks(0)) if api.IsTrackSelected(api.GetTrack(0, i))]
    assert selected == [api.GetTrack(0, 0), api.GetTrack(0, 2)]
    assert start != crowded.saved


def test_a_selected_master_stays_selected(crowded):
    master = crowded.api.GetMasterTrack(0)
    crowded.api.SetTrackSelected(master, True)
    crowded.do(*CHANGES["envelope, new"])
    assert crowded.api.GetMediaTrackInfo_Value(master, "I_SELECTED") == 1.0


def test_what_changed_meanwhile_is_named_and_left(bench):
    taken, api = bench.take(), bench.api
    api.SetMediaTrackInfo_Value(api.GetTrack(0, 0), "D_VOL", 0.25)
    api.DeleteTrack(api.GetTrack(0, 2))
    skipped = bench.write(taken, Fader(guid(1), 0.0, -3.0), Fader(guid(3), 0.0, -3.0), Fader(guid(2), 0.0, -3.0))
    assert len(skipped) == 2
    assert "stands at −12.04 dB" in skipped[0]
    assert skipped[1] == "'kid' is not in the project any more"
    faders = {track.id: track.fader_db for track in bench.take().parsed().session().tracks}
    assert faders[guid(1)] == pytest.approx(-12.04, abs=0.01)
    assert faders[guid(2)] == pytest.approx(-3.0, abs=1e-4)


def test_an_item_that_was_deleted_meanwhile_is_named(bench):
    taken = bench.take()
    bench.api.DeleteTrackMediaItem(bench.api.GetTrack(0, 0), bench.api.GetTrackMediaItem(bench.api.GetTrack(0, 0), 1))
    skipped = bench.write(taken, MuteClip(guid(1), guid(12), False, True))
    assert skipped == ["item 'take1' of 'drüms' is not on its track any more"]


def test_a_closed_project_is_one_sentence(plain):
    taken = plain.take()
    other = plain.sim.open()
    before = other.data()
    plain.sim.close(plain.project)
    with pytest.raises(UserError, match="closed meanwhile"):
        plain.write(taken, *CHANGES["fader"])
    assert other.data() == before


@pytest.mark.parametrize("name", CHANGES)
def test_another_tab_in_front_is_left_alone(bench, name):
    wanted = bench.file_host(*CHANGES[name])
    taken = bench.take()
    other = bench.sim.open()
    before = other.data()
    bench.write(taken, *CHANGES[name])
    assert other.data() == before
    assert bench.sim.current is other
    assert other.undo.steps == []
    assert lines(bench.saved, "FXID") == lines(wanted, "FXID")


@pytest.mark.parametrize("call", ["SetTrackStateChunk", "SetMediaTrackInfo_Value", "SetProjExtState"])
def test_a_call_that_raises_leaves_one_closed_undo_step(plain, call):
    def boom(*_: object) -> None:
        raise RuntimeError("boom")

    before = plain.saved
    setattr(plain.sim.reaper_python, f"RPR_{call}", boom)
    with pytest.raises(RuntimeError, match="boom"):
        plain.do(*CHANGES["fader"], *CHANGES["envelope, fader-scaled"])
    assert (plain.sim.ui_refresh, plain.project.undo.depth) == (0, 0)
    plain.sim.do_undo()
    assert plain.saved == before


def test_a_call_that_raises_leaves_the_project_as_it_was(plain):
    def boom(*_: object) -> None:
        raise RuntimeError("boom")

    before = plain.saved
    plain.sim.reaper_python.RPR_SetProjExtState = boom
    with pytest.raises(RuntimeError, match="boom"):
        plain.do(*CHANGES["fader"])
    assert plain.saved == before


def test_a_refused_state_is_named(tmp_path):
    bench = Bench(tmp_path, song(), strict=False)
    bench.sim.reaper_python.RPR_SetTrackStateChunk = lambda *_: False
    assert bench.do(*CHANGES["envelope, new"]) == ["REAPER refused the new state of track 'drüms'"]


def test_a_refused_item_is_named_and_leaves_nothing(tmp_path):
    bench = Bench(tmp_path, song(plugin()), strict=False)
    bench.sim.reaper_python.RPR_SetItemStateChunk = lambda *_: False
    skipped = bench.do(*CHANGES["clip"])
    assert len(skipped) == 1
    assert bench.api.CountTrackMediaItems(bench.api.GetTrack(0, 0)) == 2
