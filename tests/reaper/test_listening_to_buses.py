"""What plug-ins of folders and buses make of loudness is heard through REAPER's own renders."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from scipy.signal import oaconvolve

from mixengine.hosts.rpp.project import Project
from reaper_sim import sounds
from tests.helpers.plugin_sessions import RENDER_HEAD, at_start, fx, js, midi, synth
from tests.helpers.rpp_builders import project, track
from tests.helpers.sounds import pink, write
from tests.helpers.studio import CANCEL, YES, InProcess, studio_with

pytest.importorskip("reapy", reason="python-reapy is not installed")

RATE, SECONDS = 16000, 4.0
HEAD = tuple(line.replace("48000", str(RATE)) for line in RENDER_HEAD)
BUS_DB = -8.0
NAMES = ("kick", "snare", "bass", "lead vocal")
SENDS = (1.0, 0.25)
"""Of kick and snare into the return, as amplitudes."""


@pytest.fixture
def stage(tmp_path, monkeypatch) -> Iterator[Any]:
    """Opens projects in a simulated REAPER whose buttons can be clicked."""
    with studio_with(monkeypatch, tmp_path) as studio:

        def opened(data: bytes) -> Any:
            path = tmp_path / "songs" / "song.RPP"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
            for number, name in enumerate(NAMES):
                level_db = -20.0 - 4.0 * number
                for start, gain_db in (("", 0.0), ("printed ", BUS_DB if number < 2 else 0.0)):
                    sound = pink(SECONDS, RATE, level=10.0 ** ((level_db + gain_db) / 20.0), seed=number + 1)
                    write(path.parent / f"{start}{name}.wav", sound, RATE)
            studio.sim.open(path)
            return studio

        yield opened


def instrument(number: int, name: str, *, start: str = "", bus: str = "0 0", lines: tuple[str, ...] = ()) -> list[str]:
    """A track of one item."""
    media = at_start(100 + number, f"{start}{name}.wav", SECONDS)
    return track(number, media, name=f'"{name}"', bus=bus, lines=("SEL 0", *lines))


def folder_song(*plugins: list[str], start: str = "", lines: tuple[str, ...] = ()) -> bytes:
    """Kick and snare in a folder with plug-ins, bass and voice beside it."""
    chain = [fx(*plugins)] if plugins else []
    drums = track(1, *chain, name="drums", bus="1 1", lines=("SEL 0", *lines))
    inside = [instrument(2, "kick", start=start), instrument(3, "snare", start=start, bus="2 -1")]
    return project(drums, *inside, instrument(4, "bass"), instrument(5, "lead vocal"), head=HEAD)


def bus_song(*plugins: list[str], start: str = "", direct: bool = False) -> bytes:
    """Kick and snare that send into a bus with plug-ins and play (``direct``) into the master too."""
    chain = [fx(*plugins)] if plugins else []
    bus = track(
        1, *chain, name='"drum bus"', lines=("SEL 0", *(f"AUXRECV {n} 0 1 0 0 0 0 0 0 -1:U 0 -1 ''" for n in (1, 2)))
    )
    parts = [instrument(n + 2, name, start=start) for n, name in enumerate(NAMES)]
    if not direct:
        parts[:2] = [[line.replace("MAINSEND 1 0", "MAINSEND 0 0") for line in part] for part in parts[:2]]
    return project(bus, *parts, head=HEAD)


def faders_db(studio: Any) -> np.ndarray:
    """Of the tracks with items."""
    session = Project(studio.saved, Path(studio.sim.current.path)).session()
    return np.array([one.fader_db for one in session.tracks if one.clips])


@pytest.mark.parametrize("song", [folder_song, bus_song])
def test_a_balance_behind_a_bus_is_that_of_the_printed_sound(stage, song):
    printed = stage(song(start="printed "))
    printed.press("balance", YES, YES)
    expected = faders_db(printed)
    assert printed.sim.rendering.files == []
    through = stage(song(js(f"sim gain {BUS_DB:g}dB")))
    *_, said = through.press("balance", YES, YES)
    assert np.abs(faders_db(through) - expected).max() <= 0.3
    assert "buses heard through REAPER: drum" in said and "1 plug-in, −8.0 dB" in said
    assert "effects are not heard" not in said
    assert len(through.sim.rendering.files) == 1


def test_a_second_press_renders_nothing_and_changes_nothing(stage):
    studio = stage(folder_song(js(f"sim gain {BUS_DB:g}dB")))
    studio.press("balance", YES, YES)
    after, rendered = studio.saved, list(studio.sim.rendering.files)
    studio.press("balance", YES)
    assert (studio.saved, studio.sim.rendering.files) == (after, rendered)
    api = studio.sim.reaper_python
    api.RPR_SetMediaItemInfo_Value(api.RPR_GetTrackMediaItem(api.RPR_GetTrack(0, 1), 0), "D_VOL", 0.5)
    studio.press("balance", YES, CANCEL)
    assert len(studio.sim.rendering.files) == len(rendered) + 1


def test_faders_pans_and_mutes_of_the_bus_are_not_taken_for_its_plug_ins(stage):
    plain = stage(folder_song(js(f"sim gain {BUS_DB:g}dB")))
    *_, said = plain.press("balance", YES, CANCEL)
    moved = folder_song(js(f"sim gain {BUS_DB:g}dB")).replace(b"VOLPAN 1 0 -1 -1 1", b"VOLPAN 0.5 0.7 -1 -1 1", 1)
    *_, also_said = stage(moved).press("balance", YES, CANCEL)
    assert "1 plug-in, −8.0 dB" in said and "1 plug-in, −8.0 dB" in also_said


def test_a_solo_does_not_hide_a_bus(stage):
    song = folder_song(js(f"sim gain {BUS_DB:g}dB")).replace(b"MUTESOLO 0 0 0", b"MUTESOLO 0 1 0", 2)
    assert "1 plug-in, −8.0 dB" in stage(song).press("balance", YES, CANCEL)[-1]


def test_plug_ins_that_mixengine_plays_need_no_render(stage):
    studio = stage(folder_song(js("utility/volume"), js(f"sim gain {BUS_DB:g}dB", bypassed=True)))
    studio.press("balance", YES, CANCEL)
    assert studio.sim.rendering.files == []


def test_a_lead_that_moves_is_a_change(stage):
    """Of what the tracks inside play into the bus: a render made before is not used again."""
    zeros = " 0" * 20
    lead = track(9, name="lead", lines=("SEL 0", f"GROUP_FLAGS{zeros} 1 0 0"))
    drums = track(1, fx(js(f"sim gain {BUS_DB:g}dB")), name="drums", bus="1 1", lines=("SEL 0",))
    kick = instrument(2, "kick", lines=(f"GROUP_FLAGS{zeros} 0 1 0",))
    song = project(lead, drums, kick, instrument(3, "snare", bus="2 -1"), instrument(4, "bass"), head=HEAD)
    for text in (song, song.replace(b"VOLPAN 1 0 -1 -1 1", b"VOLPAN 0.25 0 -1 -1 1", 1)):
        studio = stage(text)
        *_, said = studio.press("balance", YES, CANCEL)
        assert "drums (1 plug-in, −8.0 dB)" in said
    assert len(studio.sim.rendering.files) == 2


def test_an_instrument_in_a_folder_plays_into_its_plug_ins(stage):
    """Where only notes are inside, the folder is a bus all the same."""
    keys = track(
        2, fx(synth(-20.0)), at_start(12, midi((0, 1900, 60), (1920, 3800, 64)), SECONDS), name="keys", bus="2 -1"
    )
    folder = track(1, fx(js(f"sim gain {BUS_DB:g}dB")), name="band", bus="1 1", lines=("SEL 0",))
    studio = stage(project(folder, keys, instrument(3, "bass"), head=HEAD))
    *_, said = studio.press("balance", YES, CANCEL)
    assert "buses heard through REAPER: band (1 plug-in, −8.0 dB)" in said


def test_a_bus_beside_which_a_track_plays_is_a_return(stage):
    song = bus_song(js("sim gain +9dB")).replace(
        b'NAME "lead vocal"', b"NAME \"lead vocal\"\r\n    AUXRECV 1 0 1 0 0 0 0 0 0 -1:U 0 -1 ''"
    )
    studio = stage(song)
    *_, said = studio.press("balance", YES, CANCEL)
    assert "returns heard through REAPER, against what is sent into them" in said
    assert "drum bus (1 plug-in, +9.0 dB, in step with it)" in said
    assert "buses heard" not in said


def test_a_long_project_is_heard_in_the_same_stretches_again(stage, monkeypatch):
    monkeypatch.setattr("mixengine.app.stretches.LONG_S", 1.0)
    monkeypatch.setattr("mixengine.app.stretches.LENGTH_S", 1.0)
    monkeypatch.setattr("mixengine.app.stretches.MIN_HEARD_S", 0.5)
    studio = stage(folder_song(js(f"sim gain {BUS_DB:g}dB")))
    studio.press("balance", YES, YES)
    after, rendered = studio.saved, list(studio.sim.rendering.files)
    studio.press("balance", YES)
    assert (studio.saved, studio.sim.rendering.files) == (after, rendered)


def sending_song(
    *plugins: list[str], sends: tuple[float, ...] = SENDS, wet: bool = False, inverted: bool = False
) -> bytes:
    """Kick and snare send into a return by different levels; ``wet``: what comes back is printed into their items."""
    receives = [f"AUXRECV {n} 0 {level:g} 0 0 0 0 0 0 -1:U 0 -1 ''" for n, level in enumerate(sends, start=1)]
    chain = [fx(*plugins)] if plugins else []
    verb = track(1, *chain, name="verb", lines=("SEL 0", f"IPHASE {inverted:d}", *([] if wet else receives)))
    parts = [instrument(n + 2, name, start="wet " * (wet and n < 2)) for n, name in enumerate(NAMES)]
    return project(verb, *parts, head=HEAD)


def write_wet(folder: Path, response: np.ndarray) -> None:
    """Kick and snare with what a return makes of what they send into it."""
    for name, send in zip(NAMES, SENDS, strict=False):
        dry = soundfile.read(folder / f"{name}.wav")[0]
        write(folder / f"wet {name}.wav", dry + send * oaconvolve(dry, response)[: len(dry)], RATE)


@pytest.mark.parametrize(
    "plugin, response, inverted, level_db, how",
    [
        ("sim hall +3dB", sounds.hall(3.0, RATE), False, 3.0, "diffuse"),
        ("sim gain -3dB", np.array([10.0 ** (-3.0 / 20.0)]), False, -3.0, "in step with it"),
        ("sim gain -3dB", -np.array([10.0 ** (-3.0 / 20.0)]), True, -3.0, "in step with it"),
    ],
)
def test_a_track_with_a_return_is_as_loud_as_the_printed_sound(
    stage, tmp_path, plugin, response, inverted, level_db, how
):
    """Its sound is each sender's by as much as it sends; a reverb adds power, a gain amplitudes."""
    printed = stage(sending_song(wet=True))
    write_wet(tmp_path / "songs", response)
    printed.press("balance", YES, CANCEL)
    expected = measured_lufs()
    through = stage(sending_song(js(plugin), inverted=inverted))
    *_, said = through.press("balance", YES, CANCEL)
    np.testing.assert_allclose(measured_lufs(), expected, atol=0.3)
    [level, word] = re.findall(r"verb \(1 plug-in, (\S+) dB, ([\w ]+)\)", said)[0]
    assert float(level.replace("−", "-")) == pytest.approx(level_db, abs=0.5) and word == how
    assert "each track gets as much of it as it sends" in said
    assert "heard through the effects of their buses: kick (" in said  # what it makes of each track
    assert "effects are not heard" not in said
    assert len(through.sim.rendering.files) == 1
    stage(sending_song(js(plugin, bypassed=True), sends=(0.0, 0.0))).press("balance", YES, CANCEL)
    assert np.abs(measured_lufs() - expected).max() > 1.0  # heard without it


