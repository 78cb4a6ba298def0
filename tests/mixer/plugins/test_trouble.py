"""Plug-ins that crash, hang, eat memory or make noise: one note each, and everything is heard without them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine.app import render_files, workflow
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.jobs.render.settings import RenderSettings
from mixengine.mixer.plugins import process, stopped
from mixengine.mixer.plugins.stopped import PluginStopped
from mixengine.model.effects import HostedPlugin
from mixengine.model.session import Effect
from tests.helpers import real_plugins
from tests.helpers.plugin_sessions import at_start, fx, midi
from tests.helpers.real_plugins import GAIN, SYNTH, TROUBLE, needs_real_plugins
from tests.helpers.rpp_builders import chain, project, track

pytestmark = needs_real_plugins
RATE = 48000
ABORTS, LOOPS, EATS, NOISY, DIVIDES, BURSTS, GAPS = 1, 2, 3, 4, 5, 6, 7
"""What the plug-in's parameter makes it do."""


@pytest.fixture(scope="module")
def states() -> dict[int, bytes]:
    kinds = (ABORTS, LOOPS, EATS, NOISY, DIVIDES, BURSTS, GAPS)
    answers = real_plugins.alone(*({"plugin": TROUBLE, "set": {"Kind": kind / 7.0}} for kind in kinds))
    return {kind: answer["state"] for kind, answer in zip(kinds, answers, strict=True)}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "PLAY_S", 3.0)
    monkeypatch.setattr(process, "LOAD_S", 30.0)
    monkeypatch.setattr(process, "MAX_BYTES", 256 * 2**20)


