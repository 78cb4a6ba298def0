"""Tracks whose envelopes hold automation items are heard through REAPER."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.helpers.plugin_sessions import RENDER_HEAD, at_start
from tests.helpers.rpp_builders import envelope, project, track
from tests.helpers.sounds import pink, write
from tests.helpers.studio import CANCEL, YES, InProcess, studio_with

pytest.importorskip("reapy", reason="python-reapy is not installed")

RATE, SECONDS = 16000, 4.0
HEAD = (
    *(line.replace("48000", str(RATE)) for line in RENDER_HEAD),
    *("<POOLEDENV", "ID 1", 'NAME "down"', "SRCLEN 8", "PPT 0 0.25 0 0", ">"),
)
ITEM = "POOLEDENVINST 1 0 4 0 1 0 0.5 1 1 0 0 1 0 0 0 0"
NAMED = "automation items of envelopes are not evaluated"


@pytest.fixture
def stage(tmp_path, monkeypatch) -> Iterator[Any]:
    """Opens a song of two tracks, of which the first has envelopes; its sound once more turned down by 12 dB."""
    for number, name in enumerate(("pad", "bass")):
        sound = pink(SECONDS, RATE, level=0.1, seed=number + 1)
        write(tmp_path / f"{name}.wav", sound, RATE)
        write(tmp_path / f"soft {name}.wav", sound * 0.25, RATE)
    with studio_with(monkeypatch, tmp_path) as studio:

        def opened(*envelopes: list[str], start: str = "", volpan: str = "0.5 0.2 -1 -1 1", mode: int = 0) -> Any:
            pad = track(
                1,
                *envelopes,
                at_start(11, f"{start}pad.wav", SECONDS),
                name="pad",
                volpan=volpan,
                lines=("SEL 0", f"AUTOMODE {mode}"),
            )
            other = track(2, at_start(12, "bass.wav", SECONDS), name="bass", lines=("SEL 0",))
            (tmp_path / "song.RPP").write_bytes(project(pad, other, head=HEAD))
            studio.sim.open(tmp_path / "song.RPP")
            return studio

        yield opened


def measured_lufs() -> np.ndarray:
    plan = json.loads((InProcess.started[-1].parent / "plan.json").read_text(encoding="utf-8"))
    return np.array([row["measured_lufs"] for row in plan["details"]["tracks"]])


@pytest.mark.parametrize("name", ["VOLENV", "VOLENV2"])
@pytest.mark.parametrize("knows", [True, False])
def test_a_track_is_as_loud_as_with_its_items_printed(stage, name, knows):
    """Also where REAPER renders behind faders only; faders and pans are no part of it."""
    stage(start="soft ").press("balance", YES, CANCEL)
    expected = measured_lufs()
    studio = stage(envelope(name, "0 1 0", lines=(ITEM,)))
    studio.sim.rendering.knows_pre_fader = knows
    *_, said = studio.press("balance", YES, CANCEL)
    np.testing.assert_allclose(measured_lufs(), expected, atol=0.05)
    assert "heard through REAPER: pad (automation items)" in said and NAMED not in said
    assert ("this REAPER renders stems behind the fader" in said) is not knows
    assert len(studio.sim.rendering.files) == 1


def test_a_low_fader_hides_nothing(stage):
    low = "0.0012 0.2 -1 -1 1"
    stage(start="soft ", volpan=low).press("balance", YES, CANCEL)
    expected = measured_lufs()
    stage(envelope("VOLENV2", "0 1 0", lines=(ITEM,)), volpan=low).press("balance", YES, CANCEL)
    np.testing.assert_allclose(measured_lufs(), expected, atol=0.05)


def test_they_are_rendered_anew_each_time(stage):
    """The points of a pool stand in no track's state, so that a change of them would not be noticed."""
    studio = stage(envelope("VOLENV2", "0 1 0", lines=(ITEM,)))
    before = studio.saved
    for count in (1, 2):
        studio.press("balance", YES, CANCEL)
        assert len(studio.sim.rendering.files) == count
    assert studio.saved == before


def test_what_is_not_heard_of_them_stays_named(stage):
    """A pan that moves, and a fader that is ruled by its envelope: where that stands is not known."""
    studio = stage(envelope("PANENV2", "0 0 0", lines=(ITEM,)))
    *_, said = studio.press("balance", YES, CANCEL)
    assert f"{NAMED}: pad" in said and studio.sim.rendering.files == []
    ruled = stage(envelope("VOLENV2", "0 1 0", lines=(ITEM,)), mode=1)
    *_, said = ruled.press("balance", YES, CANCEL)
    assert f"{NAMED}: pad" in said and ruled.sim.rendering.files == []
    both = stage(envelope("VOLENV2", "0 1 0", lines=(ITEM,)), envelope("WIDTHENV2", "0 1 0", lines=(ITEM,)))
    *_, said = both.press("balance", YES, CANCEL)
    assert f"{NAMED}: pad" in said and "pad (automation items)" in said


@pytest.mark.parametrize("pan", [0.2, -0.6])
def test_a_pan_that_moves_beside_the_fader_is_heard_with_it(stage, pan):
    """It stays in what is rendered behind the fader, out of which the knob is taken, to be put back on it."""
    place = f"0.5 {pan} -1 -1 1"
    stage(envelope("PANENV2", "0 0.25 0"), start="soft ", volpan=place).press("balance", YES, CANCEL)
    expected = measured_lufs()
    both = (envelope("VOLENV2", "0 1 0", lines=(ITEM,)), envelope("PANENV2", "0 0 0", lines=(ITEM,)))
    *_, said = stage(*both, volpan=place).press("balance", YES, CANCEL)
    np.testing.assert_allclose(measured_lufs(), expected, atol=0.05)
    assert NAMED not in said


def test_items_of_envelopes_that_are_off_are_none(stage):
    off = [line.replace("ACT 1", "ACT 0") for line in envelope("VOLENV2", "0 1 0", lines=(ITEM,))]
    studio = stage(off)
    *_, said = studio.press("balance", YES, CANCEL)
    assert NAMED not in said and studio.sim.rendering.files == []


def test_a_cancel_changes_nothing(stage):
    studio = stage(envelope("VOLENV2", "0 1 0", lines=(ITEM,)))
    before = studio.saved
    studio.sim.rendering.fails = "cancel"
    *_, said = studio.press("balance", YES)
    assert said.startswith("REAPER's render was stopped or broke off")
    assert (studio.saved, studio.steps) == (before, [])