def measured_lufs() -> np.ndarray:
    """What the last balance measured of the tracks with items."""
    plan = json.loads((InProcess.started[-1].parent / "plan.json").read_text(encoding="utf-8"))
    return np.array([row["measured_lufs"] for row in plan["details"]["tracks"] if row["name"] in NAMES])


def test_a_second_press_with_a_return_renders_nothing_and_changes_nothing(stage):
    studio = stage(sending_song(js("sim hall -3dB")))
    studio.press("balance", YES, YES)
    after, rendered = studio.saved, list(studio.sim.rendering.files)
    studio.press("balance", YES)
    assert (studio.saved, studio.sim.rendering.files) == (after, rendered)


def test_a_return_that_is_silent_is_said(stage):
    studio = stage(sending_song(js("sim hall -150dB")))
    *_, said = studio.press("balance", YES, CANCEL)
    assert "buses that are silent before or behind their plug-ins: verb" in said


def returns_song(*returns: list[str]) -> bytes:
    """Tracks before the instruments."""
    return project(*returns, *(instrument(n + 3, name) for n, name in enumerate(NAMES)), head=HEAD)


def receiving(source: int, mode: int = 0) -> tuple[str, ...]:
    return "SEL 0", f"AUXRECV {source} {mode} 1 0 0 0 0 0 0 -1:U 0 -1 ''"


