"""A balance that starts from the present levels: twice is once, and what the user corrects counts."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from mixengine import hosts
from mixengine.app import workflow
from mixengine.app.workflow import Outcome
from mixengine.jobs.balance.details import BalanceDetails
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.model.plan import Fader
from tests.helpers.sounds import noise, tone, write

TRACKS = 8


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """A project with eight sounds at levels 5 dB (standard deviation) apart."""
    stems = tmp_path / "stems"
    levels_db = 5.0 * np.random.default_rng(3).normal(size=TRACKS)
    for i, level_db in enumerate(levels_db - levels_db.max()):
        sound = noise(1.0) if i % 2 else tone(80.0 * (i + 1), 1.0)
        write(stems / f"part {chr(97 + i)}.wav", sound * np.float32(10 ** (level_db / 20)))
    path = tmp_path / "song.RPP"
    workflow.run_job("balance", stems, BalanceSettings(strength=0.0), out=str(path))
    return path


def balanced(song: Path, **settings: object) -> Outcome:
    return workflow.run_job("balance", song, BalanceSettings(**settings), in_place=True)  # type: ignore[arg-type]


def faders(song: Path) -> dict[str, float]:
    return {track.name: track.fader_db for track in hosts.open_session(song).tracks}


def turn(song: Path, name: str, by_db: float) -> None:
    """Move a fader as the user does, in the project's text."""

    def turned(match: re.Match[str]) -> str:
        return f"{match[1]}{float(match[2]) * 10 ** (by_db / 20):.14f}"

    text = song.read_text(encoding="utf-8")
    song.write_text(re.sub(rf'(NAME "?{name}"?.*?VOLPAN )(\S+)', turned, text, count=1, flags=re.S), encoding="utf-8")


def details(outcome: Outcome) -> BalanceDetails:
    assert isinstance(outcome.plan.details, BalanceDetails)
    return outcome.plan.details


def test_a_part_of_the_way_is_gone_and_said(song: Path) -> None:
    before = faders(song)
    result = details(balanced(song))
    assert 20.0 < result.start.way_percent < 95.0 and "taste" in result.start.why
    ways = []
    for row in result.tracks:
        assert row.wanted_lufs is not None and row.target_lufs is not None and row.measured_lufs is not None
        said = re.search(r"set (\d+) % of the way there", row.reason)
        assert said is not None
        ways.append(float(said[1]))
        whole_way = row.wanted_lufs - row.measured_lufs
        gone = row.target_lufs - row.raised_db - row.measured_lufs
        # the reason says whole percents
        assert gone == pytest.approx(ways[-1] / 100.0 * whole_way, abs=0.006 * abs(whole_way))
    assert np.mean(ways) == pytest.approx(result.start.way_percent, abs=0.5)
    assert faders(song) != before


def test_twice_is_once(song: Path) -> None:
    balanced(song)
    once = faders(song)
    again = balanced(song)
    assert faders(song) == pytest.approx(once, abs=1e-6)
    assert not [change for change in again.plan.changes if isinstance(change, Fader)]


def test_half_of_every_move_is_half_however_often(song: Path) -> None:
    before = faders(song)
    balanced(song, strength=50.0)
    half = faders(song)
    balanced(song, strength=50.0)
    assert faders(song) == pytest.approx(half, abs=1e-6)
    balanced(song)
    balanced(song, strength=50.0)
    assert faders(song) == pytest.approx(half, abs=1e-6)
    balanced(song, strength=0.0)
    assert faders(song) == pytest.approx(before, abs=1e-6)


def test_a_correction_counts_and_is_not_exceeded(song: Path) -> None:
    balanced(song)
    once = faders(song)
    turn(song, "part c", 1.0)
    assert faders(song)["part c"] == pytest.approx(once["part c"] + 1.0, abs=1e-4)
    balanced(song)
    moved = {name: fader_db - once[name] for name, fader_db in faders(song).items()}
    corrected = moved.pop("part c") - float(np.median(list(moved.values())))
    assert 0.0 < corrected < 1.0


def test_from_scratch_the_levels_do_not_count(song: Path) -> None:
    result = details(balanced(song, start_from="scratch"))
    assert result.start.way_percent == 100.0
    apart = [row.wanted_lufs + row.raised_db - row.target_lufs for row in result.tracks]  # type: ignore[operator]
    assert np.ptp(apart) < 1e-6
