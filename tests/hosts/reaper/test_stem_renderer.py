"""REAPER renders stems of chosen tracks, and everything is as it was: settings, selection, solos, history, files."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from mixengine.hosts.reaper import stem_renderer
from mixengine.hosts.reaper.sides import Inside
from mixengine.hosts.reaper.stem_request import Pass, StemRequest
from tests.helpers.plugin_sessions import RENDER_HEAD, at_start, fx, js
from tests.helpers.reaper_bench import Bench
from tests.helpers.rpp_builders import envelope, guid, project, track
from tests.helpers.sounds import noise, write

RATE, SECONDS = 8000, 2.0
OWN = "mixengine tone"


def bench_of(folder: Path, **options: Any) -> Bench:
    for n in (1, 2, 3):
        write(folder / f"t{n}.wav", noise(SECONDS, RATE, seed=n, channels=2), RATE)
    drawn = envelope("VOLENV2", "0 0.5 0", "2 0.25 0")
    return Bench(
        folder,
        project(
            track(1, at_start(11, "t1.wav", SECONDS), name="a", lines=("SEL 1",), volpan="0.5 -0.3 -1 -1 1"),
            track(2, drawn, fx(js("sim gain +6dB")), at_start(12, "t2.wav", SECONDS), name="b", lines=("SEL 0",)),
            track(
                3,
                fx(js("sim gain -12dB"), js("sim gain -6dB", OWN)),
                at_start(13, "t3.wav", SECONDS),
                name="c",
                lines=("SEL 1",),
                volpan="0.25 0.5 -1 -1 1",
            ),
            head=tuple(line.replace("48000", "8000") for line in RENDER_HEAD),
        ).replace(b"MUTESOLO 0 0 0", b"MUTESOLO 0 2 0", 1),
        **options,
    )


@pytest.fixture
def bench(tmp_path) -> Bench:
    return bench_of(tmp_path)


@pytest.fixture
def folder(tmp_path) -> Path:
    place = tmp_path / "job"
    place.mkdir()
    return place


REQUEST = StemRequest(RATE, (Pass(0.0, SECONDS, (guid(2), guid(3))),), solos=(guid(1),))

WITH_MIX = StemRequest(RATE, REQUEST.passes, (guid(1),), OWN, (guid(3),), mix_span_s=(0.0, SECONDS))


def ask(bench: Bench, folder: Path, request: StemRequest = REQUEST) -> dict[str, Any]:
    return Inside(bench.api).render(request.encoded(bench.take(), str(folder)))


def sounds_of(answer: dict[str, Any]) -> dict[str, np.ndarray]:
    return {track: soundfile.read(path)[0] for track, *_, path in answer["files"]}


def level_db(sound: np.ndarray, of: Path) -> float:
    reference = soundfile.read(of)[0]
    gain = float(np.vdot(reference, sound) / np.vdot(reference, reference))
    assert np.abs(sound - gain * reference).max() < 1e-6  # that sound alone
    return 20.0 * np.log10(abs(gain))


def test_it_runs_in_a_python_that_knows_nothing_of_mixengine():
    tree = ast.parse(Path(stem_renderer.__file__).read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert modules == {"__future__", "collections.abc", "contextlib", "itertools", "typing", "os", "re"}


def test_stems_end_before_the_fader_with_all_plug_ins(bench, folder, tmp_path):
    answer = ask(bench, folder)
    assert (answer["state"], answer["pre_fader"]) == (stem_renderer.DONE, True)
    stems = sounds_of(answer)
    assert level_db(stems[guid(2)], tmp_path / "t2.wav") == pytest.approx(6.0, abs=1e-3)
    assert level_db(stems[guid(3)], tmp_path / "t3.wav") == pytest.approx(-18.0, abs=1e-3)


def test_an_older_version_gives_stems_behind_the_fader_and_says_so(bench, folder):
    bench.sim.rendering.knows_pre_fader = False
    answer = ask(bench, folder)
    assert (answer["state"], answer["pre_fader"]) == (stem_renderer.DONE, False)


def test_own_plug_ins_are_bypassed_meanwhile(bench, folder, tmp_path):
    request = StemRequest(RATE, REQUEST.passes, (guid(1),), OWN, (guid(3),))
    stems = sounds_of(ask(bench, folder, request))
    assert level_db(stems[guid(3)], tmp_path / "t3.wav") == pytest.approx(-12.0, abs=1e-3)


def state(bench: Bench) -> tuple[Any, ...]:
    return bench.saved, len(bench.project.undo.steps), bench.project.undo.depth, dict(bench.sim.config)


@pytest.mark.parametrize("fails", ["", "cancel", "no disk", "refuse", "error"])
@pytest.mark.parametrize("files", [0, 1])
def test_everything_is_put_back(bench, folder, fails, files):
    before = state(bench)
    bench.sim.rendering.fails, bench.sim.rendering.fails_after = fails, files
    request = StemRequest(RATE, REQUEST.passes, (guid(1),), OWN, (guid(3),))
    if fails == "error":
        with pytest.raises(OSError, match="died"):
            ask(bench, folder, request)
    else:
        assert ask(bench, folder, request)["state"] == (stem_renderer.STOPPED if fails else stem_renderer.DONE)
    assert state(bench) == before
    assert bench.sim.rendering.open_windows == 0
    assert len(list(folder.iterdir())) == (2 if not fails else 0)


@pytest.mark.parametrize("number", range(0, 88, 3))
def test_everything_is_put_back_whichever_call_fails(bench, folder, number):
    """The n-th call of REAPER's API that sets something raises once, as when REAPER loses a pointer."""
    before, count = state(bench), 0
    real = bench.api

    class Failing:
        def __getattr__(self, name: str) -> Any:
            function = getattr(real, name)

            def call(*arguments: Any) -> Any:
                nonlocal count
                count += 1
                if count == number + 1:
                    raise RuntimeError("lost")
                return function(*arguments)

            return call

    encoded = WITH_MIX.encoded(bench.take(), str(folder))
    try:
        answer = Inside(Failing()).render(encoded)
    except RuntimeError:
        answer = None
    if answer is None or answer["state"] != stem_renderer.DONE:
        assert not list(folder.iterdir())
    assert state(bench) == before