@pytest.mark.parametrize("gain_db, said_db", [(6.0, "+6.0"), (-3.0, "−3.0")])
def test_a_folder_around_a_reverb_does_no_more_than_its_plug_in(stage, gain_db, said_db):
    folder = track(1, fx(js(f"sim gain {gain_db:+g}dB")), name="rooms", bus="1 1", lines=("SEL 0",))
    verb = track(2, fx(js("sim hall +3dB")), name="verb", bus="2 -1", lines=receiving(2))
    *_, said = stage(returns_song(folder, verb)).press("balance", YES, CANCEL)
    assert f"rooms (1 plug-in, {said_db} dB)" in said
    gain = 10.0 ** ((3.3 + gain_db) / 10.0)  # what this hall is measured at, and its folder
    [level] = re.findall(r"effects of their buses: kick \((\S+) dB\)", said)
    assert float(level.replace("−", "-")) == pytest.approx(10.0 * np.log10(1.0 + gain), abs=0.4)


@pytest.mark.parametrize("mode", [0, 1, 3])
def test_a_return_that_a_reverb_is_sent_into_does_no_more_than_its_plug_in(stage, mode):
    """Also where it is sent from before the reverb (1)."""
    verb = track(1, fx(js("sim hall -3dB")), name="verb", lines=receiving(2))
    second = track(2, fx(js("sim gain -6dB")), name="second", lines=receiving(0, mode))
    *_, said = stage(returns_song(verb, second)).press("balance", YES, CANCEL)
    assert "second (1 plug-in, −6.0 dB, in step with it)" in said


