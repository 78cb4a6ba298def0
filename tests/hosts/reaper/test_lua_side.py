"""The scripts in Lua read, write and render as Python inside REAPER does: same project, same operations, same bytes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from mixengine.hosts.reaper import snapshot, write
from mixengine.hosts.reaper.lua_side import SHAPES
from mixengine.hosts.reaper.operations import KINDS
from mixengine.hosts.rpp import history
from mixengine.model import plan as mixplan
from mixengine.model.plan import Change
from mixengine.system.talk import ScriptError
from reaper_sim import signatures
from reaper_sim.lua import goes_in
from tests.helpers.paths import ROOT
from tests.helpers.reaper_bench import CHANGES, Bench, plan_of, song
from tests.helpers.rpp_builders import guid, plugin
from tests.hosts.reaper.test_snapshot import whole_master

pytest.importorskip("lupa", reason="lupa is not installed")

from tests.helpers.lua_studio import direct

SONGS = {"plain": song(), "with plug-ins": song(plugin())}


class LuaBench(Bench):
    """What the actions in Lua do to the project."""

    def __init__(self, folder: Path, data: bytes, **options: Any) -> None:
        super().__init__(folder, data, **options)
        self.api, self.side = direct(self.sim)

    def take(self) -> snapshot.Snapshot:
        return snapshot.from_reading(self.side.read(None))

    def write(self, taken: snapshot.Snapshot, *changes: Change) -> list[str]:
        plan = plan_of(*changes)
        kept = history.ext_state(history.stored_plan(taken.parsed().root), plan)
        try:
            return write.write_over(self.side, taken, plan, kept).skipped
        finally:
            self.sim.check_balanced()

    def remove(self) -> list[str]:
        taken = self.take()
        before = history.stored_plan(taken.parsed().root)
        assert before is not None
        kept = history.ext_state(before, None)
        return write.write_over(self.side, taken, mixplan.revert(before), kept).skipped


@pytest.fixture(params=SONGS)
def data(request) -> bytes:
    return SONGS[request.param]


def test_the_project_is_read_as_inside(tmp_path, data):
    by_lua, inside = LuaBench(tmp_path, data).take(), Bench(tmp_path, data).take()
    assert by_lua.text == inside.text
    assert list(by_lua.tracks) == list(inside.tracks)
    assert (by_lua.path, by_lua.saved, by_lua.changes) == (inside.path, inside.saved, inside.changes)


@pytest.mark.parametrize("knows_wet", [True, False])
def test_the_master_is_read_as_inside(tmp_path, knows_wet):
    by_lua, inside = LuaBench(tmp_path, whole_master()), Bench(tmp_path, whole_master())
    if not knows_wet:
        by_lua.side._talk.functions[b"TrackFX_GetParamFromIdent"] = None
        del inside.sim.reaper_python.RPR_TrackFX_GetParamFromIdent
    assert by_lua.take().text == inside.take().text
    project = by_lua.take().project
    for bench in (by_lua, inside):
        bench.sim.open()
    behind = snapshot.from_reading(by_lua.side.read(project)).text
    assert behind == snapshot.take(inside.api, inside.api.EnumProjects(0, "", 4096)[0]).text


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_gives_the_same_bytes_and_one_undo_takes_it_back(tmp_path, data, name):
    by_lua, inside = LuaBench(tmp_path, data), Bench(tmp_path, data)
    before = by_lua.saved
    assert by_lua.do(*CHANGES[name]) == inside.do(*CHANGES[name])
    assert by_lua.saved == inside.saved
    steps = [step.name for step in by_lua.project.undo.steps]
    assert steps == [step.name for step in inside.project.undo.steps]
    written = by_lua.saved
    assert by_lua.remove() == inside.remove()
    assert by_lua.saved == inside.saved
    by_lua.sim.do_undo(by_lua.project)
    assert by_lua.saved == written
    by_lua.sim.do_undo(by_lua.project)
    assert by_lua.saved == before


def test_it_takes_no_more_calls_than_inside(tmp_path, data):
    counts = []
    for bench in (LuaBench(tmp_path, data), Bench(tmp_path, data)):
        taken = bench.take()
        bench.sim.calls.clear()
        bench.write(taken, *CHANGES["much"])
        counts.append(len(bench.sim.calls))
    assert counts[0] <= counts[1]


def test_an_edit_meanwhile_makes_new_operations(tmp_path):
    bench = LuaBench(tmp_path, SONGS["with plug-ins"])
    taken = bench.take()
    bench.api.SetMediaTrackInfo_Value(taken.tracks[guid(3)], "D_VOL", 0.5)
    bench.api.DeleteTrack(taken.tracks[guid(5)])
    skipped = bench.write(taken, *CHANGES["fader"], mixplan.Fader(guid(5), 0.0, -1.0))
    assert skipped == ["'last' is not in the project any more"] or "last" in skipped[0]
    assert len(bench.project.undo.steps) == 1


@pytest.mark.parametrize("function", ["SetTrackStateChunk", "SetEnvelopeStateChunk", "TrackFX_CopyToTrack"])
def test_what_fails_half_way_is_taken_back_as_a_whole(tmp_path, function):
    bench = LuaBench(tmp_path, SONGS["with plug-ins"])
    taken, before = bench.take(), bench.saved

    def fail(*_: Any) -> None:
        raise RuntimeError("the disk is gone")

    bench.side._talk.functions[function.encode()] = fail
    with pytest.raises(ScriptError, match="the disk is gone"):
        bench.write(taken, *CHANGES["much"])
    assert bench.saved == before


def test_calls_that_belong_together_are_made_in_one_turn_whichever_fails(tmp_path):
    bench = LuaBench(tmp_path, SONGS["plain"])
    project, track = bench.take().project, bench.take().tracks[guid(1)]
    calls = [
        ("Undo_BeginBlock2", (project,)),
        ("NoSuchFunction", ()),
        ("SetMediaTrackInfo_Value", (track, "D_VOL", 0.5)),
        ("Undo_EndBlock2", (project, "together", -1)),
    ]
    with pytest.raises(ScriptError, match="this REAPER has no function NoSuchFunction"):
        bench.side.call_all(calls)
    bench.sim.check_balanced()
    assert [step.name for step in bench.project.undo.steps] == ["together"]


def test_no_project_any_more(tmp_path):
    bench = LuaBench(tmp_path, SONGS["plain"])
    taken = bench.take()
    bench.sim.open()
    bench.sim.close(bench.project)
    with pytest.raises(Exception, match="closed meanwhile"):
        bench.write(taken, *CHANGES["fader"])


def test_a_state_of_any_length_comes_whole(tmp_path):
    """Python inside REAPER takes 4 MB at most, and puts such a track together from pieces."""
    bench = LuaBench(tmp_path, SONGS["plain"])
    track = bench.take().tracks[guid(1)]
    state = bench.api.GetTrackStateChunk(track, "", 100, False)[2]
    notes = "\n".join(["<NOTES", *("|" + "x" * 10000 for _ in range(450)), ">"])
    assert bench.api.SetTrackStateChunk(track, state.rstrip()[:-1] + notes + "\n>\n", False)
    text = bench.take().text
    assert text.count("|" + "x" * 10000) == 450 and "PARTLY" not in text
    assert bench.do(*CHANGES["fader"]) == []


def test_every_kind_of_operation_is_carried_out():
    text = (ROOT / "reaper_scripts" / "lua" / "project.lua").read_text(encoding="utf-8")
    assert set(re.findall(r"^function DO\.(\w+)\(", text, re.M)) == set(KINDS)


def test_the_shapes_are_those_of_reapers_table():
    """By the rule that also the simulation follows."""
    table = signatures.read()
    for name, shape in SHAPES.items():
        letters = "v" if table[name].result == "void" else ""
        for argument in table[name].arguments:
            enters = goes_in(table[name], argument)
            both = "b" if enters else "o"
            letters += "s" if argument.name.endswith("_sz") else both if argument.is_output else "i"
        assert shape == letters, name
    done_by_the_script = {"GetProjectPathEx", "EnumProjectMarkers3"}  # in reading a whole project
    missing = [name for name in used_functions() - done_by_the_script if table[name].is_tuple and name not in SHAPES]
    assert missing == []


def used_functions() -> set[str]:
    """What the code calls on REAPER's functions, wherever they may be a script's."""
    hosts = ROOT / "mixengine" / "hosts" / "reaper"
    paths = [*(ROOT / "mixengine" / "reaper").glob("*.py"), hosts / "bypass.py", hosts / "reader.py"]
    texts = [path.read_text(encoding="utf-8") for path in paths]
    return {name for text in texts for name in re.findall(r"\bapi\.([A-Z]\w+)\b", text)}
