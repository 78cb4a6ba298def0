"""The real reapy client and server, each in its own process, with the simulated REAPER behind the server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mixengine.hosts.rpp.project import Project
from reaper_sim import sim_process
from reaper_sim.process import SimProcess
from tests.helpers.rpp_builders import item, project, track

pytest.importorskip("reapy", reason="python-reapy is not installed")


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("outside") / "sång.RPP"
    path.write_bytes(project(track(1, item(11), name='"voix é"'), track(2, name="bass")))
    return path


@pytest.fixture(scope="module")
def outside(place) -> Iterator[SimProcess]:
    with sim_process(place) as running:
        yield running


def test_reapy_reads_and_writes_from_outside(outside, place):
    before = outside.saved()
    assert before == place.read_bytes()
    with outside.reapy() as reapy:
        assert not reapy.is_inside_reaper()
        assert reapy.dist_api_is_enabled()
        rpr = reapy.reascript_api
        current = reapy.Project()
        with reapy.inside_reaper():
            assert current.n_tracks == 2
            assert [entry.name for entry in current.tracks] == ["voix é", "bass"]
            first = current.tracks[0]
            assert len(first.items) == 1
            assert first.has_valid_id
            rpr.Undo_BeginBlock2(current.id)
            rpr.SetMediaTrackInfo_Value(first.id, "D_VOL", 0.5)
            rpr.Undo_EndBlock2(current.id, "half", -1)
            answer = rpr.GetTrackName(first.id, "", 512)
        assert isinstance(answer, list)
        assert outside.ask("seen")["undo"] == [["half", -1]]
        saved = outside.saved()
        assert Project(saved, place).session().tracks[0].fader_db == pytest.approx(-6.0206, abs=1e-4)
        current.undo()
        assert outside.saved() == before


def test_numbers_of_numpy_do_not_travel(outside):
    numpy = pytest.importorskip("numpy")
    with outside.reapy() as reapy:
        current = reapy.Project()
        with pytest.raises(TypeError, match="not JSON serializable"):
            reapy.reascript_api.SetMediaTrackInfo_Value(current.tracks[0].id, "D_VOL", numpy.float32(0.5))


def test_errors_inside_come_back(outside):
    with outside.reapy() as reapy:
        with pytest.raises(reapy.errors.DistError, match="positional"):
            reapy.reascript_api.CountTracks()
        with pytest.raises(reapy.errors.DistError, match="wrong or NULL pointer"):
            reapy.reascript_api.CountTrackMediaItems("(MediaTrack*)0x00000000DEADBEEF")


def test_one_request_for_a_whole_function(outside):
    """Any importable function runs inside in a single round trip."""
    with outside.reapy() as reapy:
        outside.ask("clear")
        client = reapy.tools.network.machines.get_selected_client()
        call = {"__callable__": True, "module_name": "reapy.reascript_api", "name": "CountTracks"}
        assert client.request(call, {"args": [0], "kwargs": {}}) == 2
        assert outside.counts == {"CountTracks": 1}


def test_a_client_of_its_own(outside):
    code = "import reapy; p = reapy.Project(); print(p.name, p.n_tracks); reapy.print('hello')"
    done = outside.python(code)
    assert done.stdout.strip() == "sång.RPP 2", done.stderr
    assert outside.ask("seen")["console"] == "hello\n"


def test_dialogs_are_answered(outside):
    outside.answer(boxes=[6], inputs=[["1", "2"], None])
    with outside.reapy() as reapy, reapy.inside_reaper():
        assert reapy.show_message_box("Apply?", "mixengine", "yes-no") == "yes"
        assert reapy.get_user_inputs("Options", ["a", "b"]) == {"a": "1", "b": "2"}
        with pytest.raises(RuntimeError, match="Cancel"):
            reapy.get_user_inputs("Options", ["a"])


def test_a_client_that_dies_while_it_holds_the_connection_kills_the_server_not_reaper(outside):
    code = "import reapy, os; reapy.inside_reaper().__enter__(); reapy.Project().n_tracks; os._exit(1)"
    assert outside.python(code).returncode == 1
    end = time.monotonic() + 5
    while not (failures := outside.ask("seen")["failures"]) and time.monotonic() < end:
        time.sleep(0.05)
    assert "Bad file descriptor" in failures[0]
    assert outside.saved()
