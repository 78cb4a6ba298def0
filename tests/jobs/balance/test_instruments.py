"""A session as bands record it: microphones of one instrument, unknown tracks, players in turns, a click."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixengine import hosts
from mixengine.jobs import registry
from mixengine.jobs.balance.details import BalanceDetails, Row
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.model.plan import MixPlan
from tests.helpers.sounds import noise, tone, write

RATE = 22050


def hit(f0_hz: float, level: float, seed: int) -> np.ndarray:
    """Struck sounds, two a second, with the noise of a microphone."""
    t = np.arange(RATE // 2) / RATE
    one = (np.sin(2 * np.pi * f0_hz * t) * np.exp(-25.0 * t))[:, None]
    return (level * np.tile(one, (4, 1)) + 1e-4 * noise(2.0, RATE, seed=seed)).astype(np.float32)


def balanced(folder: Path, **settings: object) -> MixPlan:
    return registry.run("balance", hosts.open_session(folder), BalanceSettings(**settings))  # type: ignore[arg-type]


def rows(plan: MixPlan) -> dict[str, Row]:
    assert isinstance(plan.details, BalanceDetails)
    return {row.name: row for row in plan.details.tracks}


@pytest.fixture(scope="module")
def band(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("band")
    for i, (name, f0_hz, level) in enumerate(
        [("K in", 60.0, 0.9), ("K out", 60.0, 0.3), ("S top", 200.0, 0.6), ("OH L", 400.0, 0.1), ("OH R", 400.0, 0.1)]
    ):
        write(root / f"{name}.wav", hit(f0_hz, level, i), RATE)
    write(root / "Bass DI.wav", tone(55.0, 2.0, RATE, level=0.04), RATE)
    write(root / "Bass Amp.wav", tone(55.0, 2.0, RATE, level=0.2, harmonics=9), RATE)
    write(root / "LdVox.wav", tone(300.0, 2.0, RATE, level=0.05), RATE)
    write(root / "Click.wav", hit(2000.0, 0.9, 9), RATE)
    return root


@pytest.mark.parametrize("start_from", ["auto", "scratch"])
def test_microphones_of_one_instrument_move_together(band: Path, start_from: str) -> None:
    moved = {name: row.gain_db for name, row in rows(balanced(band, start_from=start_from)).items()}
    kit = [moved[name] for name in ("K in", "K out", "S top", "OH L", "OH R")]
    assert np.ptp(kit) < 1e-6
    assert moved["Bass DI"] == pytest.approx(moved["Bass Amp"], abs=1e-6)
    if start_from == "scratch":
        assert abs(moved["LdVox"] - kit[0]) > 1.0


def test_rows_say_who_moves_with_whom(band: Path) -> None:
    reasons = {name: row.reason for name, row in rows(balanced(band)).items()}
    assert "moves as one with 'Bass Amp'" in reasons["Bass DI"]
    assert "moves as one with 'Bass DI'" in reasons["Bass Amp"]
    assert "moves as one" not in reasons["LdVox"]


def test_equal_loudness_takes_every_track_by_itself(band: Path) -> None:
    measured = rows(balanced(band, preset="equal-loudness", method="active"))
    reached = [row.measured_lufs + row.gain_db for row in measured.values() if row.target_lufs is not None]  # type: ignore[operator]
    assert len(reached) == 8 and np.ptp(reached) < 1e-6


def test_a_click_is_left_out_and_named_and_a_role_brings_it_back(band: Path) -> None:
    left = rows(balanced(band))["Click"]
    assert left.target_lufs is None and "click" in left.reason
    assert rows(balanced(band, roles=("Click=percussion",)))["Click"].target_lufs is not None


def test_the_moment_and_the_track_that_bind_the_ceiling_are_named(band: Path) -> None:
    [note] = [note for note in balanced(band, start_from="scratch").notes if "dBTP" in note]
    assert "lower" in note and "0:00" in note and "'K in'" in note


def test_unknown_tracks_share_nothing_with_each_other(tmp_path: Path) -> None:
    for i in range(8):
        write(tmp_path / f"Audio {i + 1}.wav", tone(150.0 + 40.0 * i, 1.0, RATE), RATE)
    write(tmp_path / "Lead Vox.wav", tone(290.0, 1.0, RATE), RATE)
    measured = rows(balanced(tmp_path, start_from="scratch"))
    reached = {name: row.measured_lufs + row.gain_db for name, row in measured.items()}  # type: ignore[operator]
    lead = reached.pop("Lead Vox")
    assert lead - np.median(list(reached.values())) == pytest.approx(2.5, abs=0.6)


def test_speakers_are_equally_loud_however_many_they_are(tmp_path: Path) -> None:
    for i, name in enumerate(("Host", "Guest 1", "Guest 2", "Guest 3")):
        turn = np.zeros((8 * RATE // 4, 1), np.float32)
        turn[i * RATE // 2 : (i + 1) * RATE // 2] = tone(120.0 + 30.0 * i, 0.5, RATE)
        write(tmp_path / f"{name}.wav", turn, RATE)
    measured = rows(balanced(tmp_path, preset="podcast"))
    reached = [row.measured_lufs + row.gain_db for row in measured.values()]  # type: ignore[operator]
    assert np.ptp(reached) < 1e-6
