"""Fixtures: a project and its snapshot for the process behind the buttons."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mixengine.hosts.reaper import snapshot
from mixengine.reaper import backend
from reaper_sim import SimReaper
from tests.helpers.backend_jobs import TRACKS
from tests.helpers.reaper_bench import Api
from tests.helpers.rpp_builders import item, project, source, track
from tests.helpers.sounds import noise, write


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A project of a few noisy tracks, long enough to be interrupted."""
    folder = tmp_path_factory.mktemp("prøject")
    parts = []
    for number in range(1, TRACKS + 1):
        write(folder / f"{number}.wav", noise(12.0, 44100, seed=number, channels=2), 44100, "PCM_16")
        clip = item(10 + number, media=source(f"{number}.wav"))
        parts.append(track(number, [line.replace("LENGTH 3.25", "LENGTH 12") for line in clip]))
    (folder / "song.RPP").write_bytes(project(*parts))
    return folder


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch) -> Iterator[None]:
    monkeypatch.setenv("MIXENGINE_CACHE", str(tmp_path / "cache"))
    yield


@pytest.fixture
def taken(place) -> snapshot.Snapshot:
    return snapshot.take(Api(SimReaper(place / "song.RPP")))


@pytest.fixture
def no_watch(monkeypatch) -> None:
    """`backend.run` in this process: nobody interrupts the tests."""
    monkeypatch.setattr(backend._Watch, "start", lambda self: None)
