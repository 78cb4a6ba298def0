"""The simulated REAPER: files, strictness, selection, tracks, ext state, markers, dialogs."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixengine.hosts.rpp.project import Project
from reaper_sim import SimReaper
from tests.helpers.paths import REAL_PROJECTS
from tests.helpers.rpp_builders import guid
from tests.helpers.sim_projects import song

FILES = (
    sorted(path for path in REAL_PROJECTS.glob("*") if path.suffix.lower() == ".rpp") if REAL_PROJECTS.is_dir() else []
)


@pytest.fixture
def sim(tmp_path) -> SimReaper:
    path = tmp_path / "song.RPP"
    path.write_bytes(song())
    return SimReaper(path)


@pytest.fixture
def api(sim):
    return sim.reaper_python


def name(api, pointer: str) -> str:
    return api.RPR_GetTrackName(pointer, "", 512)[2]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_real_files_come_back_byte_for_byte(path):
    sim = SimReaper(path)
    api = sim.reaper_python
    before = path.read_bytes()
    assert sim.saved() == before
    for index in range(api.RPR_CountTracks(0)):
        pointer = api.RPR_GetTrack(0, index)
        for number in range(api.RPR_CountTrackMediaItems(pointer)):
            one = api.RPR_GetTrackMediaItem(pointer, number)
            assert api.RPR_SetItemStateChunk(one, api.RPR_GetItemStateChunk(one, "", 4 << 20, False)[2], False)
        for number in range(api.RPR_CountTrackEnvelopes(pointer)):
            env = api.RPR_GetTrackEnvelope(pointer, number)
            text = api.RPR_GetEnvelopeStateChunk(env, "", 4 << 20, False)[2]
            assert api.RPR_CountEnvelopePoints(env) == text.count("\nPT ")
            assert api.RPR_SetEnvelopeStateChunk(env, text, False)
        chunk = api.RPR_GetTrackStateChunk(pointer, "", 4 << 20, False)[2]
        assert api.RPR_SetTrackStateChunk(pointer, chunk, False)
    assert sim.saved() == before


def test_only_what_was_changed_differs(sim, api):
    before = sim.saved().split(b"\r\n")
    api.RPR_SetMediaTrackInfo_Value(api.RPR_GetTrack(0, 1), "D_VOL", 10 ** (-3.5 / 20))
    after = sim.saved().split(b"\r\n")
    changed = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    assert changed == [(b"    VOLPAN 1 0 -1 -1 1", b"    VOLPAN 0.66834391756861 0 -1 -1 1")]


def test_setting_a_number_to_what_it_is_keeps_its_spelling(sim, api):
    pointer = api.RPR_GetTrack(0, 0)
    before = sim.saved()
    for parameter in ("D_VOL", "D_PAN", "B_MUTE", "I_FOLDERDEPTH", "I_SELECTED"):
        api.RPR_SetMediaTrackInfo_Value(pointer, parameter, api.RPR_GetMediaTrackInfo_Value(pointer, parameter))
    assert sim.saved() == before


def test_save_and_state(sim, api, tmp_path):
    count = api.RPR_GetProjectStateChangeCount(0)
    api.RPR_SetMediaTrackInfo_Value(api.RPR_GetMasterTrack(0), "D_VOL", 0.5)
    assert api.RPR_GetProjectStateChangeCount(0) > count
    assert api.RPR_IsProjectDirty(0)
    api.RPR_Main_SaveProject(0, False)
    assert not api.RPR_IsProjectDirty(0)
    assert Project.load(tmp_path / "song.RPP").session().master_db == pytest.approx(-6.0206, abs=1e-4)
    assert api.RPR_GetProjectName(0, "", 512)[1] == "song.RPP"
    assert api.RPR_EnumProjects(-1, "", 512)[2] == str(tmp_path / "song.RPP")


def test_unsaved_project_has_no_name_and_asks_where_to(tmp_path):
    sim = SimReaper()
    api = sim.reaper_python
    assert api.RPR_GetProjectName(0, "", 512)[1] == ""
    with pytest.raises(AssertionError, match="file dialog"):
        api.RPR_Main_SaveProject(0, False)
    sim.save_as.append(tmp_path / "new.RPP")
    api.RPR_InsertTrackAtIndex(0, True)
    api.RPR_Main_SaveProject(0, False)
    assert [entry.name for entry in Project.load(tmp_path / "new.RPP").session().tracks] == ["Track 1"]


@pytest.mark.parametrize("bad", ["0.5", None, [0.5]])
def test_types_are_refused(api, bad):
    with pytest.raises(TypeError, match="real number"):
        api.RPR_SetMediaTrackInfo_Value(api.RPR_GetTrack(0, 0), "D_VOL", bad)


def test_numpy_numbers_floats_for_ints_and_nan_are_refused(api):
    numpy = pytest.importorskip("numpy")
    pointer = api.RPR_GetTrack(0, 0)
    for bad in (numpy.float32(0.5), numpy.float64(0.5)):
        with pytest.raises(TypeError):
            api.RPR_SetMediaTrackInfo_Value(pointer, "D_VOL", bad)
    with pytest.raises(TypeError, match="integer"):
        api.RPR_GetTrack(0, 0.0)
    with pytest.raises(TypeError, match="str is required"):
        api.RPR_GetMediaTrackInfo_Value(pointer, 1)
    with pytest.raises(AssertionError, match="unchecked"):
        api.RPR_SetMediaTrackInfo_Value(pointer, "D_VOL", float("nan"))
    assert api.RPR_SetMediaTrackInfo_Value(pointer, "D_VOL", 1) == 1


def test_unknown_things_are_refused(api):
    pointer = api.RPR_GetTrack(0, 0)
    with pytest.raises(AttributeError):
        api.RPR_NoSuchFunction()
    with pytest.raises(AssertionError, match="unknown"):
        api.RPR_GetMediaTrackInfo_Value(pointer, "D_VOLUME")
    with pytest.raises(AssertionError, match="not simulated"):
        api.RPR_Main_OnCommand(12345, 0)


def test_text_buffers(api):
    pointer = api.RPR_GetTrack(0, 1)
    assert api.RPR_GetTrackName(pointer, "", 5) == (1, pointer, "lead", 5)
    assert api.RPR_GetSetMediaTrackInfo_String(pointer, "P_NAME", "naïve", True)[3] == "naïve"
    with pytest.raises(UnicodeDecodeError):
        api.RPR_GetTrackName(pointer, "", 4)  # cut in the middle of a character
    with pytest.raises(ValueError, match="too long"):
        api.RPR_GetSetMediaTrackInfo_String(pointer, "P_NAME", "x" * (4 << 20 | 1), True)


def test_selection_and_cursor(sim, api):
    before = sim.saved()
    assert name(api, api.RPR_GetSelectedTrack(0, 0)) == "drums"
    api.RPR_SetOnlyTrackSelected(api.RPR_GetTrack(0, 2))
    assert api.RPR_CountSelectedTracks(0) == 1
    api.RPR_Main_OnCommand(40297, 0)
    assert api.RPR_CountSelectedTracks2(0, True) == 0
    api.RPR_SetTrackSelected(api.RPR_GetTrack(0, 0), True)
    assert api.RPR_GetSet_LoopTimeRange2(0, True, False, 1.0, 2.5, False)[3:5] == (1.0, 2.5)
    assert api.RPR_GetSet_LoopTimeRange2(0, False, False, 0.0, 0.0, False)[3:5] == (1.0, 2.5)
    api.RPR_SetEditCurPos2(0, 7.25, False, False)
    assert api.RPR_GetCursorPositionEx(0) == 7.25
    assert b"SEL 1" in sim.saved() and sim.saved() != before
    assert "\nSEL" not in api.RPR_GetTrackStateChunk(api.RPR_GetTrack(0, 0), "", 9999, False)[2].split("<ITEM")[0]


def test_tracks_come_and_go(sim, api):
    api.RPR_InsertTrackAtIndex(0, True)
    new = api.RPR_GetTrack(0, 0)
    assert name(api, new) == "Track 1"
    assert b"AUXRECV 1 " in sim.saved()
    api.RPR_SetMediaTrackInfo_Value(new, "I_FOLDERDEPTH", 1)
    api.RPR_SetMediaTrackInfo_Value(api.RPR_GetTrack(0, 2), "I_FOLDERDEPTH", -1)
    assert api.RPR_GetParentTrack(api.RPR_GetTrack(0, 2)) == new
    assert Project(sim.saved(), Path("x.RPP")).session().tracks[2].parent is not None
    api.RPR_DeleteTrack(api.RPR_GetTrack(0, 1))
    assert b"AUXRECV" not in sim.saved()
    assert api.RPR_GetTrackGUID(new).startswith("(GUID*)0x")
    assert api.RPR_GetSetMediaTrackInfo_String(api.RPR_GetTrack(0, 1), "GUID", "", False)[3] == guid(2)


def test_ext_state(sim, api, tmp_path):
    assert api.RPR_GetProjExtState(0, "mixengine", "roles", "", 99)[0] == 0
    api.RPR_SetProjExtState(0, "MixEngine", "Roles", "a b")
    assert api.RPR_GetProjExtState(0, "mixengine", "roles", "", 99)[4] == "a b"
    assert b'  <EXTSTATE\r\n    <MIXENGINE\r\n      ROLES "a b"\r\n    >\r\n  >\r\n>' in sim.saved()
    api.RPR_SetProjExtState(0, "MIXENGINE", "", "")
    assert b"EXTSTATE" not in sim.saved()
    api.RPR_SetExtState("mixengine", "python", "/usr/bin/python", True)
    api.RPR_SetExtState("mixengine", "session", "only", False)
    again = SimReaper(resource_path=sim.resource_path).reaper_python
    assert again.RPR_GetExtState("mixengine", "python") == "/usr/bin/python"
    assert again.RPR_HasExtState("mixengine", "session") == 0
    pointer = api.RPR_GetTrack(0, 0)
    api.RPR_GetSetMediaTrackInfo_String(pointer, "P_EXT:mixengine_role", "lead vocal", True)
    assert api.RPR_GetSetMediaTrackInfo_String(pointer, "P_EXT:mixengine_role", "", False)[3] == "lead vocal"


def test_markers_have_no_names_in_python(sim, api):
    assert api.RPR_AddProjectMarker2(0, False, 2.0, 0.0, "verse one", -1, 0) == 1
    assert api.RPR_AddProjectMarker2(0, True, 1.0, 4.0, "A", -1, 0) == 1
    assert api.RPR_CountProjectMarkers(0, 0, 0) == (2, 0, 1, 1)
    assert api.RPR_EnumProjectMarkers3(0, 0, 0, 0, 0, "", 0, 0) == (1, 0, 0, 1, 1.0, 4.0, "", 1, 0)
    handle = api.RPR_GetRegionOrMarker(0, 1, "")
    assert api.RPR_GetSetRegionOrMarkerInfo_String(0, handle, "P_NAME", "", False)[4] == "verse one"
    assert [m.name for m in Project(sim.saved(), Path("x.RPP")).session().markers] == ["verse one", "A"]
    assert api.RPR_DeleteProjectMarker(0, 1, True) == 1
    assert api.RPR_DeleteProjectMarker(0, 1, False) == 1
    assert sim.saved() == song()


def test_dialogs_are_scripted(sim, api):
    with pytest.raises(AssertionError, match="unexpected question"):
        api.RPR_ShowMessageBox("Apply?", "mixengine", 4)
    sim.box_answers.append(6)
    assert api.RPR_ShowMessageBox("Apply?", "mixengine", 4) == 6
    assert sim.boxes[-1] == ("mixengine", "Apply?", 4)
    sim.input_answers += [["1,5", "x"], None]
    captions = "Level,Name,extrawidth=100,separator=|"
    assert api.RPR_GetUserInputs("Options", 2, captions, "0|y", 512)[0::4] == (1, "1,5|x")
    assert api.RPR_GetUserInputs("Options", 2, captions, "0|y", 512)[0] == 0
    assert sim.inputs[0] == ("Options", ["Level", "Name"], ["0", "y"])
    api.RPR_PreventUIRefresh(1)
    with pytest.raises(AssertionError, match="frozen"):
        api.RPR_ShowMessageBox("Done", "mixengine", 0)


def test_calls_are_counted(sim, api):
    for index in range(3):
        api.RPR_GetTrack(0, index)
    assert sim.calls.counts == {"GetTrack": 3}
    assert sim.calls[1] == ("GetTrack", (0, 1))
