"""The simulated REAPER: what undo brings back, and which pointers live on."""

from __future__ import annotations

import pytest

from reaper_sim import SimReaper
from tests.helpers.sim_projects import song

NULL = "0x0000000000000000"
ALL = -1


@pytest.fixture
def sim(tmp_path) -> SimReaper:
    path = tmp_path / "song.RPP"
    path.write_bytes(song())
    return SimReaper(path)


@pytest.fixture
def api(sim):
    return sim.reaper_python


def test_undo_brings_every_byte_back(sim, api):
    before = sim.saved()
    first = api.RPR_GetTrack(0, 0)
    api.RPR_Undo_BeginBlock2(0)
    api.RPR_SetMediaTrackInfo_Value(first, "D_VOL", 0.25)
    api.RPR_InsertTrackAtIndex(3, True)
    api.RPR_TrackFX_AddByName(first, "ReaEQ", False, -1)
    api.RPR_DeleteTrackMediaItem(first, api.RPR_GetTrackMediaItem(first, 0))
    api.RPR_AddProjectMarker2(0, False, 2.0, 0.0, "here", -1, 0)
    api.RPR_SetProjExtState(0, "MIXENGINE", "plan", "abc")
    api.RPR_Undo_EndBlock2(0, "mixengine: test", ALL)
    after = sim.saved()
    assert api.RPR_Undo_CanUndo2(0) == "mixengine: test"
    assert api.RPR_Undo_DoUndo2(0) == 1
    assert sim.saved() == before
    assert api.RPR_Undo_DoRedo2(0) == 1
    assert sim.saved() == after
    assert sim.current.loose_changes == 0


def test_nothing_to_undo_is_a_null_text(api):
    with pytest.raises(AttributeError, match="decode"):
        api.RPR_Undo_CanUndo2(0)


@pytest.mark.parametrize("flags, kept", [(0, "vep"), (1, "ep"), (32, "vp"), (2, "ve"), (1 | 2 | 32, "")])
def test_changes_that_the_flags_do_not_cover_stay(sim, api, flags, kept):
    before = sim.saved()
    second = api.RPR_GetTrack(0, 1)
    api.RPR_Undo_BeginBlock2(0)
    api.RPR_SetMediaTrackInfo_Value(second, "D_VOL", 0.25)
    env = api.RPR_GetTrackEnvelopeByChunkName(second, "<VOLENV2")
    api.RPR_InsertEnvelopePoint(env, 9.0, 500.0, 0, 0.0, False, False)
    api.RPR_TrackFX_AddByName(second, "ReaEQ", False, -1)
    api.RPR_Undo_EndBlock2(0, "some", flags)
    sim.do_undo()
    env = api.RPR_GetTrackEnvelopeByChunkName(second, "<VOLENV2")
    result = "v" * (api.RPR_GetMediaTrackInfo_Value(second, "D_VOL") == 0.25)
    result += "e" * (api.RPR_CountEnvelopePoints(env) == 3) + "p" * (api.RPR_TrackFX_GetCount(second) == 1)
    assert result == kept
    assert (sim.saved() == before) == (kept == "")


def test_nested_blocks_make_one_step_and_unbalanced_ones_are_found(sim, api):
    api.RPR_Undo_BeginBlock2(0)
    api.RPR_Undo_BeginBlock2(0)
    api.RPR_Undo_EndBlock2(0, "inner", ALL)
    assert sim.current.undo.steps == []
    with pytest.raises(AssertionError, match="1 undo blocks open"):
        sim.check_balanced()
    api.RPR_Undo_EndBlock2(0, "outer", ALL)
    assert [step.name for step in sim.current.undo.steps] == ["outer"]
    with pytest.raises(AssertionError, match="without Undo_BeginBlock"):
        api.RPR_Undo_EndBlock2(0, "again", ALL)


def test_pointers_die_with_their_objects(sim, api):
    first = api.RPR_GetTrack(0, 0)
    one = api.RPR_GetTrackMediaItem(first, 0)
    take = api.RPR_GetActiveTake(one)
    assert api.RPR_ValidatePtr2(0, take, "MediaItem_Take*") == 1
    assert api.RPR_ValidatePtr2(0, take, "MediaItem*") == 0
    api.RPR_DeleteTrack(first)
    assert [api.RPR_ValidatePtr2(0, p, k) for p, k in ((first, "MediaTrack*"), (one, "MediaItem*"))] == [0, 0]
    for call in (
        lambda: api.RPR_CountTrackMediaItems(first),
        lambda: api.RPR_GetActiveTake(one),
        lambda: api.RPR_GetMediaItemTakeInfo_Value(take, "D_VOL"),
        lambda: api.RPR_CountTrackMediaItems("(MediaTrack*)" + NULL),
        lambda: api.RPR_CountTrackMediaItems(0),
        lambda: api.RPR_CountTracks("(ReaProject*)0x00000000DEADBEE0"),
    ):
        with pytest.raises(AssertionError, match="dead, wrong or NULL"):
            call()
    sim.strict = False
    assert api.RPR_CountTrackMediaItems(first) == 0
    assert api.RPR_GetActiveTake(one) == "(MediaItem_Take*)" + NULL
    assert api.RPR_SetMediaTrackInfo_Value(first, "D_VOL", 1.0) == 0
    assert api.RPR_CountTracks("(MediaTrack*)0x0000000012340010") == 2  # NULL means the active project


def test_a_pointer_of_another_type_is_null(api):
    one = api.RPR_GetTrackMediaItem(api.RPR_GetTrack(0, 0), 0)
    with pytest.raises(AssertionError, match=r"RPR_CountTrackMediaItems: track: .*MediaTrack\*"):
        api.RPR_CountTrackMediaItems(one)


def test_after_undo_tracks_live_and_items_of_changed_tracks_do_not(sim, api):
    first, second = api.RPR_GetTrack(0, 0), api.RPR_GetTrack(0, 1)
    one, env = api.RPR_GetTrackMediaItem(first, 0), api.RPR_GetTrackEnvelope(second, 0)
    api.RPR_Undo_BeginBlock2(0)
    api.RPR_SetMediaTrackInfo_Value(first, "D_VOL", 0.25)
    api.RPR_Undo_EndBlock2(0, "louder", ALL)
    sim.do_undo()
    assert api.RPR_GetTrackName(first, "", 512)[2] == "drums"
    assert api.RPR_ValidatePtr2(0, one, "MediaItem*") == 0
    assert api.RPR_ValidatePtr2(0, env, "TrackEnvelope*") == 1


def test_projects_and_their_pointers(sim, api, tmp_path):
    first = api.RPR_EnumProjects(-1, "", 0)[0]
    pointer = api.RPR_GetTrack(first, 0)
    sim.open()
    second = api.RPR_EnumProjects(-1, "", 0)[0]
    assert (api.RPR_CountTracks(0), api.RPR_CountTracks(first)) == (0, 3)
    assert api.RPR_ValidatePtr2(first, pointer, "MediaTrack*") == 1
    assert api.RPR_ValidatePtr2(second, pointer, "MediaTrack*") == 0
    api.RPR_SelectProjectInstance(first)
    assert api.RPR_CountTracks(0) == 3
    sim.close(sim.projects[0])
    with pytest.raises(AssertionError, match="dead"):
        api.RPR_GetMediaTrackInfo_Value(pointer, "D_VOL")
    assert api.RPR_EnumProjects(1, "", 0)[0] == "(ReaProject*)" + NULL
