"""REAPER renders for a script in Lua as it does for Python inside it, and all that was set is put back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from mixengine.hosts.reaper import snapshot
from mixengine.hosts.reaper.sides import Inside
from mixengine.hosts.reaper.stem_request import Edited, Pass, StemRequest, rendered
from mixengine.model.session import MASTER
from mixengine.system.errors import UserError
from mixengine.system.talk import ScriptError
from reaper_sim import SimReaper
from reaper_sim.rendering import PREFERENCES
from tests.helpers.plugin_sessions import RENDER_HEAD, at_start, fx, js
from tests.helpers.reaper_bench import EQ, FLAT, Api
from tests.helpers.rpp_builders import guid, project, reaeq, track
from tests.helpers.sounds import pink, write

pytest.importorskip("lupa", reason="lupa is not installed")

from tests.helpers.lua_studio import direct

RATE = 8000
HEAD = tuple(line.replace("48000", str(RATE)) for line in RENDER_HEAD)
REQUEST = StemRequest(
    RATE,
    (Pass(0.0, 0.5, (guid(2), guid(3))), Pass(0.25, 0.75, (guid(2),))),
    solos=(guid(1),),
    bypassed=EQ,
    with_own=(guid(3),),
    mix_span_s=(0.0, 0.5),
)


@pytest.fixture(scope="module")
def song(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("söng")
    write(folder / "pad.wav", pink(1.0, RATE, level=0.05, channels=2), RATE)
    master = ["<MASTERFXLIST", "SHOW 0", "LASTSEL 0", "DOCKED 0", *js("sim gain -20dB"), ">"]
    tracks = (
        track(1, at_start(11, "pad.wav", 1.0), name="soloed", lines=("SEL 1",)),
        track(2, fx(js("sim gain +9dB")), at_start(12, "pad.wav", 1.0), name="pad", lines=("SEL 0",)),
        track(3, fx(js("sim gain +3dB"), reaeq(EQ, FLAT, guid(77))), at_start(13, "pad.wav", 1.0), lines=("SEL 0",)),
    )
    data = project(master, *tracks, head=HEAD).replace(b"MUTESOLO 0 0 0", b"MUTESOLO 0 2 0", 1)
    (folder / "song.RPP").write_bytes(data)
    return folder / "song.RPP"


def opened(song: Path) -> tuple[SimReaper, Any]:
    """With another project in front."""
    sim = SimReaper(song)
    own = sim.current
    taken_in = sim.open()
    assert taken_in is sim.current
    return sim, own


def take(side: Any, own: Any, sim: SimReaper) -> snapshot.Snapshot:
    sim.current = own
    current = snapshot.from_reading(side.read(None))
    sim.current = sim.projects[-1]
    return current


def test_files_and_settings_are_those_of_python_inside(song, tmp_path):
    answers, sounds = [], []
    for name, side_of in (("inside", lambda sim: Inside(Api(sim))), ("lua", lambda sim: direct(sim)[1])):
        sim, own = opened(song)
        side, folder = side_of(sim), tmp_path / name
        folder.mkdir()
        current = take(side, own, sim)
        before = own.data()
        answer, after = rendered(side, current, REQUEST, str(folder))
        assert own.data() == before
        assert own.undo.steps == []
        assert (sim.config, sim.rendering.open_windows) == (PREFERENCES, 0)
        assert sim.current is sim.projects[-1]
        assert after.changes == take(side, own, sim).changes
        answers.append((list(answer.files), answer.pre_fader))
        sounds.append([soundfile.read(path)[0] for path in answer.files.values()])
    assert answers[0] == answers[1]
    assert [key[0] for key in answers[1][0]] == [guid(2), guid(3), guid(2), MASTER]
    for inside, by_lua in zip(*sounds, strict=True):
        np.testing.assert_array_equal(inside, by_lua)
        assert np.abs(by_lua).max() > 0.01


def test_a_pass_behind_the_fader_is_that_of_python_inside(song, tmp_path):
    """Between others: only its stems hold the fader."""
    quiet = song.with_name("quiet.RPP")
    quiet.write_bytes(song.read_bytes().replace(b"VOLPAN 1 0 -1 -1 1", b"VOLPAN 0.5 0 -1 -1 1"))
    passes = (Pass(0.0, 0.5, (guid(2),)), Pass(0.0, 0.75, (guid(2),), behind_fader=True), Pass(0.0, 1.0, (guid(2),)))
    answers = []
    for name, side_of in (("inside", lambda sim: Inside(Api(sim))), ("lua", lambda sim: direct(sim)[1])):
        sim, own = opened(quiet)
        side, folder = side_of(sim), tmp_path / name
        folder.mkdir()
        before = own.data()
        answer, _ = rendered(side, take(side, own, sim), StemRequest(RATE, passes, solos=(guid(1),)), str(folder))
        assert own.data() == before and answer.pre_fader
        answers.append([soundfile.read(path)[0] for path in answer.files.values()])
    for inside, by_lua in zip(*answers, strict=True):
        np.testing.assert_array_equal(inside, by_lua)
    first, behind, last = answers[1]
    np.testing.assert_allclose(behind[: len(first)], 0.5 * first, atol=1e-6)
    np.testing.assert_allclose(last[: len(first)], first, atol=1e-6)


def calls_of(song: Path, folder: Path) -> int:
    sim, own = opened(song)
    side = direct(sim)[1]
    current = take(side, own, sim)
    sim.calls.clear()
    rendered(side, current, REQUEST, str(folder))
    return len(sim.calls)


def test_any_call_that_fails_leaves_all_as_it_was(song, tmp_path):
    """Every twelfth call fails once, those included that put something back: takes seconds, three renders each."""
    count = calls_of(song, tmp_path)
    assert count < 110
    for path in tmp_path.iterdir():
        path.unlink()
    for number in range(0, count, 12):
        sim, own = opened(song)
        api, side = direct(sim)
        current, before = take(side, own, sim), own.data()
        _fail_at(side._talk.functions, number)
        try:
            rendered(side, current, REQUEST, str(tmp_path))
        except ScriptError as error:
            assert "call number" in str(error)
        assert (own.data(), sim.config) == (before, PREFERENCES), number
        assert sim.current is sim.projects[-1]
        for path in tmp_path.iterdir():
            path.unlink()
        del api


def _fail_at(functions: Any, number: int) -> None:
    made = [0]

    def failing(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            made[0] += 1
            if made[0] == number + 1:
                raise RuntimeError(f"call number {number} fails")
            return function(*arguments)

        return call

    for name in list(functions):
        functions[name] = failing(functions[name])


@pytest.mark.parametrize("fails, after", [("cancel", 0), ("cancel", 1), ("cancel mix", 0), ("no disk", 1)])
def test_a_render_that_is_stopped_leaves_nothing(song, tmp_path, fails, after):
    sim, own = opened(song)
    side = direct(sim)[1]
    current, before = take(side, own, sim), own.data()
    sim.rendering.fails, sim.rendering.fails_after = fails, after
    with pytest.raises(UserError, match="render was stopped or broke off"):
        rendered(side, current, REQUEST, str(tmp_path))
    assert own.data() == before
    assert list(tmp_path.iterdir()) == []


def test_an_edit_or_a_closed_project_renders_nothing(song, tmp_path):
    sim, own = opened(song)
    api, side = direct(sim)
    current = take(side, own, sim)
    api.SetMediaTrackInfo_Value(current.tracks[guid(1)], "D_VOL", 0.5)
    with pytest.raises(Edited):
        rendered(side, current, REQUEST, str(tmp_path))
    sim.close(own)
    with pytest.raises(UserError, match="closed meanwhile"):
        rendered(side, current, REQUEST, str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_outside_the_folder(song, tmp_path, monkeypatch):
    sim, own = opened(song)
    side = direct(sim)[1]
    current, before = take(side, own, sim), own.data()
    real = side._talk.functions[b"GetSetProjectInfo_String"]

    def elsewhere(project: Any, name: bytes, text: bytes, is_set: bool) -> Any:
        return (True, b"/elsewhere/pass0-2.wav") if name == b"RENDER_TARGETS" else real(project, name, text, is_set)

    side._talk.functions[b"GetSetProjectInfo_String"] = elsewhere
    with pytest.raises(UserError, match=r"REAPER would write /elsewhere/pass0-2\.wav: nothing was rendered"):
        rendered(side, current, REQUEST, str(tmp_path))
    assert own.data() == before


def test_an_older_reaper_says_that_its_stems_end_after_the_fader(song, tmp_path):
    sim, own = opened(song)
    side = direct(sim)[1]
    sim.rendering.knows_pre_fader = False
    answer, _ = rendered(side, take(side, own, sim), REQUEST, str(tmp_path))
    assert not answer.pre_fader and len(answer.files) == 4
