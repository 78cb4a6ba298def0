"""The running REAPER as a host: the same project after the same plan as through the file."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mixengine.hosts.rpp.project import Project
from mixengine.model import plan as mixplan
from mixengine.model.plan import Compressor, Fader, Limiter, Marker, MasterTrim, NewClip, NewTake, NewTrack
from mixengine.model.session import MASTER
from tests.helpers.reaper_bench import (
    CHANGES,
    COMP,
    DEEP,
    HARD,
    LIMIT,
    SOFT,
    Bench,
    given_whole_states,
    lines,
)
from tests.helpers.rpp_builders import chain, guid, item, plugin, project, track


def test_every_kind_of_change_is_compared():
    assert {type(change) for changes in CHANGES.values() for change in changes} == set(mixplan.CHANGES.values())


@pytest.mark.parametrize("name", CHANGES)
def test_the_same_plan_gives_the_same_project_as_in_the_file(bench, name):
    before, selected = bench.saved, bench.take().parsed().session()
    taken = bench.take()
    assert bench.write(taken, *CHANGES[name]) == []
    assert lines(bench.saved, "FXID") == lines(bench.file_host(*CHANGES[name]), "FXID")
    now = {track.id: track.selected for track in bench.take().parsed().session().tracks}
    assert [now[track.id] for track in selected.tracks] == [track.selected for track in selected.tracks]
    assert [step.flags for step in bench.project.undo.steps] == [-1]
    assert bench.sim.ui_refresh == 0
    bench.sim.do_undo()
    assert bench.saved == before


@pytest.mark.parametrize("name", CHANGES)
def test_removing_gives_back_the_project(request, bench, name):
    if "plug-ins" in request.node.name and (name.startswith("envelope, new") or name == "much"):
        pytest.skip("REAPER cannot delete an envelope: it stays, bypassed (its own test below)")
    before = bench.saved
    bench.do(*CHANGES[name])
    assert bench.remove() == []
    assert lines(bench.saved, "FXID") == lines(before, "FXID")


def test_a_chain_of_the_master_is_made(tmp_path):
    bench = Bench(tmp_path, project(track(1)))
    assert bench.do(*CHANGES["master chain"]) == []
    [equalizer, compressor] = bench.take().parsed().session().master_effects
    assert (equalizer.bands, compressor.compressor) == (DEEP, SOFT)
    [in_file] = [Project(bench.file_host(*CHANGES["master chain"]), bench.path).session()]
    assert in_file.master_effects == (equalizer, compressor)
    assert bench.remove() == []
    assert bench.take().parsed().session().master_effects == ()


def test_a_second_run_sets_the_compressor_of_the_first(crowded):
    crowded.do(Compressor(guid(1), COMP, None, SOFT), Compressor(MASTER, COMP, None, SOFT))
    assert crowded.do(Compressor(guid(1), COMP, SOFT, HARD), Compressor(MASTER, COMP, SOFT, HARD)) == []
    session = crowded.take().parsed().session()
    for where in (guid(1), MASTER):
        assert [effect.compressor for effect in session.effects(where)] == [None, HARD]


def test_a_second_run_sets_the_limiter_of_the_first(crowded):
    louder = replace(LIMIT, threshold_db=-12.25)
    crowded.do(Limiter(MASTER, "mixengine deliver", None, LIMIT))
    assert crowded.do(Limiter(MASTER, "mixengine deliver", LIMIT, louder)) == []
    assert crowded.take().parsed().session().master_effects[-1].limiter == louder


def test_a_limiter_moves_behind_the_users_plugins_and_back(crowded):
    louder = replace(LIMIT, threshold_db=-12.25)
    users = [effect.name for effect in crowded.take().parsed().session().master_effects]
    assert users
    crowded.do(Limiter(MASTER, "mixengine deliver", None, LIMIT, place_after=0))
    moved = Limiter(MASTER, "mixengine deliver", LIMIT, louder, place_before=0, place_after=len(users))
    for change, place in ((moved, len(users)), (moved.reverted(), 0)):
        assert crowded.do(change) == []
        chain = crowded.take().parsed().session().master_effects
        assert chain[place].limiter == change.after and len(chain) == len(users) + 1
        assert [effect.name for number, effect in enumerate(chain) if number != place] == users
    assert crowded.remove() == []
    assert [effect.name for effect in crowded.take().parsed().session().master_effects] == users


def test_a_take_is_the_active_one_and_the_other_stays(bench):
    assert bench.do(NewTake(guid(1), guid(12), guid(98), "x.wav")) == []
    item = bench.api.GetTrackMediaItem(bench.api.GetTrack(0, 0), 1)
    result = [bench.api.GetTake(item, index) for index in range(int(bench.api.CountTakes(item)))]
    assert [bench.api.GetTakeName(take) for take in result] == ["take1", "x.wav"]
    assert bench.api.GetActiveTake(item) == result[1]
    assert bench.remove() == []
    assert int(bench.api.CountTakes(bench.api.GetTrackMediaItem(bench.api.GetTrack(0, 0), 1))) == 1


def test_removing_after_three_runs_gives_back_the_bytes(tmp_path):
    start = project(track(1, item(11)), track(2), track(3))
    bench = Bench(tmp_path, start)
    bench.do(Fader(guid(1), 0.0, -3.0), MasterTrim(0.0, -1.0))
    bench.do(Fader(guid(1), -3.0, -5.0), Fader(guid(2), 0.0, 1.0), Marker("mixengine: a", 1.0, 2.0))
    bench.do(
        Fader(guid(1), -5.0, -4.0), NewTrack(guid(50), "stem", None), NewClip(guid(50), guid(9), "x.wav", 0.0, 1.0)
    )
    assert bench.saved != start
    assert bench.remove() == []
    assert bench.saved == start


def test_an_envelope_made_among_plugins_is_free_again_when_removed(crowded):
    crowded.do(*CHANGES["envelope, new"])
    assert crowded.remove() == []
    [left] = crowded.take().parsed().session().tracks[0].automation
    assert (left.active, [point.value for point in left.points]) == (True, [1.0])


def test_a_track_with_plugins_never_gets_a_whole_new_state(crowded):
    crowded.sim.calls.clear()
    crowded.do(*CHANGES["much"])
    assert given_whole_states(crowded) == []


@pytest.mark.parametrize(
    "inside",
    [
        ["<FXCHAIN_REC", "SHOW 0", "LASTSEL 0", "DOCKED 0", *plugin(), ">"],
        item(11, "<TAKEFX", "SHOW 0", "LASTSEL 0", "DOCKED 0", *plugin(), ">"),
        chain(plugin(label="mixengine is great")),
    ],
    ids=["input effects", "take effects", "a plug-in with a name like ours"],
)
def test_plugins_elsewhere_on_the_track_are_not_loaded_anew_either(tmp_path, inside):
    bench = Bench(tmp_path, project(track(1, inside)))
    bench.do(*CHANGES["envelope, new"])
    assert given_whole_states(bench) == []
