"""What plug-ins, instruments and sends make of tracks is heard through REAPER's own renders."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from mixengine.hosts.rpp.project import Project
from reaper_sim import SimReaper, sounds
from reaper_sim.project import SimProject
from tests.helpers.plugin_sessions import RENDER_HEAD, at_start, fx, js, midi, synth
from tests.helpers.rpp_builders import project, track
from tests.helpers.signals import talk
from tests.helpers.sounds import pink, tone, write
from tests.helpers.studio import CANCEL, YES, InProcess, Studio, studio_with

pytest.importorskip("reapy", reason="python-reapy is not installed")

RATE, SECONDS = 16000, 4.0
HEAD = tuple(line.replace("48000", str(RATE)) for line in RENDER_HEAD)
GAINS_DB = {2: -12.0, 4: -9.0, 5: -6.0, 7: -3.0, 8: 3.0, 10: 6.0, 11: 9.0, 13: 12.0, 14: 15.0, 16: -10.0}
"""Of the plug-ins on 10 of 24 tracks, by number."""
SYNTHS_DB = {21: -20.0, 22: -26.0, 23: -14.0, 24: -30.0}
FEW = (1, 2, 13, 21)
"""Kick, snare (plug-in), lead vocal (plug-in), keys (instrument)."""
NAMES = (
    "kick snare hat overhead room bass guitar 'guitar 2' piano organ strings brass 'lead vocal' 'backing vocal' choir "
    "violin cello flute sax percussion keys pad 'synth lead' 'synth bass'"
)


def names() -> list[str]:
    return [quoted or plain for quoted, plain in re.findall(r"'([^']+)'|(\S+)", NAMES)]


def notes(number: int) -> list[str]:
    root = 40 + 3 * (number - 20)
    return midi((0, 1900, root), (1920, 3800, root + 7), (3840, 5700, root + 4), (5760, 7600, root + 12))


def sound(number: int) -> np.ndarray:
    level = 10.0 ** (-(12 + 5 * (number % 4)) / 20.0)
    if number % 3 == 0:
        return tone(55.0 * 1.2**number, SECONDS, RATE, level=level)
    return pink(SECONDS, RATE, level=level, seed=number)


def song_of(*, printed: bool = False, numbers: tuple[int, ...] = tuple(range(1, 25))) -> bytes:
    """24 tracks with plug-ins and instruments, or some of them; ``printed``: their sound in items instead."""
    parts = []
    for number, name in enumerate(names(), start=1):
        if number not in numbers:
            continue
        plugins: list[list[str]] = []
        if number in SYNTHS_DB:
            media: Any = notes(number)
            plugins = [synth(SYNTHS_DB[number])]
            if printed:
                media = f"printed{number}.wav"
        else:
            media = f"t{number}.wav"
            if number in GAINS_DB:
                plugins = [js(f"sim gain {GAINS_DB[number]:+g}dB")]
                media = f"printed{number}.wav" if printed else media
        chain = [fx(*plugins)] if plugins and not printed else []
        parts.append(track(number, *chain, at_start(100 + number, media, SECONDS), name=f'"{name}"', lines=("SEL 0",)))
    return project(*parts, head=HEAD)


def write_sounds(folder: Path) -> None:
    for number in range(1, 25):
        if number in SYNTHS_DB:
            node = SimProject(project(track(1, at_start(1, notes(number), SECONDS)))).tracks[0].first("ITEM")
            path = sounds.played(node, SYNTHS_DB[number], RATE, folder, number, 120.0)
            path.rename(folder / f"printed{number}.wav")
            continue
        write(folder / f"t{number}.wav", sound(number), RATE)
        if number in GAINS_DB:
            gain = 10.0 ** (GAINS_DB[number] / 20.0)
            write(folder / f"printed{number}.wav", np.repeat(sound(number) * gain, 2, axis=1), RATE)


@pytest.fixture(scope="module")
def sounds_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("plug-ins")
    write_sounds(folder)
    (folder / "all.RPP").write_bytes(song_of())
    (folder / "printed.RPP").write_bytes(song_of(printed=True))
    (folder / "few.RPP").write_bytes(song_of(numbers=FEW))
    return folder


@pytest.fixture
def stage(tmp_path, monkeypatch) -> Iterator[Any]:
    """Opens projects in a simulated REAPER whose buttons can be clicked."""
    with studio_with(monkeypatch, tmp_path) as studio:
        yield lambda path: opened(studio.sim, path)


def opened(sim: SimReaper, path: Path) -> Studio:
    sim.open(path)
    return Studio(sim)


def listen(studio: Studio, mode: str) -> None:
    studio.sim.ext_state.set("mixengine", "options", json.dumps({"listen": mode}), persist=False)


def faders_db(studio: Studio) -> np.ndarray:
    session = Project(studio.saved, studio.sim.current.path).session()
    return np.array([one.fader_db for one in session.tracks])


def answer() -> dict[str, Any]:
    return json.loads((InProcess.started[-1].parent / "result.json").read_text(encoding="utf-8"))


def test_a_balance_through_reaper_is_that_of_the_printed_sound(stage, sounds_folder):
    """24 tracks three times: takes seconds."""
    printed = stage(sounds_folder / "printed.RPP")
    printed.press("balance", YES, YES)
    assert printed.sim.rendering.files == []  # nothing there needs it
    expected = faders_db(printed)
    through = stage(sounds_folder / "all.RPP")
    *_, said = through.press("balance", YES, YES)
    error = np.abs(faders_db(through) - expected).max()
    items = stage(sounds_folder / "all.RPP")
    listen(items, "items")
    items.press("balance", YES, YES)
    played = [number - 1 for number in range(1, 25) if number not in SYNTHS_DB]
    off = np.abs(faders_db(items) - expected)[played].max()
    assert error <= 0.3
    assert off > 6.0  # the plug-ins' gain
    assert "note: heard through REAPER: snare (1 plug-in)" in said
    assert len(through.sim.rendering.files) == len(GAINS_DB) + len(SYNTHS_DB)


def test_every_track_says_how_it_was_heard(stage, sounds_folder):
    studio = stage(sounds_folder / "few.RPP")
    studio.press("balance", YES, CANCEL)
    assert answer()["heard"] == {
        "kick": "from its items",
        "snare": "through REAPER, 1 plug-in",
        "lead vocal": "through REAPER, 1 plug-in",
        "keys": "through REAPER, 1 plug-in, MIDI",
    }


def test_nothing_is_left_and_nothing_is_rendered_twice(stage, sounds_folder, tmp_path):
    studio = stage(sounds_folder / "few.RPP")
    before, beside = studio.saved, sorted(sounds_folder.iterdir())
    first = studio.press("balance", YES, CANCEL)
    rendered = list(studio.sim.rendering.files)
    assert (studio.saved, studio.steps, sorted(sounds_folder.iterdir())) == (before, [], beside)
    assert not [path for path in (tmp_path / "cache" / "reaper-jobs").rglob("*") if path.suffix == ".wav"]
    assert studio.press("balance", YES, CANCEL) == first
    studio.press("balance", YES, YES)  # faders move, what is before them does not
    studio.press("balance", YES)
    assert studio.sim.rendering.files == rendered
    api = studio.sim.reaper_python
    item = api.RPR_GetTrackMediaItem(api.RPR_GetTrack(0, 1), 0)
    api.RPR_SetMediaItemInfo_Value(item, "D_VOL", 0.5)
    studio.press("balance", YES, CANCEL)
    assert len(studio.sim.rendering.files) == len(rendered) + 1


@pytest.mark.parametrize("fails", ["cancel", "no disk", "refuse", "error"])
def test_a_render_that_fails_changes_nothing(stage, sounds_folder, tmp_path, fails):
    studio = stage(sounds_folder / "few.RPP")
    before = studio.saved
    studio.sim.rendering.fails, studio.sim.rendering.fails_after = fails, 2
    if fails == "error":
        studio.sim.box_answers.append(YES)
        with pytest.raises(AssertionError, match="internal error"):
            studio.press("balance")
    else:
        *_, said = studio.press("balance", YES)
        assert said.startswith("REAPER's render was stopped or broke off")
    assert (studio.saved, studio.steps, studio.sim.help) == (before, [], "")
    assert not [path for path in tmp_path.rglob("*") if path.suffix == ".wav"]
    studio.sim.rendering.fails = ""
    assert "heard through REAPER" in studio.press("balance", YES, CANCEL)[-1]


def test_no_room_on_the_disk_is_said_before_anything_is_rendered(stage, sounds_folder, monkeypatch):
    studio = stage(sounds_folder / "few.RPP")
    before = studio.saved
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("mixengine.hosts.stems.shutil.disk_usage", lambda folder: usage)
    *_, said = studio.press("balance", YES)
    assert said.startswith("no space left for REAPER's renders of 3 tracks: ")
    assert (studio.saved, studio.sim.rendering.files) == (before, [])


def test_an_older_reaper_gives_the_same_balance(stage, sounds_folder):
    """Its stems end after the fader: known faders, pans and envelopes are taken out."""
    newer = stage(sounds_folder / "few.RPP")
    newer.press("balance", YES, YES)
    expected = faders_db(newer)
    moved = (sounds_folder / "few.RPP").read_bytes().replace(b"VOLPAN 1 0 -1", b"VOLPAN 0.5 0.3 -1")
    (sounds_folder / "older.RPP").write_bytes(moved.replace(b"VOLPAN 1 0.3 1 -1", b"VOLPAN 1 0 1 -1"))
    older = stage(sounds_folder / "older.RPP")
    older.sim.version = "6.40/x64"
    older.sim.rendering.knows_pre_fader = False
    older.press("balance", YES, YES)
    difference = faders_db(older) - expected
    np.testing.assert_allclose(difference - difference.mean(), 0.0, atol=0.3)


def test_a_track_edited_meanwhile_is_rendered_as_it_is_now(stage, sounds_folder):
    studio = stage(sounds_folder / "few.RPP")
    studio.press("balance", YES, CANCEL, until_end=False)
    studio.sim.tick(1)
    api = studio.sim.reaper_python
    api.RPR_SetMediaTrackInfo_Value(api.RPR_GetTrack(0, 0), "D_PAN", 0.25)
    studio.wait()
    assert "heard through REAPER" in studio.sim.boxes[-1][1]
    assert len(InProcess.started) == 3  # asks, asks again after the edit, decides


def test_always_and_items_only(stage, sounds_folder):
    studio = stage(sounds_folder / "few.RPP")
    listen(studio, "items")
    *_, said = studio.press("balance", YES, CANCEL)
    assert studio.sim.rendering.files == [] and "effects are not heard" in said
    listen(studio, "always")
    studio.press("balance", YES, CANCEL)
    assert len(studio.sim.rendering.files) == len(FEW)


def test_a_report_is_about_what_was_heard(stage, sounds_folder, monkeypatch):
    pages: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda uri: pages.append(uri) or True)
    studio = stage(sounds_folder / "few.RPP")
    studio.press("balance", YES, 7, CANCEL)
    text = Path(pages[0].removeprefix("file://")).read_text(encoding="utf-8")
    assert "heard through REAPER" in text
    assert "effects not heard in this report" not in text


def test_a_solo_does_not_silence_what_is_rendered(stage, sounds_folder):
    data = (sounds_folder / "few.RPP").read_bytes().replace(b"MUTESOLO 0 0 0", b"MUTESOLO 0 2 0", 1)
    (sounds_folder / "solo.RPP").write_bytes(data)
    studio = stage(sounds_folder / "solo.RPP")
    before = studio.saved
    studio.press("balance", YES, CANCEL)
    assert studio.saved == before
    assert all(np.abs(soundfile.read(path)[0]).max() > 0 for path in stored(studio))


def stored(studio: Studio) -> list[Path]:
    return list((studio.sim.resource_path / "cache" / "stems").rglob("*.wav"))


def test_unmask_hears_without_its_own_equaliser(stage, tmp_path):
    """A second run decides the same: its own equaliser is bypassed while REAPER renders, and what comes behind the
    chain then is what it stands for."""
    write(tmp_path / "vocal.wav", tone(500.0, 3.0, RATE, harmonics=4, level=0.02), RATE)
    write(tmp_path / "pad.wav", pink(3.0, RATE), RATE)
    tracks = (
        track(1, at_start(11, "vocal.wav", 3.0), name='"lead vocal"', lines=("SEL 0",)),
        track(2, fx(js("sim gain +3dB")), at_start(12, "pad.wav", 3.0), name="pad", lines=("SEL 0",)),
    )
    (tmp_path / "masked.RPP").write_bytes(project(*tracks, head=HEAD))
    studio = stage(tmp_path / "masked.RPP")
    studio.press("unmask", YES, YES)
    rendered, after = len(studio.sim.rendering.files), studio.saved
    assert (studio.steps, rendered) == (["mixengine: unmask"], 1)
    [*_, said] = studio.press("unmask", YES)
    assert "1 change" not in said and "apply" not in said
    assert (studio.saved, len(studio.sim.rendering.files)) == (after, rendered)
    shutil.rmtree(tmp_path / "cache" / "stems")
    assert studio.press("unmask", YES)[-1] == said  # rendered again, with the equaliser bypassed
    assert (studio.saved, len(studio.sim.rendering.files)) == (after, rendered + 1)


def test_stems_hold_the_plug_ins_of_tracks_and_add_up(stage, tmp_path):
    """Those of a folder are named, and by how much REAPER's own mix differs for them."""
    for name in ("bass", "pad", "voice"):
        write(tmp_path / f"{name}.wav", pink(2.0, RATE, level=0.05, channels=2, seed=len(name)), RATE)
    tracks = (
        track(1, at_start(11, "bass.wav", 2.0), name="bass", lines=("SEL 0",)),
        track(2, fx(js("sim gain +2dB")), name="bus", bus="1 1", lines=("SEL 0",)),
        track(
            3,
            fx(js("sim gain +9dB")),
            at_start(13, "pad.wav", 2.0),
            name="pad",
            volpan="0.5 0 -1 -1 1",
            lines=("SEL 0",),
        ),
        track(4, fx(synth(-20.0)), at_start(14, notes(21), 2.0), name="keys", bus="2 -1", lines=("SEL 0",)),
    )
    (tmp_path / "stems.RPP").write_bytes(project(*tracks, head=HEAD))
    studio = stage(tmp_path / "stems.RPP")
    *_, said = studio.press("render", YES, YES)
    assert "heard through REAPER: pad (1 plug-in), keys (1 plug-in, MIDI)" in said
    assert "bus: not in its stem: effect sim gain +2dB" in said
    [differs] = [note for note in answer()["notes"] if note.startswith("REAPER's own mix")]
    assert differs.endswith("not in the stems: bus (effect sim gain +2dB)")
    [report] = (tmp_path / "mixengine").rglob("render.json")
    written = json.loads(report.read_text(encoding="utf-8"))
    in_bus = sum(soundfile.read(report.parent / "stems" / f"{name}.wav")[0] for name in ("pad", "keys"))
    expected = np.abs(in_bus * (10.0 ** (2.0 / 20.0) - 1.0)).max()
    assert written["own_mix_dbfs"] == pytest.approx(20.0 * np.log10(expected), abs=0.1)
    assert written["adds_up"] and {entry["name"] for entry in written["written"]} == {"bass", "pad", "keys"}
    stem = soundfile.read(report.parent / "stems" / "pad.wav")[0][: int(2.0 * RATE)]
    dry = soundfile.read(tmp_path / "pad.wav")[0]
    np.testing.assert_allclose(stem, dry * 0.5 * 10.0 ** (9.0 / 20.0), atol=1e-5)
    assert np.abs(soundfile.read(report.parent / "stems" / "keys.wav")[0]).max() > 0.01


