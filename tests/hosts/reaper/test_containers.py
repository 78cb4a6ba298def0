"""mixengine's plug-ins that the user dragged into a container (REAPER 7): found, left as they are, and named."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixengine.hosts.reaper import bypass, write
from mixengine.hosts.reaper.reader import container_items
from mixengine.hosts.reaper.sides import Inside, Side
from mixengine.hosts.rpp import apply as rpp_apply
from mixengine.hosts.rpp import history
from mixengine.hosts.rpp.project import Project
from mixengine.model.plan import Change, Equalizer, Fader, Limiter, revert
from mixengine.model.session import MASTER
from reaper_sim import SimReaper
from tests.helpers import rpp_builders as builders
from tests.helpers.reaper_bench import DEEP, EQ, FLAT, LIMIT, Api, Bench, plan_of
from tests.helpers.rpp_builders import chain, guid, plugin, project, reaeq, track

LIMITER = "mixengine deliver"
OURS = reaeq(EQ, FLAT, guid(77))
PLACES = {
    "chain": lambda inner: chain(plugin(), inner),
    "container": lambda inner: chain(plugin(), container(plugin(), inner)),
    "container in a container": lambda inner: chain(container(plugin(), container(inner, plugin()), plugin())),
}
LEFT = f"the equaliser '{EQ}' on 'vox' is in a container: left as it is"


def container(*effects: list[str]) -> list[str]:
    """A container as REAPER 7 writes it."""
    inside = [line for effect in effects for line in effect]
    head = ['<CONTAINER Container "" ""', "CONTAINER_CFG 2 2 2 0", "SHOW 0", "LASTSEL 0", "DOCKED 0"]
    return ["BYPASS 0 0 0", *head, *inside, ">", f"FXID {guid(70)}", "WAK 0 0"]


def song(place: str) -> bytes:
    return project(track(1, PLACES[place](OURS), name="vox"))


def on_both(folder: Path, data: bytes) -> list[Bench]:
    """The same project behind Python inside REAPER and behind the scripts in Lua."""
    from tests.hosts.reaper.test_lua_side import LuaBench

    (folder / "lua").mkdir()
    return [Bench(folder, data), LuaBench(folder / "lua", data)]


def side_of(bench: Bench) -> Side:
    return getattr(bench, "side", None) or Inside(bench.api)


def of_file(data: bytes, *changes: Change) -> rpp_apply.Result:
    source = Project(data, builders.PLACE)
    kept = history.after(history.stored_plan(source.root))
    return rpp_apply.apply(source, plan_of(*changes), ext_state=kept)


@pytest.mark.parametrize("place", ["container", "container in a container"])
@pytest.mark.parametrize(
    "change",
    [Equalizer(guid(1), EQ, None, DEEP), Equalizer(guid(1), EQ, FLAT, DEEP), Equalizer(guid(1), EQ, FLAT, None)],
    ids=["new", "set anew", "taken off"],
)
def test_what_is_in_a_container_is_left_and_named_on_every_road(tmp_path, place, change):
    data = song(place)
    assert of_file(data, change).skipped == [LEFT]
    assert of_file(data, change).data.count(b"VST: ReaEQ") == 1
    for bench in on_both(tmp_path, data):
        assert bench.do(change) == [LEFT]
        assert bench.saved.count(EQ.encode()) == data.count(EQ.encode())


@pytest.mark.parametrize("place", ["container", "container in a container"])
def test_it_stays_in_the_memory_until_it_is_taken_out(tmp_path, place):
    change, fader = Equalizer(guid(1), EQ, None, FLAT), Fader(guid(1), 0.0, -3.0)
    written = of_file(project(track(1, chain(plugin()), name="vox")), change, fader).data
    dragged = song(place)
    inside = written[: written.index(b"  <FXCHAIN")] + dragged[dragged.index(b"  <FXCHAIN") : dragged.rindex(b">")]
    for bench in on_both(tmp_path, inside + written[written.index(b"  <EXTSTATE") :]):
        taken = bench.take()
        before = history.earlier_plan(taken.parsed())
        assert before is not None and len(before.changes) == 2
        done = write.write_over(side_of(bench), taken, revert(before), history.after_undo(before))
        assert done.skipped == [LEFT]
        left = history.stored_plan(bench.take().parsed().root)
        assert left is not None and left.changes == (change,)
        assert EQ.encode() in bench.saved


def test_what_the_user_deleted_is_named_and_forgotten():
    plain = project(track(1, chain(plugin()), name="vox"))
    gone = of_file(plain, Equalizer(guid(1), EQ, FLAT, None))
    assert gone.skipped == [f"the equaliser '{EQ}' on 'vox' is not in the project any more"]
    assert len(gone.plan.changes) == 1


def test_a_frozen_track_keeps_its_equaliser():
    data = project(track(1, ["<FREEZE 1 0", *OURS, ">"], name="vox"))
    result = of_file(data, Equalizer(guid(1), EQ, FLAT, None))
    assert result.skipped == [f"the equaliser '{EQ}' on 'vox' is frozen with its track: left as it is"]
    assert result.plan.changes == ()


@pytest.mark.parametrize("place", PLACES)
def test_the_session_knows_what_is_in_containers(tmp_path, place):
    is_inside = place != "chain"
    for bench in on_both(tmp_path, song(place)):
        [vox] = bench.take().parsed().session().tracks
        assert any(EQ in effect.inside for effect in vox.effects) == is_inside
        assert any(effect.label == EQ for effect in vox.effects) != is_inside


def test_the_master_is_read_with_its_containers(tmp_path):
    data = project(chain(container(plugin(), OURS), name="MASTERFXLIST"), track(1))
    texts = []
    for bench in on_both(tmp_path, data):
        texts.append(bench.take().text)
        [box] = bench.take().parsed().session().master_effects
        assert box.inside == (EQ,)
        change = Equalizer(MASTER, EQ, None, DEEP)
        assert bench.do(change) == [LEFT.replace("'vox'", "the master")]
        assert bench.do(Limiter(MASTER, LIMITER, None, LIMIT)) == []
    assert texts[0] == texts[1]


@pytest.mark.parametrize("place", PLACES)
def test_bypass_finds_it_wherever_it_is(tmp_path, place):
    for bench in on_both(tmp_path, song(place)):
        before = bench.saved
        assert bypass.bypass_ours(bench.api, side_of(bench)) is False
        assert bench.saved.count(b"BYPASS 1") == 1
        assert bench.saved.index(b"BYPASS 1") < bench.saved.index(EQ.encode())
        assert bypass.bypass_ours(bench.api, side_of(bench)) is True
        assert bench.saved == before


def test_what_reaper_does_not_delete_is_said(tmp_path, monkeypatch):
    bench = Bench(tmp_path, song("chain"))
    monkeypatch.setattr(bench.sim.reaper_python, "RPR_TrackFX_Delete", lambda *_: False)
    assert bench.do(Equalizer(guid(1), EQ, FLAT, None)) == [f"REAPER did not delete '{EQ}' on 'vox'"]


def test_indices_in_containers_are_those_of_reapers_page(tmp_path):
    path = tmp_path / "indices.RPP"
    path.write_bytes(project(track(1, chain(plugin(), container(plugin(), plugin(), container(plugin()))))))
    api = Api(SimReaper(path))
    only = api.GetTrack(0, 0)
    third = 0x2000000 + 3 * (int(api.TrackFX_GetCount(only)) + 1) + 2
    assert (container_items(api, only, 1) or [])[-1] == third
    assert container_items(api, only, third) == [third + 1 * 3 * 4]
    assert container_items(api, only, 0) is None