@pytest.mark.parametrize("audible", ["sim gain -3dB", "sim hall -3dB"])
def test_a_return_that_is_silent_adds_nothing(stage, audible):
    first = track(1, fx(js(audible)), name="first", lines=receiving(2))
    plain, silent = (track(2, *chain, name="second", lines=receiving(2)) for chain in ([], [fx(js("sim hall -150dB"))]))
    stage(returns_song(first, [line for line in plain if "AUXRECV" not in line])).press("balance", YES, CANCEL)
    expected = measured_lufs()
    *_, said = stage(returns_song(first, silent)).press("balance", YES, CANCEL)
    np.testing.assert_allclose(measured_lufs(), expected, atol=0.01)
    assert "silent before or behind their plug-ins: second" in said and "measured before them" not in said


def test_a_return_that_could_not_be_heard_adds_nothing_and_is_named(stage):
    """Its sound behind a hard pan says nothing about its other side."""
    song = sending_song(js("sim hall +9dB")).replace(b"VOLPAN 1 0 -1 -1 1", b"VOLPAN 1 -1 -1 -1 1", 1)
    stage(song.replace(b"MUTESOLO 0 0 0", b"MUTESOLO 1 0 0", 1)).press("balance", YES, CANCEL)
    expected = measured_lufs()
    studio = stage(song)
    studio.sim.rendering.knows_pre_fader = False
    *_, said = studio.press("balance", YES, CANCEL)
    np.testing.assert_allclose(measured_lufs(), expected, atol=0.01)
    assert "plug-ins of verb were not heard, what it plays is left out: its pan was taken back" in said


def test_a_return_behind_a_mute_is_not_rendered(stage):
    studio = stage(sending_song(js("sim hall -3dB")).replace(b"MUTESOLO 0 0 0", b"MUTESOLO 1 0 0", 1))
    *_, said = studio.press("balance", YES, CANCEL)
    assert "returns heard" not in said and studio.sim.rendering.files == []