def test_stems_are_held_against_reapers_own_mix(stage, tmp_path):
    write(tmp_path / "pad.wav", pink(2.0, RATE, level=0.05, channels=2), RATE)
    tracks = (
        track(1, fx(js("sim gain +9dB")), at_start(11, "pad.wav", 2.0), name="pad", lines=("SEL 0",)),
        track(2, at_start(12, "pad.wav", 2.0), name="'pad 2'", lines=("SEL 0",), volpan="0.7 0.4 -1 -1 1"),
    )
    master = ["<MASTERFXLIST", "SHOW 0", "LASTSEL 0", "DOCKED 0", *js("sim gain -20dB"), ">"]
    (tmp_path / "own.RPP").write_bytes(project(master, *tracks, head=HEAD))
    studio = stage(tmp_path / "own.RPP")
    before = studio.saved
    *_, said = studio.press("render", YES, CANCEL)
    assert "note: null check against REAPER's own mix, before the master's effects: the same" in said
    assert studio.saved == before  # the master's effects are on again
    studio.sim.rendering.fails, studio.sim.rendering.fails_after = "cancel mix", 0
    *_, said = studio.press("render", YES)
    assert said.startswith("REAPER's render was stopped")
    assert studio.saved == before


def test_only_the_time_selection_is_rendered(stage, sounds_folder):
    studio = stage(sounds_folder / "few.RPP")
    studio.sim.ext_state.set("mixengine", "options", json.dumps({"time_selection": True}), persist=False)
    studio.sim.reaper_python.RPR_GetSet_LoopTimeRange2(0, True, False, 2.5, 3.5, False)
    before = studio.saved
    *_, said = studio.press("balance", YES, CANCEL)
    assert "heard through REAPER" in said and "heard from 2.50 to 3.50 s only" in said
    lengths_s = {soundfile.info(path).duration for path in stored(studio)}
    assert lengths_s == {1.0 + 2.0}  # with what plug-ins need to run in
    assert studio.saved == before


