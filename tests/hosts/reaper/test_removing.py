"""Changes that come and go again: locked tracks, markers, duck after duck, numbers spelt in another way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mixengine.hosts.reaper import snapshot, write
from mixengine.hosts.rpp import history
from mixengine.hosts.rpp.project import Project
from mixengine.model.plan import Compressor, Envelope, Fader, Marker, NewTrack
from reaper_sim import SimReaper
from tests.helpers import rpp_builders as builders
from tests.helpers.reaper_bench import (
    CHANGES,
    COMP,
    DUCK,
    SOFT,
    Api,
    Bench,
    lines,
    plan_of,
)
from tests.helpers.rpp_builders import chain, guid, item, plugin, project, track


def test_a_locked_track_is_left_alone_in_both_hosts(tmp_path):
    bench = Bench(tmp_path, project(track(1, lines=("LOCK 1",)), track(2)))
    changes = (Fader(guid(1), 0.0, -3.0), Compressor(guid(1), COMP, None, SOFT), Fader(guid(2), 0.0, -3.0))
    assert bench.do(*changes) == ["'T1' is locked in REAPER: left as it is"]
    assert lines(bench.saved) == lines(bench.file_host(*changes))


def test_a_project_never_saved(tmp_path):
    sim = SimReaper(resource_path=tmp_path)
    taken = snapshot.take(Api(sim))
    assert not taken.saved
    assert Path(taken.path).parent.is_relative_to(tmp_path)
    plan = plan_of(NewTrack(guid(1), "ü", None), Fader(guid(1), 0.0, -3.0))
    assert write.write(Api(sim), taken, plan, history.ext_state(None, plan)).skipped == []
    assert [track.name for track in snapshot.take(Api(sim)).parsed().session().tracks] == ["ü"]
    sim.do_undo()
    assert sim.current.tracks == []


def test_ducking_again_after_removing_is_heard_each_time(crowded):
    from mixengine.jobs.envelopes import targets

    for _ in range(4):
        change = targets.envelope_change(crowded.take().parsed().session().tracks[0], DUCK, "", drawn_by="duck")
        assert crowded.do(change) == []
        drawn = [a for a in crowded.take().parsed().session().tracks[0].automation if len(a.points) >= len(DUCK)]
        assert any(entry.active for entry in drawn)
        crowded.remove()


def test_a_marker_at_any_time_is_found_again(tmp_path):
    bench = Bench(tmp_path, project(track(1)))
    bench.do(Marker("mixengine: third", 1.0 / 3.0, 2.0 / 3.0))
    assert bench.remove() == []


def test_a_region_of_the_user_at_the_same_place_survives(tmp_path):
    own = ['MARKER 1 1 "refrain" 1', 'MARKER 1 2 "" 1']
    bench = Bench(tmp_path, builders.project(own, track(1)))
    before = bench.saved
    assert bench.do(Marker("mixengine: r", 1.0, 2.0)) == []
    assert bench.remove() == []
    assert bench.saved == before


def test_numbers_of_an_own_fader_spelling_come_back(tmp_path):
    bench = Bench(tmp_path, project(track(1, volpan="0.500000 0.000000 -1.000000 -1.000000 1.000000")))
    before = bench.saved
    now = bench.take().parsed().session().tracks[0].fader_db
    bench.do(Fader(guid(1), now, -3.0))
    assert bench.remove() == []
    assert Project(bench.saved, bench.path).session().tracks == Project(before, bench.path).session().tracks


def test_an_unchanged_plan_makes_no_undo_step(plain):
    plan = plan_of(replace(CHANGES["fader"][0], after=0.0))
    write.write(plain.api, plain.take(), plan, {})
    assert plain.project.undo.steps == []


@pytest.mark.parametrize("effects", [[], [plugin()]], ids=["plain", "with plug-ins"])
def test_few_calls_for_many_tracks(tmp_path, effects):
    count = 40
    parts = [track(n, *([chain(*effects)] if effects else []), item(100 + n)) for n in range(1, count + 1)]
    bench = Bench(tmp_path, project(*parts))
    taken = bench.take()
    bench.sim.calls.clear()
    faders = [Fader(guid(n), 0.0, -3.0) for n in range(1, count + 1)]
    ducks = [Envelope(guid(n), "volume", 1.0, 3.125, (), DUCK, created=True) for n in range(1, count + 1)]
    assert bench.write(taken, *faders, *ducks) == []
    assert len(bench.sim.calls) <= 8 * count + 30
