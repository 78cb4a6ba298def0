"""What plug-ins of folders and buses make of loudness is heard through REAPER's own renders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mixengine.hosts.rpp.project import Project
from tests.helpers.plugin_sessions import RENDER_HEAD, at_start, fx, js, midi, synth
from tests.helpers.rpp_builders import project, track
from tests.helpers.sounds import pink, write
from tests.helpers.studio import CANCEL, YES, studio_with

pytest.importorskip("reapy", reason="python-reapy is not installed")

RATE, SECONDS = 16000, 4.0
HEAD = tuple(line.replace("48000", str(RATE)) for line in RENDER_HEAD)
BUS_DB = -8.0
NAMES = ("kick", "snare", "bass", "lead vocal")


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


def test_a_track_that_feeds_two_buses_is_behind_neither(stage):
    song = bus_song(js("sim gain +9dB")).replace(
        b'NAME "lead vocal"', b"NAME \"lead vocal\"\r\n    AUXRECV 1 0 1 0 0 0 0 0 0 -1:U 0 -1 ''"
    )
    studio = stage(song)
    *_, said = studio.press("balance", YES, CANCEL)
    assert "effects are not heard by mixengine, levels are measured before them: drum bus" in said


def test_a_long_project_is_heard_in_the_same_stretches_again(stage, monkeypatch):
    monkeypatch.setattr("mixengine.app.stretches.LONG_S", 1.0)
    monkeypatch.setattr("mixengine.app.stretches.LENGTH_S", 1.0)
    monkeypatch.setattr("mixengine.app.stretches.MIN_HEARD_S", 0.5)
    studio = stage(folder_song(js(f"sim gain {BUS_DB:g}dB")))
    studio.press("balance", YES, YES)
    after, rendered = studio.saved, list(studio.sim.rendering.files)
    studio.press("balance", YES)
    assert (studio.saved, studio.sim.rendering.files) == (after, rendered)


def test_a_return_is_named_and_left(stage):
    studio = stage(bus_song(js("sim gain +9dB"), direct=True))
    *_, said = studio.press("balance", YES, CANCEL)
    assert "effects are not heard by mixengine, levels are measured before them: drum bus" in said
    assert studio.sim.rendering.files == []
