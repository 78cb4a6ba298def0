"""The real reapy inside the simulated REAPER: its objects, `defer`, scripts."""

from __future__ import annotations

import sys
import threading
import warnings

import pytest

from reaper_sim import SimReaper
from reaper_sim.inside import fresh_reapy
from reaper_sim.ports import free_ports, redirected
from tests.helpers.sim_projects import song

pytest.importorskip("reapy", reason="python-reapy is not installed")


@pytest.fixture
def sim(tmp_path) -> SimReaper:
    path = tmp_path / "song.RPP"
    path.write_bytes(song())
    return SimReaper(path)


def test_reapy_inside(sim):
    had = sys.modules.get("reapy")
    with sim.inside() as reapy:
        assert reapy.is_inside_reaper()
        current = reapy.Project()
        assert current.n_tracks == 3
        assert [entry.name for entry in current.tracks] == ["drums", "lead vox", "T3"]
        assert current.selected_tracks[0].name == "drums"
        drums = current.tracks["drums"]
        assert drums.has_valid_id and current.has_valid_id
        drums.mute()
        assert drums.is_muted
        drums.name = "Drums"
        assert [round(clip.length, 2) for clip in drums.items] == [3.25, 3.25]
        assert drums.items[0].active_take.name == "take1"
        assert drums.fxs[0].name == "VST: ReaDelay (Cockos)"
        current.time_selection = 1, 2
        assert current.time_selection.end == 2
        assert reapy.get_projects() == [current]
        drums.delete()
        assert not drums.has_valid_id
        assert not hasattr(reapy.reascript_api, "CF_GetSWSVersion")
        with reapy.undo_block("with reapy"):
            current.add_track(0, "new")
        assert sim.current.undo.steps[-1].flags == 0  # reapy's blocks undo nothing
        reapy.print("done")
    assert sim.console == "done\n"
    assert sys.modules.get("reapy") is had
    assert not hasattr(sys.modules["__main__"], "obj")
    assert "reaper_python" not in sys.modules


def test_defer_runs_at_ticks_and_finds_blocks_left_open(sim):
    seen = []
    with sim.inside() as reapy:

        def loop(count: int) -> None:
            seen.append(count)
            if count:
                reapy.defer(loop, count - 1)

        loop(3)
        reapy.at_exit(seen.append, "end")
        assert seen == [3]
        sim.tick()
        assert seen == [3, 2]
        sim.run_until(lambda: not sim.deferred, rate_hz=1000)
        sim.end_script()
        assert seen == [3, 2, 1, 0, "end"]
        reapy.defer(reapy.reascript_api.Undo_BeginBlock2, 0)
        with pytest.raises(AssertionError, match="undo blocks open"):
            sim.tick()


def test_the_loop_in_a_thread(sim):
    done = threading.Event()
    with sim.inside() as reapy:
        reapy.defer(done.set)
        with sim.running(rate_hz=200):
            assert done.wait(5)


def test_outside_without_reaper_reapy_only_warns():
    with warnings.catch_warnings(record=True) as seen, redirected(free_ports()):
        warnings.simplefilter("always")
        with fresh_reapy() as reapy:
            assert not reapy.dist_api_is_enabled()
            assert not hasattr(reapy.reascript_api, "CountTracks")
    assert any("Can't reach distant API" in str(warning.message) for warning in seen)


SCRIPT = """
from reaper_python import *
import helper

def step():
    global left
    left -= 1
    RPR_ShowConsoleMsg(f"{left} {RPR_CountTracks(0)} {helper.WORD}\\n")
    if left:
        RPR_defer("step()")

assert __name__ == "__main__" and "__file__" not in globals()
left = 2
RPR_atexit("RPR_ShowConsoleMsg('bye')")
RPR_defer("step()")
"""


def test_a_script_runs_as_in_reaper(sim, tmp_path):
    (tmp_path / "action.py").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "helper.py").write_text("WORD = 'beside'", encoding="utf-8")
    main = dict(sys.modules["__main__"].__dict__)
    with sim.inside("helper"):
        sim.run_script(tmp_path / "action.py")
        assert sim.console == ""
        sim.run_until(lambda: not sim.deferred, rate_hz=1000)
        sim.end_script()
    assert sim.console == "1 3 beside\n0 3 beside\nbye"
    assert sys.modules["__main__"].__dict__ == main
    assert "helper" not in sys.modules