def test_an_edited_or_closed_project_is_not_rendered(bench, folder):
    encoded = REQUEST.encoded(bench.take(), str(folder))
    bench.api.SetMediaTrackInfo_Value(bench.api.GetTrack(0, 0), "D_VOL", 0.7)
    assert Inside(bench.api).render(encoded)["state"] == stem_renderer.EDITED
    bench.sim.close(bench.project)
    assert Inside(bench.api).render(encoded)["state"] == stem_renderer.CLOSED
    assert not list(folder.iterdir())


def test_the_tab_in_front_stays_in_front(bench, folder):
    encoded = REQUEST.encoded(bench.take(), str(folder))
    other = bench.sim.open()
    untouched = other.data()
    assert Inside(bench.api).render(encoded)["state"] == stem_renderer.DONE
    assert (bench.sim.current, other.data()) == (other, untouched)


def test_files_that_would_go_elsewhere_are_not_rendered(bench, folder, monkeypatch):
    before = state(bench)
    monkeypatch.setattr("reaper_sim.rendering.targets", lambda proj: [(2, Path("/home/me/mixes/b.wav"))])
    answer = ask(bench, folder)
    assert (answer["state"], answer["why"]) == (stem_renderer.REFUSED, "REAPER would write /home/me/mixes/b.wav")
    assert (state(bench), bench.sim.rendering.files) == (before, [])


