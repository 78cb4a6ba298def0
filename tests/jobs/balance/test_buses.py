"""Tracks are balanced by how loud they are behind the effects of their buses, their sends and their pans."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixengine.audio import timeline
from mixengine.jobs.balance.heard import NOWHERE
from mixengine.jobs.balance.job import plan
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.model.session import (
    POST_FADER,
    POST_FX,
    PRE_FX,
    CompressorSettings,
    Effect,
    EqBand,
    Receive,
    Session,
    Track,
)
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


@pytest.mark.parametrize("bus_db, send_db", [(-10.0, 0.0), (-5.0, -12.0), (3.0, 2.0)])
def test_faders_make_up_for_sends_into_a_bus(session: Session, bus_db: float, send_db: float) -> None:
    """A bus fed by sends is as a folder with that fader."""
    bus, *rest = session.tracks
    folder = replace(session, tracks=(replace(bus, fader_db=bus_db + send_db), *rest))
    sent = [replace(track, parent=None, main_send=track.parent is None) for track in rest]
    receives = tuple(Receive(track.id, gain_db=send_db) for track in sent if not track.main_send)
    by_sends = replace(session, tracks=(*sent, replace(bus, is_folder=False, fader_db=bus_db, receives=receives)))
    assert faders(by_sends) == pytest.approx(faders(folder), abs=1e-6)
    made, expected = plan(by_sends, SCRATCH, no_progress), plan(folder, SCRATCH, no_progress)
    assert made.details.headroom_db == pytest.approx(expected.details.headroom_db, abs=1e-3)
    (note,) = (note for note in made.notes if note.startswith("heard through their sends: a ("))
    assert note.count(f"{abs(bus_db + send_db):.1f} dB") == 2


def test_a_track_panned_aside_counts_as_softer(session: Session) -> None:
    """A mono track on one side sounds from one loudspeaker."""
    bus, first, *rest = session.tracks
    panned = replace(session, tracks=(bus, replace(first, pan=-1.0), *rest))
    assert timeline.channel_count(first) == 1
    assert faders(panned)["a"] - faders(session)["a"] == pytest.approx(3.01, abs=0.01)
    rows = {row.id: row for row in plan(panned, SCRATCH, no_progress).details.tracks}
    centred = {row.id: row for row in plan(session, SCRATCH, no_progress).details.tracks}
    assert rows["a"].measured_lufs == pytest.approx(centred["a"].measured_lufs - 3.01, abs=0.01)
    assert rows["b"].measured_lufs == centred["b"].measured_lufs


def test_what_is_panned_away_is_named_and_stays(session: Session, tmp_path: Path) -> None:
    only_left = noise(4 * RATE, 2, seed=9) * np.array([[1.0, 0.0]], np.float32)
    path = write(tmp_path / "left.wav", only_left, RATE)
    lost = Track("l", "l", clips=(clip(path, length_s=4.0),), pan=1.0)
    (row,) = (
        row
        for row in plan(replace(session, tracks=(*session.tracks, lost)), SCRATCH, no_progress).details.tracks
        if row.id == "l"
    )
    assert (row.reason, row.gain_db, row.measured_lufs) == (NOWHERE, 0.0, None)


@pytest.mark.parametrize("mode, stays", [(POST_FX, True), (PRE_FX, True), (POST_FADER, False)])
def test_a_fader_that_does_nothing_stays(session: Session, mode: int, stays: bool) -> None:
    bus, first, *rest = session.tracks
    sent = replace(first, parent=None, main_send=False, fader_db=-20.0)
    returned = Track("return", "return", receives=(Receive("a", mode),))
    made = plan(replace(session, tracks=(bus, sent, *rest, returned)), SCRATCH, no_progress)
    (row,) = (row for row in made.details.tracks if row.id == "a")
    assert (row.gain_db == 0.0 and "before its fader" in row.reason) is stays
    centred = {row.id: row for row in plan(session, SCRATCH, no_progress).details.tracks}
    assert row.measured_lufs == pytest.approx(centred["a"].measured_lufs - 20.0 * (not stays), abs=0.01)
