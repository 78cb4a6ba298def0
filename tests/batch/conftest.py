"""Fixtures: projects and stems for a batch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mixengine.batch import local, worker
from mixengine.batch.steps import Task
from mixengine.model import codec
from tests.helpers.batches import make_project
from tests.helpers.sounds import noise, tone, write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two projects, one of them with an odd name, and a folder of stems."""
    place = tmp_path / "all of it"
    make_project(place / "a", "first")
    make_project(place / "b ü ‘x’", "sëcond #2 100%")
    write(place / "stems" / "drums" / "kick.wav", tone(55.0, 1.0))
    write(place / "stems" / "pad.wav", noise(1.0))
    return place


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks are done here instead of in worker processes, each of which takes seconds to start."""

    def spread(tasks: list[Task], workers: int) -> Iterator[dict[str, Any]]:
        assert workers > 0
        for task in tasks:
            yield {**codec.encode(worker.work(codec.decode(Task, codec.encode(task)))), "attempts": 1}

    monkeypatch.setattr(local, "spread", spread)