@pytest.fixture
def sound(tmp_path: Path) -> np.ndarray:
    sound = (0.1 * np.random.default_rng(5).standard_normal((RATE // 2, 2))).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", sound, RATE, "FLOAT")
    return sound


def saved(folder: Path, *tracks: list[str], master: list[str] = ()) -> Path:
    path = folder / "song.RPP"
    path.write_bytes(project(list(master), *tracks))
    return path


def rendered(path: Path) -> tuple[np.ndarray, render_files.Rendered]:
    done = render_files.render(path, RenderSettings(mix=True, bits="32f"), plugins="host")
    return soundfile.read(done.written[0].file, dtype="float32")[0], done


def lines_about(done: render_files.Rendered) -> list[str]:
    return [note for note in done.notes if "Test Trouble" in note]


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (ABORTS, "crashed while playing"),
        (LOOPS, "playing did not end within 3 s"),
        (EATS, "too much memory|asked for more than|did not end"),
        (DIVIDES, "its output is not a number"),
    ],
)
def test_the_track_is_heard_without_it(
    kind: int, why: str, states: dict[int, bytes], plugins: Path, tmp_path: Path, sound: np.ndarray
) -> None:
    chains = [fx(TROUBLE.lines(states[kind])) for _ in range(2)]
    tracks = [track(n + 1, each, at_start(n + 10, "a.wav", 0.5), name=f"t{n}") for n, each in enumerate(chains)]
    mix, done = rendered(saved(tmp_path, *tracks))
    assert np.abs(mix - 2.0 * sound).max() <= 1e-5
    (note,) = lines_about(done)
    assert re.search(why, note)
    assert note.endswith(": t0, t1")
    assert [entry.track for entry in done.unheard] == ["t0", "t1"]


def test_on_a_bus_and_the_master_too(
    states: dict[int, bytes], plugins: Path, tmp_path: Path, sound: np.ndarray
) -> None:
    master = chain(TROUBLE.lines(states[ABORTS]), name="MASTERFXLIST")
    mix, done = rendered(saved(tmp_path, track(1, at_start(10, "a.wav", 0.5)), master=master))
    assert np.abs(mix - sound).max() <= 1e-5
    (note,) = lines_about(done)
    assert note.endswith("the master")


def test_a_crash_at_loading(plugins: Path, tmp_path: Path, sound: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_TROUBLE", str(ABORTS))
    mix, done = rendered(saved(tmp_path, track(1, fx(TROUBLE.lines()), at_start(10, "a.wav", 0.5))))
    assert np.abs(mix - sound).max() <= 1e-5
    assert "crashed while loading" in lines_about(done)[0]


def test_every_track_that_waits_for_it_gets_the_same_reason(plugins: Path) -> None:
    absent = HostedPlugin("33" * 16, "Gone.vst3")
    shared = process.shared(Effect("Gone", plugin=absent), RATE)
    loaded = process.shared(Effect("Another", plugin=replace(absent, class_id="00" * 16, file="Test Gain.vst3")), RATE)
    for one in (shared, loaded):
        reasons = []
        for ask in (lambda one=one: one.latency, lambda one=one: one.play(1, np.zeros((64, 2), np.float32))):
            with pytest.raises(PluginStopped) as stopped:
                ask()
            reasons.append(stopped.value.why)
        assert len(set(reasons)) == 1 and "crashed" not in reasons[0]


def test_copies_of_a_track_are_played_into_one_file(
    states: dict[int, bytes], plugins: Path, tmp_path: Path, sound: np.ndarray
) -> None:
    tracks = [track(n + 1, fx(GAIN.lines()), at_start(10, "a.wav", 0.5), name="copy") for n in range(4)]
    outcome = workflow.run_job(
        "balance", saved(tmp_path, *tracks), BalanceSettings(cache=False), dry_run=True, plugins="host"
    )
    assert any("heard through its plug-ins: copy" in note for note in outcome.notes)


def test_noise_of_its_own_is_named(states: dict[int, bytes], plugins: Path, tmp_path: Path, sound: np.ndarray) -> None:
    _, done = rendered(saved(tmp_path, track(1, fx(TROUBLE.lines(states[NOISY])), at_start(10, "a.wav", 0.5))))
    assert "plays -6 dBFS by itself in silence" in lines_about(done)[0]


@pytest.mark.parametrize(("kind", "what"), [(BURSTS, "plays something of its own"), (GAPS, "goes silent")])
def test_what_a_missing_licence_does_is_named(
    kind: int, what: str, states: dict[int, bytes], plugins: Path, tmp_path: Path
) -> None:
    """On a track, also from the file that was kept of it, and on the master."""
    rate, length_s = 16000, 22.0
    sound = 0.02 * np.random.default_rng(5).standard_normal((int(length_s * rate), 2))
    soundfile.write(tmp_path / "long.wav", sound, rate, "FLOAT")
    own = track(1, fx(TROUBLE.lines(states[kind])), at_start(10, "long.wav", length_s))
    path = saved(tmp_path, own)
    path.write_bytes(path.read_bytes().replace(b"SAMPLERATE 48000", b"SAMPLERATE 16000"))
    line = re.compile(
        rf"plug-in VST3: Test Trouble \(Mixengine Tests\): {what} for 0\.[56] s every 4 s, without a cause"
    )
    for _ in range(2):
        _, done = rendered(path)
        (note,) = lines_about(done)
        assert line.match(note)
        stopped.forget()
    master = chain(TROUBLE.lines(states[kind]), name="MASTERFXLIST")
    _, done = rendered(saved(tmp_path, track(1, at_start(10, "long.wav", length_s)), master=master))
    (note,) = lines_about(done)
    assert line.match(note)


def test_what_is_not_there_or_another(plugins: Path, tmp_path: Path, sound: np.ndarray) -> None:
    """Never by name alone: the file is there, and holds a plug-in of another identifier."""
    gone = [line.replace("Test Gain.vst3", "Gone.vst3") for line in GAIN.lines()]
    other = [line.replace(GAIN.class_id, "00" * 16) for line in GAIN.lines()]
    silent = [line.replace("Test Synth.vst3", "Gone.vst3").replace(SYNTH.class_id, "11" * 16) for line in SYNTH.lines()]
    path = saved(
        tmp_path,
        track(1, fx([line.replace(GAIN.class_id, "22" * 16) for line in gone], other), at_start(10, "a.wav", 0.5)),
        track(2, fx(silent), at_start(11, midi((0, 480, 60)), 0.5), name="keys"),
    )
    mix, done = rendered(path)
    assert np.abs(mix - sound).max() <= 1e-5
    assert [entry.track for entry in done.unheard] == ["T1", "keys"]
    assert "it is not on this machine" in done.unheard[0].what[0]
    assert "Test Gain.vst3 on this machine is another plug-in" in done.unheard[0].what[1]
    assert "MIDI item" in done.unheard[1].what
    outcome = workflow.run_job("balance", path, BalanceSettings(), dry_run=True, plugins="host")
    assert sum("is not heard" in note for note in outcome.notes) == 3


def test_the_command_line_names_it_once(
    run: Callable, states: dict[int, bytes], plugins: Path, tmp_path: Path, sound: np.ndarray
) -> None:
    path = saved(tmp_path, track(1, fx(TROUBLE.lines(states[ABORTS])), at_start(10, "a.wav", 0.5)))
    done = run("balance", str(path), "--plugins", "host", "--dry-run")
    assert done.returncode == 0
    assert (done.stdout + done.stderr).count("crashed while playing") == 1