def test_few_calls_besides_those_per_track(stage, sounds_folder):
    """A render of 14 of 24 tracks, of which two were selected."""
    studio = stage(sounds_folder / "all.RPP")
    api = studio.sim.reaper_python
    for index in (0, 5):
        api.RPR_SetTrackSelected(api.RPR_GetTrack(0, index), True)
    listen(studio, "items")
    studio.sim.calls.clear()
    studio.press("balance", CANCEL)
    without = studio.sim.calls.counts
    listen(studio, "as needed")
    studio.sim.calls.clear()
    studio.press("balance", CANCEL)
    more = studio.sim.calls.counts - without
    of_tracks = more.pop("SetTrackSelected") + more.pop("GetSelectedTrack2")
    assert of_tracks <= 14 + 2 + 2
    # whether one of the open projects records is asked of each: before the click, the render and the end
    of_tabs = more.pop("EnumProjects") + more.pop("GetPlayStateEx")
    assert of_tabs <= 8
    assert sum(more.values()) - more["Help_Set"] <= 40 + 8, more  # and what starting the backend again takes


def test_a_duck_through_reaper_is_that_of_the_printed_sound(stage, tmp_path):
    """How deep music goes depends on how loud its plug-ins make it."""
    write(tmp_path / "voice.wav", talk(RATE, ((0.5, 2.0), (3.0, 4.5)), 5.0)[:, None], RATE)
    music = tone(220.0, 5.0, RATE, level=0.1) + pink(5.0, RATE, level=0.05)
    write(tmp_path / "music.wav", music, RATE)
    write(tmp_path / "printed.wav", np.repeat(music * 10.0 ** (9.0 / 20.0), 2, axis=1), RATE)

    def ducked(name: str, media: str, *chain: list[str], mode: str = "as needed") -> list[str]:
        tracks = (
            track(1, at_start(11, "voice.wav", 5.0), name="voice", lines=("SEL 0",)),
            track(2, *chain, at_start(12, media, 5.0), name="music", lines=("SEL 0",)),
        )
        (tmp_path / f"{name}.RPP").write_bytes(project(*tracks, head=HEAD))
        studio = stage(tmp_path / f"{name}.RPP")
        listen(studio, mode)
        studio.press("duck", YES, YES)
        return [line.strip() for line in studio.saved.decode().splitlines() if line.strip().startswith("PT ")]

    printed = ducked("printed", "printed.wav")
    assert len(printed) >= 3
    assert ducked("through", "music.wav", fx(js("sim gain +9dB"))) == printed
    assert ducked("items", "music.wav", fx(js("sim gain +9dB")), mode="items") != printed
