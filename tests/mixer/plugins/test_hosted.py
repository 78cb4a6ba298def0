"""Projects with real VST3 plug-ins, saved as REAPER saves them, sound as pedalboard alone makes them sound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

import mixengine
from mixengine.app import hosted_plugins, render_files, workflow
from mixengine.audio.loudness import LoudnessMeter
from mixengine.hosts import open_host
from mixengine.hosts.rpp.project import Project
from mixengine.jobs import registry
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.jobs.render.settings import RenderSettings
from mixengine.mixer import bus_gain
from mixengine.mixer import mix as mixer
from mixengine.mixer.plugins import juce_state, process
from mixengine.model.session import Effect, EqBand, Session, Track
from mixengine.system.errors import UserError
from tests.helpers import real_plugins
from tests.helpers.plugin_sessions import at_start, fx, midi
from tests.helpers.real_plugins import GAIN, SYNTH, needs_real_plugins
from tests.helpers.rpp_builders import HEAD, chain, project, track

pytestmark = needs_real_plugins
RATE, LENGTH_S = 48000, 2.0
NOTES = [(0, 960, 60), (480, 1440, 64), (960, 1920, 67)]
TICK_S = 0.5 / 960


@dataclass(frozen=True)
class Alone:
    """What pedalboard alone makes of the sound and the notes [shape=(frames, 2)], and the states with which it did."""

    sound: np.ndarray
    gain: np.ndarray
    gain_state: bytes
    gain_values: dict[str, float]
    bus: np.ndarray
    bus_state: bytes
    synth: np.ndarray
    synth_state: bytes


@pytest.fixture(scope="module")
def alone() -> Alone:
    rng = np.random.default_rng(3)
    sound = (0.1 * rng.standard_normal((int(RATE * LENGTH_S), 2))).astype(np.float32)
    messages = [(f"90{pitch:02x}64", start * TICK_S) for start, _, pitch in NOTES]
    messages += [(f"80{pitch:02x}00", end * TICK_S) for _, end, pitch in NOTES]
    messages.sort(key=lambda message: message[1])
    gain, synth = real_plugins.alone(
        {"plugin": GAIN, "set": {"Gain": 0.6, "Cutoff": 0.05, "Drive": 0.4}, "sound": sound.T},
        {"plugin": SYNTH, "set": {"Decay": 0.2, "Release": 0.05}, "notes": messages, "seconds": LENGTH_S},
    )
    both = gain["sound"] + 0.5 * synth["sound"][:, : len(sound)]
    (bus,) = real_plugins.alone({"plugin": GAIN, "set": {"Gain": 0.7, "Drive": 0.1}, "sound": both})
    return Alone(
        sound,
        gain["sound"].T,
        gain["state"],
        gain["values"],
        bus["sound"].T,
        bus["state"],
        synth["sound"].T,
        synth["state"],
    )


def saved(folder: Path, *tracks: list[str], head: tuple[str, ...] = HEAD, master: list[str] = ()) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "song.RPP"
    path.write_bytes(project(list(master), *tracks, head=head))
    return path


def audio(number: int, folder: Path, sound: np.ndarray) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    soundfile.write(folder / f"{number}.wav", sound, RATE, "FLOAT")
    return at_start(number + 10, f"{number}.wav", len(sound) / RATE)


def rendered(path: Path, mode: str = "host", **settings: object) -> tuple[np.ndarray, render_files.Rendered]:
    options = RenderSettings(mix=True, bits="32f", **settings)
    done = render_files.render(path, options, out=str(path.parent / f"out-{mode}"), plugins=mode)
    return soundfile.read(done.written[0].file, dtype="float32", always_2d=True)[0], done


def loudness(sound: np.ndarray) -> float:
    meter = LoudnessMeter(RATE, 2)
    meter.add(np.ascontiguousarray(sound))
    return meter.integrated()


def difference_db(one: np.ndarray, other: np.ndarray) -> float:
    count = min(len(one), len(other))
    return float(20.0 * np.log10(np.abs(one[:count] - other[:count]).max() + 1e-12))


def test_the_state_that_reaper_saved_is_pedalboards_own(alone: Alone, plugins: Path) -> None:
    for plugin, state in ((GAIN, alone.gain_state), (SYNTH, alone.synth_state)):
        read = Project(project(track(1, fx(plugin.lines(state)))), Path("/nowhere/song.RPP")).session(hosted=True)
        hosted = read.tracks[0].effects[0].plugin
        assert hosted is not None
        assert not hosted.problem
        assert hosted.is_instrument == (plugin is SYNTH)
        assert juce_state.raw_state(hosted.component, hosted.controller) == state
    (again,) = real_plugins.alone({"plugin": GAIN, "state": alone.gain_state.hex()})
    assert again["values"] == alone.gain_values


def test_an_effect_and_an_instrument_sound_as_pedalboard_alone(alone: Alone, plugins: Path, tmp_path: Path) -> None:
    path = saved(
        tmp_path,
        track(1, fx(GAIN.lines(alone.gain_state)), audio(1, tmp_path, alone.sound), name="guitar"),
        track(2, fx(SYNTH.lines(alone.synth_state)), at_start(12, midi(*NOTES), LENGTH_S), name="keys"),
    )
    mix, done = rendered(path)
    assert difference_db(mix, alone.gain + alone.synth[: len(mix)]) <= -100.0
    assert not done.unheard
    assert any("heard through its plug-ins: guitar (1 plug-in), keys (1 plug-in, MIDI)" in note for note in done.notes)


def test_nothing_is_loaded_unless_it_is_asked_for(
    alone: Alone, plugins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "COMMAND", ("/nowhere",))
    path = saved(tmp_path, track(1, fx(GAIN.lines(alone.gain_state)), audio(1, tmp_path, alone.sound)))
    for mode in ("models", "off"):
        mix, done = rendered(path, mode)
        assert difference_db(mix, alone.sound) <= -100.0
        assert done.unheard[0].what == ("effect VST3: Test Gain (Mixengine Tests)",)


def test_buses_folders_and_the_master_are_heard_with_latency_compensated(
    alone: Alone, plugins: Path, tmp_path: Path
) -> None:
    inside = [
        track(2, fx(GAIN.lines(alone.gain_state)), audio(1, tmp_path, alone.sound), name="guitar"),
        track(
            3,
            fx(SYNTH.lines(alone.synth_state)),
            at_start(12, midi(*NOTES), LENGTH_S),
            volpan="0.5 0 -1 -1 1",
            bus="2 -1",
        ),
    ]
    folder = saved(tmp_path / "folder", track(1, fx(GAIN.lines(alone.bus_state)), bus="1 1"), *inside)
    audio(1, tmp_path / "folder", alone.sound)
    mix, done = rendered(folder)
    assert difference_db(mix, alone.bus) <= -100.0
    assert not done.unheard
    master = chain(GAIN.lines(alone.bus_state), name="MASTERFXLIST")
    flat = [line.replace("ISBUS 2 -1", "ISBUS 0 0") for line in inside[1]]
    audio(1, tmp_path / "master", alone.sound)
    mix, _ = rendered(saved(tmp_path / "master", inside[0], flat, master=master))
    assert difference_db(mix, alone.bus) <= -100.0


def test_bypass_wet_and_what_cannot_be_hosted(alone: Alone, plugins: Path, tmp_path: Path) -> None:
    half, off = GAIN.lines(alone.gain_state, after=("WET 0.25 0",)), GAIN.lines(alone.bus_state, bypassed=True)
    media = audio(1, tmp_path, alone.sound)
    mix, done = rendered(saved(tmp_path, track(1, fx(off, half), media)))
    wanted = 0.25 * alone.gain + 0.75 * alone.sound
    assert difference_db(mix, wanted) <= -100.0
    parallel = GAIN.lines(alone.gain_state, after=("PARALLEL 1",))
    side = GAIN.lines(alone.gain_state, inputs=4)
    swapped = [line.replace("VST3:", "VST:") for line in GAIN.lines(alone.gain_state)]
    container = ["BYPASS 0 0 0", '<CONTAINER Container "mine" ""', *GAIN.lines(alone.gain_state), ">", "WAK 0 0"]
    mix, done = rendered(saved(tmp_path, track(1, fx(parallel, swapped, container, side), media)))
    assert difference_db(mix, alone.gain) <= -100.0
    (unheard,) = done.unheard
    assert [line.partition(":")[0] for line in unheard.what] == ["effect VST3", "effect VST", "effect Container"]
    assert "in parallel" in unheard.what[0]


def test_stems_are_played_through_copies_of_a_bus(alone: Alone, plugins: Path, tmp_path: Path) -> None:
    (linear,) = real_plugins.alone({"plugin": GAIN, "set": {"Gain": 0.7, "Cutoff": 0.1}, "sound": alone.gain.T})
    send = ("AUXRECV 0 0 1 0 0 0 0 0 0 -1:U 0 -1 ''", "AUXRECV 1 0 1 0 0 0 0 0 0 -1:U 0 -1 ''")
    path = saved(
        tmp_path,
        track(1, fx(GAIN.lines(alone.gain_state)), audio(1, tmp_path, alone.sound), name="a"),
        track(2, audio(2, tmp_path, alone.sound[::-1].copy()), name="b"),
        track(3, fx(GAIN.lines(linear["state"])), name="bus", lines=send),
    )
    done = render_files.render(path, RenderSettings(bits="32f"), plugins="host")
    assert done.adds_up
    assert not done.unheard
    (note,) = (note for note in done.notes if "copy" in note)
    assert "bus" in note
    (stem,) = (file.file for file in done.written if file.kind == "stem" and file.tracks == ("a",))
    assert difference_db(soundfile.read(stem, dtype="float32")[0], alone.gain + linear["sound"].T) <= -100.0


def test_a_balance_hears_plugins_and_uses_what_it_played_again(
    alone: Alone, plugins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(
        tmp_path,
        track(1, fx(GAIN.lines(alone.gain_state)), audio(1, tmp_path, alone.sound), name="guitar"),
        track(2, fx(SYNTH.lines(alone.synth_state)), at_start(12, midi(*NOTES), LENGTH_S), name="keys"),
        track(3, audio(3, tmp_path, alone.sound), name="noise"),
    )
    printed = saved(
        tmp_path / "printed",
        track(1, audio(1, tmp_path / "printed", alone.gain), name="guitar"),
        track(2, audio(2, tmp_path / "printed", alone.synth), name="keys"),
        track(3, audio(3, tmp_path / "printed", alone.sound), name="noise"),
    )
    by_plugins = workflow.run_job("balance", path, BalanceSettings(), dry_run=True, plugins="host")
    by_print = workflow.run_job("balance", printed, BalanceSettings(), dry_run=True)
    faders = [{change.track: change.after for change in each.plan.changes} for each in (by_plugins, by_print)]
    assert len(faders[0]) >= 2
    assert faders[0] == pytest.approx(faders[1], abs=0.01)
    assert by_plugins.heard["keys"] == f"{hosted_plugins.THROUGH}, 1 plug-in, MIDI"
    monkeypatch.setattr(process, "COMMAND", ("/nowhere",))
    again = workflow.run_job("balance", path, BalanceSettings(), dry_run=True, plugins="host")
    assert again.plan.changes == by_plugins.plan.changes


def test_a_balance_hears_a_bus_of_the_users(alone: Alone, plugins: Path, tmp_path: Path) -> None:
    """A linear bus: what it does to each track is what pedalboard alone does, whatever plays beside it."""
    linear = {"plugin": GAIN, "set": {"Gain": 52.0 / 84.0, "Cutoff": 0.5}, "sound": alone.sound.T}
    (bus,) = real_plugins.alone(linear)
    path = saved(
        tmp_path,
        track(1, fx(GAIN.lines(bus["state"])), bus="1 1", name="bus"),
        track(2, audio(2, tmp_path, alone.sound), name="a"),
        track(3, audio(3, tmp_path, 0.2 * alone.sound[::-1]), name="b", bus="2 -1"),
        track(4, audio(4, tmp_path, alone.sound), name="c"),
    )
    host = open_host(path)
    host.plugins = "host"
    _, a, b, c = host.session.tracks
    heard = bus_gain.gains_db(host.session, [a, b, c], {})
    wanted_db = loudness(bus["sound"].T) - loudness(alone.sound)
    assert wanted_db < -8.0
    assert heard == pytest.approx({a.id: wanted_db, b.id: wanted_db}, abs=0.05)


def test_an_instrument_gets_its_notes_by_a_send(alone: Alone, plugins: Path, tmp_path: Path) -> None:
    send = ("AUXRECV 1 0 1 0 0 0 0 0 0 -1:U 0 -1 ''",)
    path = saved(
        tmp_path,
        track(1, fx(SYNTH.lines(alone.synth_state)), name="keys", lines=send),
        track(2, at_start(12, midi(*NOTES), LENGTH_S), name="notes"),
    )
    mix, done = rendered(path)
    assert difference_db(mix, alone.synth) <= -100.0
    assert any("keys (1 plug-in, MIDI)" in note for note in done.notes)
    assert not done.unheard


def test_the_mixer_plays_an_instrument(alone: Alone, plugins: Path, tmp_path: Path) -> None:
    """Without files in between: the mixer itself plays notes, in blocks of its own."""
    path = saved(
        tmp_path, track(2, fx(SYNTH.lines(alone.synth_state)), at_start(12, midi(*NOTES), LENGTH_S), name="keys")
    )
    host = open_host(path)
    host.plugins = "host"
    whole = np.concatenate(list(mixer.blocks(host.session, end_s=1.0)))
    assert difference_db(whole, alone.synth) <= -100.0


def test_project_files_only(run: Callable, alone: Alone, plugins: Path, tmp_path: Path) -> None:
    path = saved(tmp_path, track(1, fx(GAIN.lines(alone.gain_state)), audio(1, tmp_path, alone.sound)))
    done = run("render", str(path), "--plugins", "hosts")
    assert done.returncode == 1
    assert "choose from: host, models, off" in done.stderr
    assert "is for project files" in run("balance", "reaper", "--plugins", "host").stderr


def test_from_python_and_with_a_duck_before_the_plug_ins(alone: Alone, plugins: Path, tmp_path: Path) -> None:
    path = saved(tmp_path, track(1, fx(GAIN.lines(alone.gain_state)), audio(1, tmp_path, alone.sound), name="guitar"))
    done = mixengine.render(path, tmp_path / "out.wav", mix=True, bits="32f", plugins="host")
    assert difference_db(soundfile.read(done.written[0].file, dtype="float32")[0], alone.gain) <= -100.0
    with pytest.raises(UserError, match="choose from: host, models, off"):
        mixengine.balance(path, plugins="load")
    host = open_host(path)
    host.plugins = "host"
    guitar = host.session.tracks[0].id
    left = hosted_plugins.heard(registry.job("balance"), host.session, host.session, [guitar])
    assert not left.tracks[0].heard
    assert any("heard from its items alone (mixengine's duck" in note for note in left.notes)


def test_off_leaves_reapers_own_laws_out_and_ours_in() -> None:
    band = (EqBand("band", 1000.0, -6.0, 1.0),)
    effects = (Effect("ReaEQ", bands=band), Effect("ReaEQ", "mixengine tone", bands=band))
    bare = hosted_plugins.unplayed(Session("s", "", RATE, (Track("a", "a", effects=effects),), master_effects=effects))
    assert [effect.bands for effect in bare.tracks[0].effects] == [(), band]
    assert [effect.bands for effect in bare.master_effects] == [(), band]
