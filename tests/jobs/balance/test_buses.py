"""Tracks are balanced by how loud they are behind the effects of their buses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mixengine.jobs.balance.job import plan
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.model.session import CompressorSettings, Effect, EqBand, Session, Track
from mixengine.system.progress import no_progress
from tests.helpers.signals import clip, noise, write

RATE = 44100
TURNED_DOWN = Effect("ReaEQ", bands=(EqBand("band", 1000.0, 0.0, 1.0),), gain_db=-6.0)
SQUEEZES = Effect("ReaComp", compressor=CompressorSettings(-35.0, 8.0, 5.0, 50.0, 0.0, rms_ms=5.0))
SCRATCH = BalanceSettings(start_from="scratch", cache=False)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    place = tmp_path_factory.mktemp("buses")
    files = {name: write(place / f"{name}.wav", noise(4 * RATE, seed=n), RATE) for n, name in enumerate("abcd")}
    tracks = [Track(name, name, clips=(clip(path, length_s=4.0),)) for name, path in files.items()]
    inside = [replace(track, parent="bus") for track in tracks[:2]]
    return Session("s", "", RATE, (Track("bus", "bus", is_folder=True), *inside, *tracks[2:]))


def faders(session: Session) -> dict[str, float]:
    made = plan(session, SCRATCH, no_progress)
    rows = {row.id: row.fader_after_db for row in made.details.tracks}
    return {name: rows[name] - rows["d"] for name in "abc"}


def test_faders_make_up_for_the_bus(session: Session) -> None:
    bus, *rest = session.tracks
    through = replace(session, tracks=(replace(bus, effects=(TURNED_DOWN,)), *rest))
    plain, made_up = faders(session), faders(through)
    assert made_up["a"] - plain["a"] == pytest.approx(6.0, abs=0.1)
    assert made_up["b"] - plain["b"] == pytest.approx(6.0, abs=0.1)
    assert made_up["c"] == pytest.approx(plain["c"], abs=0.1)
    (note,) = (note for note in plan(through, SCRATCH, no_progress).notes if "buses" in note)
    assert note.startswith("heard through the effects of their buses: a (")
    assert note.count("6.0 dB") == 2
    assert not any("effects are not heard" in note for note in plan(through, SCRATCH, no_progress).notes)


def test_balancing_twice_through_a_compressor_changes_nothing(session: Session) -> None:
    """It is heard at the faders that the user left, not at those of the first balance."""
    bus, *rest = session.tracks
    first = replace(session, tracks=(replace(bus, effects=(SQUEEZES,)), *rest))
    rows = {row.id: row for row in plan(first, SCRATCH, no_progress).details.tracks}
    moved = tuple(
        replace(track, fader_db=rows[track.id].fader_after_db, user_fader_db=track.fader_db) if track.clips else track
        for track in first.tracks
    )
    assert any(abs(row.gain_db) > 1.0 for row in rows.values())
    assert plan(replace(first, tracks=moved), SCRATCH, no_progress).changes == ()
