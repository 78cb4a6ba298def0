"""Operations: worked out from text without a REAPER, and carried out by a source that knows nothing of mixengine."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from pathlib import Path

import pytest

from mixengine.hosts.reaper import difference, executor, reader, snapshot
from mixengine.hosts.reaper.operations import (
    KINDS,
    AddFx,
    DeleteFx,
    InsertTrack,
    Operations,
    RunAction,
    SetEnvelopeState,
    SetFx,
    SetTrackState,
    SetTrackValue,
)
from mixengine.hosts.rpp import history
from mixengine.hosts.rpp.project import Project
from mixengine.model.session import MASTER
from mixengine.model.units import amplitude
from tests.helpers.reaper_bench import CHANGES, COMP, EQ, Bench, plan_of, song
from tests.helpers.rpp_builders import chain, guid, plugin, project, track

PLACE = Path("/nowhere/song.RPP")
PLAIN, CROWDED = song(), song(plugin())


def needed(data: bytes, *changes) -> Operations:
    """What changes need in a project, without what the project remembers."""
    return difference.of_plan(Project(data, PLACE), plan_of(*changes), {})


def test_a_fader_is_one_value():
    [step] = [step for step in needed(CROWDED, *CHANGES["fader"]).steps if step.do != "set_ext_state"]
    assert step == SetTrackValue(guid(1), "D_VOL", pytest.approx(amplitude(-7.3)))


def test_a_plain_track_gets_its_state_and_one_with_plugins_pieces():
    [state] = needed(PLAIN, *CHANGES["envelope, new"]).steps
    assert isinstance(state, SetTrackState) and "<VOLENV2" in state.state
    show, points = needed(CROWDED, *CHANGES["envelope, new"]).steps
    assert show == RunAction(40406, (guid(1),))
    assert isinstance(points, SetEnvelopeState) and points.state.count("PT ") == 4


def test_new_plugins_of_all_tracks_are_loaded_together_and_stand_in_order():
    changes = [*CHANGES["compressor and EQ, new"], *CHANGES["EQ before the compressor"], *CHANGES["master chain"]]
    [step] = needed(CROWDED, *changes).steps
    assert isinstance(step, AddFx)
    places = [(place.track, place.index) for place in reversed(step.places)]
    assert places == [(guid(1), 1), (guid(1), 2), (guid(5), 1), (MASTER, 1), (MASTER, 2)]
    assert [line.split('"')[1] for line in step.state.splitlines() if line.startswith("<VST")] == [
        f"VST: {name} (Cockos)" for name in ("ReaComp", "ReaEQ", "ReaEQ", "ReaComp", "ReaEQ")
    ]


def test_plugins_that_stand_are_named_by_place_and_label():
    [changed] = needed(CROWDED, *CHANGES["EQ, changed"]).steps
    assert isinstance(changed, SetFx)
    assert (changed.track, changed.index, changed.plugin, changed.label) == (guid(4), 1, "ReaEQ", EQ)
    assert changed.parameters == ()
    [compressor] = needed(CROWDED, *CHANGES["compressor, changed"]).steps
    assert isinstance(compressor, SetFx)
    assert {parameter.number for parameter in compressor.parameters} <= set(range(21))
    [removed] = needed(CROWDED, *CHANGES["compressor, removed"]).steps
    assert removed == DeleteFx(guid(5), 1, "ReaComp", COMP, f"REAPER did not delete '{COMP}' on 'last'")


def test_blocks_between_plugins_are_no_plugins():
    inside = [*plugin(), "<PARMENV 0 0 1 0.5", "PT 0 1 0", ">", *plugin(name="VST: X", label="user's")]
    [step] = needed(project(track(1, chain(inside))), *CHANGES["EQ, new"]).steps
    assert isinstance(step, AddFx)
    assert step.places[0].index == 2


def test_new_tracks_come_first():
    steps = needed(CROWDED, *CHANGES["envelope, new"], *CHANGES["track makes a folder"]).steps
    assert isinstance(steps[0], InsertTrack)
    assert not any(isinstance(step, InsertTrack) for step in steps[1:])


def test_what_does_not_fit_is_skipped_with_its_reason():
    operations = needed(project(track(2)), *CHANGES["fader"])
    assert operations.steps == ()
    assert operations.skipped == (f"track {guid(1)} is not in the project any more",)


@pytest.mark.parametrize("data", [PLAIN, CROWDED], ids=["plain", "with plug-ins"])
@pytest.mark.parametrize("name", CHANGES)
def test_operations_travel_as_json(data, name):
    plan = plan_of(*CHANGES[name])
    operations = difference.of_plan(Project(data, PLACE), plan, history.ext_state(None, plan))
    assert operations.steps
    assert Operations.from_json(json.loads(json.dumps(operations.to_json(), allow_nan=False))) == operations


def test_every_kind_of_operation_is_carried_out():
    assert KINDS.keys() == executor._DO.keys()


@pytest.mark.parametrize("data", [{}, {"steps": [{"do": "nothing"}], "skipped": [], "tracks": 0}, []])
def test_what_is_no_list_of_operations_is_refused(data):
    with pytest.raises(ValueError, match="not a list of operations"):
        Operations.from_json(data)


@pytest.mark.parametrize("module", [reader, executor])
def test_what_runs_inside_stands_alone(module):
    """Its source travels to REAPER's Python, which may know nothing but its standard library."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = {node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imports}
    assert names <= {"__future__", "math", "typing"}
    assert len(Path(module.__file__).read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("name", ["much", "master chain", "track makes a folder"])
def test_sources_alone_read_and_write(tmp_path, name):
    """Read by one source, worked out here from text, carried out by the other source."""
    bench = Bench(tmp_path, CROWDED)
    scope: dict = {"__name__": "elsewhere"}
    for module in (reader, executor):
        exec(Path(module.__file__).read_text(encoding="utf-8"), scope)
    taken = snapshot.from_reading(json.loads(json.dumps(scope["read"](bench.api, None, snapshot.REQUEST))))
    plan = plan_of(*CHANGES[name])
    operations = difference.of_plan(taken.parsed(), plan, history.ext_state(None, plan))
    request = {
        "project": taken.project,
        "changes": taken.changes,
        "master": MASTER,
        "tracks": taken.tracks,
        "title": "there",
        "operations": operations.encoded(),
    }
    assert scope["execute"](bench.api, json.loads(json.dumps(request))) == {"state": "done", "refused": []}
    assert [step.name for step in bench.project.undo.steps] == ["there"]
    edited = bench.saved
    assert scope["execute"](bench.api, request) == {"state": "edited", "refused": []}
    assert bench.saved == edited
    bench.sim.close(bench.project)
    assert scope["execute"](bench.api, request) == {"state": "closed", "refused": []}


def run(bench: Bench, *steps) -> list[str]:
    """Carry out operations in a project as it is."""
    taken = bench.take()
    request = {"project": taken.project, "changes": taken.changes, "master": MASTER, "tracks": taken.tracks}
    operations = Operations(steps).encoded()
    return executor.execute(bench.api, {**request, "title": "test", "operations": operations})["refused"]


@pytest.fixture
def crowded(tmp_path) -> Bench:
    return Bench(tmp_path, CROWDED)


def test_a_wrong_place_is_found_out(crowded):
    """Another plug-in is never touched: its label is read first."""
    changed, gone = (needed(CROWDED, *CHANGES[name]).steps[0] for name in ("EQ, changed", "compressor, removed"))
    assert run(crowded, replace(changed, index=0), replace(gone, index=0)) == []
    assert [effect.label for effect in crowded.take().parsed().session().track(guid(4)).effects] == ["", EQ]
    assert [effect.label for effect in crowded.take().parsed().session().track(guid(5)).effects] == [""]


def test_plugins_that_are_not_there_are_named(crowded):
    changed = needed(CROWDED, *CHANGES["EQ, changed"]).steps[0]
    before = crowded.saved
    assert run(crowded, replace(changed, label="mixengine gone")) == [changed.refused]
    assert crowded.saved == before


def test_plugins_that_reaper_does_not_load_leave_nothing(tmp_path):
    bench = Bench(tmp_path, CROWDED, strict=False)
    before = bench.saved
    bench.sim.reaper_python.RPR_SetTrackStateChunk = lambda *_: False
    assert bench.do(*CHANGES["compressor and EQ, new"]) == [
        f"REAPER refused the settings of '{label}' on 'drüms'" for label in (COMP, EQ)
    ]
    bench.sim.do_undo()
    assert bench.saved == before


def test_plugins_that_reaper_does_not_move_are_counted(crowded):
    crowded.sim.reaper_python.RPR_TrackFX_CopyToTrack = lambda *_: None
    assert crowded.do(*CHANGES["EQ, new"]) == ["REAPER did not move 1 new plug-ins to their tracks"]
    assert int(crowded.api.CountTracks(0)) == 5


def test_a_hidden_track_that_all_tracks_leaves_out_gets_its_envelope(crowded):
    """Should REAPER's "select all tracks" leave one out, it is shown alone."""
    real = crowded.sim.commands[40296]

    def all_but_the_first(sim, proj):
        real(sim, proj)
        crowded.api.SetTrackSelected(crowded.api.GetTrack(0, 0), False)

    crowded.sim.commands[40296] = all_but_the_first
    changes = [replace(CHANGES["envelope, new"][0], track=guid(number)) for number in (1, 3, 4, 5)]
    selected = crowded.api.GetSelectedTrack(0, 0)
    assert crowded.do(*changes) == []
    assert [bool(entry.automation) for entry in crowded.take().parsed().session().tracks] == [True] * 5
    assert (int(crowded.api.CountSelectedTracks(0)), crowded.api.GetSelectedTrack(0, 0)) == (1, selected)


def test_the_button_uses_what_the_backend_worked_out(crowded, monkeypatch):
    """Nothing is worked out again inside REAPER unless the project was edited meanwhile."""
    from mixengine.hosts.reaper import write

    taken, plan = crowded.take(), plan_of(*CHANGES["much"])
    kept = history.ext_state(None, plan)
    operations = difference.of_plan(taken.parsed(), plan, kept)
    monkeypatch.setattr(write.difference, "of_plan", lambda *_: pytest.fail("worked out again"))
    assert write.write(crowded.api, taken, plan, kept, operations=operations).skipped == []


def test_an_edit_meanwhile_makes_new_operations(crowded):
    from mixengine.hosts.reaper import write

    taken, plan = crowded.take(), plan_of(*CHANGES["fader"], *CHANGES["pan"])
    kept = history.ext_state(None, plan)
    operations = difference.of_plan(taken.parsed(), plan, kept)
    crowded.api.SetMediaTrackInfo_Value(crowded.api.GetTrack(0, 0), "D_VOL", 0.25)
    [skipped] = write.write(crowded.api, taken, plan, kept, operations=operations).skipped
    assert "stands at −12.04 dB" in skipped
    assert crowded.api.GetMediaTrackInfo_Value(crowded.api.GetTrack(0, 0), "D_PAN") == pytest.approx(-0.3)