def test_few_calls(bench, folder):
    encoded = REQUEST.encoded(bench.take(), str(folder))
    bench.sim.calls.clear()
    stem_renderer.render(bench.api, encoded)
    names = [name for name, arguments in bench.sim.calls]
    of_tracks = ("SetTrackSelected", "SetOnlyTrackSelected", "GetSelectedTrack2", "I_SOLO")
    per_track = [name for name, arguments in bench.sim.calls if name in of_tracks or "I_SOLO" in arguments]
    per_tab = [name for name in names if name == "GetPlayStateEx"]
    per_tab += [name for name, arguments in bench.sim.calls if name == "EnumProjects" and arguments[0] >= 0]
    assert len(per_tab) == 3  # two for each tab, and one for the end of them
    assert len(names) - len(per_track) - len(per_tab) <= 40, sorted(names)
    assert bench.sim.calls.counts["Main_OnCommandEx"] == 1
    for path in folder.iterdir():
        path.unlink()
    encoded = REQUEST.encoded(bench.take(), str(folder))
    bench.sim.calls.clear()
    Inside(bench.api).render(encoded)
    assert len(bench.sim.calls) == len(names) + 4  # for the render window


def test_a_stretch_is_a_part_of_the_whole(bench, folder, tmp_path):
    whole = sounds_of(ask(bench, folder))
    part = tmp_path / "part"
    part.mkdir()
    request = StemRequest(RATE, (Pass(0.5, 1.25, (guid(2),)), Pass(1.0, 1.5, (guid(2), guid(3)))), (guid(1),))
    answer = ask(bench, part, request)
    pieces = {(track, start_s, end_s): soundfile.read(path)[0] for track, start_s, end_s, path in answer["files"]}
    np.testing.assert_array_equal(pieces[guid(2), 0.5, 1.25], whole[guid(2)][4000:10000])
    np.testing.assert_array_equal(pieces[guid(3), 1.0, 1.5], whole[guid(3)][8000:12000])
    assert bench.sim.calls.counts["Main_OnCommandEx"] == 3


def test_the_mix_comes_without_the_masters_effects(bench, folder):
    bench.api.TrackFX_AddByName(bench.api.GetMasterTrack(0), "ReaComp", False, -1)
    before = state(bench)
    request = StemRequest(RATE, (), mix_span_s=(0.0, SECONDS))
    answer = ask(bench, folder, request)
    assert (answer["state"], answer["files"]) == (
        stem_renderer.DONE,
        [["master", 0.0, SECONDS, str(folder / "mix.wav")]],
    )
    assert np.abs(soundfile.read(folder / "mix.wav")[0]).max() > 0.01
    assert state(bench) == before
    calls = [arguments for name, arguments in bench.sim.calls if name == "SetMediaTrackInfo_Value"]
    assert [arguments[1:] for arguments in calls] == [("I_FXEN", 0.0), ("I_FXEN", 1.0)]


def test_what_is_sent_into_a_track_is_in_its_stem(tmp_path, folder):
    """At the sender's own fader and pan; the receiver's are not in it."""
    for n in (1, 2):
        write(tmp_path / f"t{n}.wav", noise(SECONDS, RATE, seed=n, channels=2), RATE)
    receive = "AUXRECV 0 0 0.5 0 0 0 0 0 0 -1:U 0 -1 ''"
    data = project(
        track(1, at_start(11, "t1.wav", SECONDS), name="a", lines=("SEL 0",), volpan="0.5 0 -1 -1 1"),
        track(2, at_start(12, "t2.wav", SECONDS), name="b", lines=("SEL 0", receive), volpan="0.1 0.7 -1 -1 1"),
        head=tuple(line.replace("48000", "8000") for line in RENDER_HEAD),
    )
    bench = Bench(tmp_path, data)
    request = StemRequest(RATE, (Pass(0.0, SECONDS, (guid(2),)),))
    [stem] = sounds_of(ask(bench, folder, request)).values()
    sender, receiver = (soundfile.read(tmp_path / f"t{n}.wav")[0] for n in (1, 2))
    np.testing.assert_allclose(stem, receiver + 0.25 * sender, atol=1e-6)
