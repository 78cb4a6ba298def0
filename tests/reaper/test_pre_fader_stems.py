"""*Render stems* with stems that end before the faders, in REAPER."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from mixengine.hosts.rpp.project import Project
from tests.helpers.plugin_sessions import RENDER_HEAD, at_start, fx, js
from tests.helpers.rpp_builders import envelope, project, track
from tests.helpers.sounds import pink, write
from tests.helpers.studio import CANCEL, YES, InProcess, studio_with

pytest.importorskip("reapy", reason="python-reapy is not installed")

RATE, SECONDS = 16000, 2.0
HEAD = tuple(line.replace("48000", str(RATE)) for line in RENDER_HEAD)
PLUGIN_DB = 9.0


@pytest.fixture
def studio(tmp_path, monkeypatch) -> Iterator[Any]:
    """A track with a plug-in of REAPER's in a folder, one without, both with faders and pans; stems before them."""
    for name in ("pad", "bass"):
        write(tmp_path / f"{name}.wav", pink(SECONDS, RATE, level=0.05, channels=2, seed=len(name)), RATE)
    pad = track(
        2,
        envelope("VOLENV2", "0 1 0", "1 0.5 0"),
        fx(js(f"sim gain {PLUGIN_DB:+g}dB")),
        at_start(12, "pad.wav", SECONDS),
        name="pad",
        volpan="0.5 0.3 -1 -1 1",
        bus="2 -1",
        lines=("SEL 0",),
    )
    tracks = (
        track(1, name="keys", bus="1 1", volpan="0.8 0 -1 -1 1", lines=("SEL 0",)),
        pad,
        track(3, at_start(13, "bass.wav", SECONDS), name="bass", volpan="0.7 -0.4 -1 -1 1", lines=("SEL 0",)),
    )
    (tmp_path / "song.RPP").write_bytes(project(*tracks, head=HEAD))
    with studio_with(monkeypatch, tmp_path) as opened:
        opened.sim.ext_state.set("mixengine", "options", json.dumps({"pre_fader": True, "bits": "32f"}), persist=False)
        opened.sim.open(tmp_path / "song.RPP")
        yield opened


def stems(folder: Path) -> dict[str, np.ndarray]:
    [report] = (folder / "mixengine").rglob("render.json")
    return {path.stem: soundfile.read(path)[0] for path in (report.parent / "stems").glob("*.wav")}


def assert_stems(folder: Path, *, atol: float) -> None:
    sounds = stems(folder)
    dry = {name: soundfile.read(folder / f"{name}.wav")[0] for name in ("pad", "bass")}
    assert set(sounds) == {"pad", "bass"}
    frames = int(SECONDS * RATE)
    np.testing.assert_allclose(sounds["pad"][:frames], dry["pad"] * 10.0 ** (PLUGIN_DB / 20.0), atol=atol)
    np.testing.assert_allclose(sounds["bass"][:frames], dry["bass"], atol=1e-6)


def test_they_hold_the_plug_ins_without_faders_and_come_in_muted(studio, tmp_path):
    before = Project(studio.saved, tmp_path / "song.RPP").session()
    *_, said = studio.press("render", YES, YES)
    assert_stems(tmp_path, atol=1e-5)
    assert "null check: the stems give the mix through the faders" in said
    assert "null check against REAPER's own mix, before the master's effects: the same" in said
    assert "'mixengine stems' comes in muted for that, and the tracks go on playing" in said
    assert "renders stems behind the fader" not in said
    after = Project(studio.saved, tmp_path / "song.RPP").session()
    assert [one.mute for one in after.tracks] == [False, False, False, True, False, False]
    assert after.tracks[:3] == before.tracks
    studio.sim.do_undo()
    assert Project(studio.saved, tmp_path / "song.RPP").session() == before


def test_an_older_reaper_says_that_the_faders_were_taken_out(studio, tmp_path):
    studio.sim.version = "6.40/x64"
    studio.sim.rendering.knows_pre_fader = False
    *_, said = studio.press("render", YES, YES)
    line = "note: this REAPER renders stems behind the fader; the known fader, pan and envelopes were taken out of: pad"
    assert line in said
    assert_stems(tmp_path, atol=1e-4)
    *_, again = studio.press("render", YES, CANCEL)  # from what was kept
    assert line in again


def test_a_newer_reaper_without_such_stems_says_so_too(studio, tmp_path):
    """Which version brought them is not known: one that drops the flag is noticed by that."""
    studio.sim.rendering.knows_pre_fader = False
    for _ in range(2):
        *_, said = studio.press("render", YES, CANCEL)
        assert "this REAPER renders stems behind the fader" in said


@pytest.mark.parametrize("fails", ["cancel", "refuse", "no disk", "cancel mix"])
def test_a_render_that_fails_changes_nothing(studio, tmp_path, fails):
    before = studio.saved
    studio.sim.rendering.fails = fails
    *_, said = studio.press("render", YES)
    assert said.startswith("REAPER's render was stopped or broke off")
    assert (studio.saved, studio.steps) == (before, [])
    assert not (tmp_path / "mixengine").exists()


def test_no_leaves_nothing_behind(studio, tmp_path):
    before = studio.saved
    studio.press("render", YES, CANCEL)
    assert studio.saved == before and not list(tmp_path.glob("mixengine/**/*.wav"))
    assert InProcess.started
