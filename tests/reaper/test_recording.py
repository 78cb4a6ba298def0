"""While REAPER records it is left alone: at the click, and before anything is written or rendered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mixengine.hosts.reaper import dry_run, stem_renderer
from mixengine.hosts.reaper.sides import Inside
from mixengine.hosts.reaper.snapshot import RECORDING
from tests.helpers.reaper_bench import Api
from tests.helpers.studio import YES, InProcess, Studio

pytest.importorskip("reapy", reason="python-reapy is not installed")
pytest.importorskip("lupa", reason="lupa is not installed")

from tests.helpers.lua_studio import direct

RECORDS = 5
"""Plays and records."""
SIDES: dict[str, Callable[[Any], Any]] = {"python": lambda sim: Inside(Api(sim)), "lua": lambda sim: direct(sim)[1]}


def calls(studio: Studio, since: int) -> set[str]:
    return {name for name, _ in list(studio.sim.calls)[since:]}


@pytest.mark.parametrize("name", ["balance", "unmask", "remove", "match", "deliver", "selftest"])
def test_at_the_click_it_is_one_sentence(both, name):
    for studio in both:
        before, tabs = studio.saved, len(studio.sim.projects)
        studio.sim.current.play_state = RECORDS
        since = len(studio.sim.calls)
        assert studio.press(name) == [RECORDING]
        assert (studio.saved, studio.steps, len(studio.sim.projects)) == (before, [], tabs)
        assert not calls(studio, since) & {"Main_OnCommandEx", "SetTrackStateChunk", "Undo_BeginBlock2"}
    assert InProcess.started == []


@pytest.mark.parametrize("other_tab", [False, True], ids=["this tab", "another tab"])
def test_recording_begun_while_the_backend_works_leaves_the_project(both, audio, other_tab):
    for studio in both:
        studio.sim.open(audio / "masked.RPP")
        own = studio.sim.current
        taping = studio.sim.open() if other_tab else own
        studio.sim.current = own
        before = studio.saved
        studio.press("unmask", YES, YES, until_end=False)
        studio.until_started()
        taping.play_state = RECORDS
        studio.wait()
        assert studio.sim.boxes[-1][1] == RECORDING
        assert [text for _, text, _ in studio.sim.boxes].count(RECORDING) == 1
        assert (studio.saved, studio.steps, studio.sim.help) == (before, [], "")
        taping.play_state = 0
        InProcess.started.clear()


@pytest.mark.parametrize("side", SIDES)
def test_nothing_is_written_rendered_or_measured(studio, tmp_path, side):
    sim, api = studio.sim, Api(studio.sim)
    own = SIDES[side](sim)
    reading = own.read(None)
    before = studio.saved
    sim.current.play_state = RECORDS
    project = {"project": reading["project"], "changes": reading["changes"]}
    marker = {"do": "add_marker", "is_region": 0, "start_s": 1.0, "end_s": 1.0, "name": "m", "number": 1}
    written = own.execute({**project, "master": "master", "tracks": {}, "title": "t", "operations": [marker]})
    assert written == {"state": "recording", "refused": []}
    track = reading["tracks"][0]["pointer"]
    request = {
        **project,
        "folder": str(tmp_path),
        "sample_rate": 16000,
        "tracks": {"t": [track, 1]},
        "solos": [],
        "bypassed": "",
        "with_own": [],
        "passes": [{"start_s": 0.0, "end_s": 0.5, "tracks": ["t"], "behind_fader": False}],
        "pre_fader": True,
        "mix_span_s": None,
        "master": "master",
    }
    assert own.render(request)["state"] == stem_renderer.RECORDING
    measured = own.measure({"project": reading["project"], "start_s": 0.0, "end_s": 0.5})
    assert measured.state == dry_run.RECORDING
    assert (studio.saved, studio.steps) == (before, [])
    assert int(api.GetPlayStateEx(api.EnumProjects(-1, "", 4096)[0])) == RECORDS


def test_the_simulation_refuses_a_new_state_and_a_render_in_a_take(studio):
    api = Api(studio.sim)
    track = api.GetTrack(0, 0)
    state = api.GetTrackStateChunk(track, "", 4194303, False)[2]
    studio.sim.current.play_state = RECORDS
    with pytest.raises(AssertionError, match="SetTrackStateChunk while REAPER records"):
        api.SetTrackStateChunk(track, state, False)
    with pytest.raises(AssertionError, match="action 42230 while REAPER records"):
        api.Main_OnCommandEx(42230, 0, 0)
