"""The cache of measurements: hit when nothing that matters changed, missed when something did, never in the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixengine import hosts
from mixengine.analysis import cache
from mixengine.jobs import registry
from mixengine.jobs.balance import analyse
from mixengine.jobs.balance.settings import BalanceSettings
from tests.helpers.sounds import noise, write


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIXENGINE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the tracks that were really measured."""
    seen: list[str] = []
    real = analyse._measure_one

    def count(track, session, wanted):
        seen.append(track.name)
        return real(track, session, wanted)

    monkeypatch.setattr(analyse, "_measure_one", count)
    return seen


def balance(stems: Path, **settings: object) -> list[float]:
    plan = registry.run("balance", hosts.open_session(stems), BalanceSettings(**settings))  # type: ignore[arg-type]
    return [row["fader_after_db"] for row in plan.details["tracks"]]


def test_second_run_measures_nothing_and_gives_the_same(stems: Path, place: Path, counted: list[str]) -> None:
    first = balance(stems)
    assert len(counted) == 6
    counted.clear()
    assert balance(stems) == first
    assert counted == []


def test_changed_file_is_measured_again(stems: Path, place: Path, counted: list[str]) -> None:
    balance(stems)
    counted.clear()
    write(stems / "pad.wav", noise(2.0, level=0.02, channels=2, seed=9))
    balance(stems)
    assert counted == ["pad"]


def test_other_way_of_measuring_is_not_confused(stems: Path, place: Path, counted: list[str]) -> None:
    balance(stems)
    counted.clear()
    balance(stems, method="robust")
    assert len(counted) == 6


def test_no_cache_leaves_nothing(stems: Path, place: Path, counted: list[str]) -> None:
    balance(stems, cache=False)
    assert not place.exists()
    balance(stems, cache=False)
    assert len(counted) == 12


def test_fader_and_name_do_not_matter_and_clip_gain_does(stems: Path, place: Path) -> None:
    track = hosts.open_session(stems).tracks[0]
    name = cache.track_digest(track)
    assert cache.track_digest(replace(track, fader_db=-3.0, name="x", pan=1.0)) == name
    louder = replace(track, clips=tuple(replace(clip, gain_db=1.0) for clip in track.clips))
    assert cache.track_digest(louder) != name


def test_byte_in_the_middle_of_a_small_file_matters_even_at_the_same_time(tmp_path: Path) -> None:
    path = write(tmp_path / "s" / "a.wav", noise(0.2))
    track = hosts.open_session(tmp_path / "s").tracks[0]
    before, status = cache.track_digest(track), path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert cache.track_digest(track) != before


def test_damaged_entries_and_unwritable_folders_are_no_error(stems: Path, place: Path, counted: list[str]) -> None:
    first = balance(stems)
    for path in place.glob("*.json"):
        path.write_text("{" if path.stat().st_size % 2 else json.dumps({"heard_lufs": "loud"}))
    assert balance(stems) == pytest.approx(first)
    os.environ["MIXENGINE_CACHE"] = "/proc/no such place"
    assert balance(stems) == pytest.approx(first)


def test_bounded_and_cleared(place: Path) -> None:
    for index in range(20):
        cache.store(f"entry{index}", {"x": "y" * 1000})
        os.utime(place / f"entry{index}.json", (index, index))
    cache.trim(limit_bytes=5200)
    assert sorted(path.stem for path in place.glob("*.json")) == [f"entry{i}" for i in range(15, 20)]
    assert cache.load("entry19") == {"x": "y" * 1000} and cache.load("entry1") is None
    count, size = cache.clear()
    assert count == 5 and size > 5000
    assert cache.load("entry19") is None


def test_numbers_survive(place: Path) -> None:
    cache.store("n", {"low": -np.inf, "pi": 3.141592653589793})
    assert cache.load("n") == {"low": "-inf", "pi": 3.141592653589793}


def test_several_processes_share_the_folder(place: Path) -> None:
    code = (
        "from mixengine import cache\n"
        "for i in range(150):\n"
        "    cache.store(f'e{i % 10}', {'text': 'x' * 5000, 'i': i % 10})\n"
        "    entry = cache.load(f'e{i % 10}')\n"
        "    assert entry is None or entry == {'text': 'x' * 5000, 'i': i % 10}, entry\n"
        "    cache.trim(limit_bytes=30000)\n"
    )
    workers = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) for _ in range(3)]
    assert [(worker.communicate(timeout=60)[1], worker.returncode) for worker in workers] == [(b"", 0)] * 3
    assert not list(place.glob("*.part"))
