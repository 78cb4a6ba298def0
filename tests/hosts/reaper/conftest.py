"""Fixtures: a simulated REAPER with a made-up project."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.helpers.reaper_bench import (
    Bench,
    song,
)
from tests.helpers.rpp_builders import plugin


@pytest.fixture(params=["plain", "with plug-ins"])
def bench(request, tmp_path) -> Iterator[Bench]:
    made = Bench(tmp_path, song(*([plugin()] if request.param == "with plug-ins" else [])))
    yield made
    made.sim.check_balanced()


@pytest.fixture
def plain(tmp_path) -> Bench:
    return Bench(tmp_path, song())


@pytest.fixture
def crowded(tmp_path) -> Bench:
    """Tracks that hold the user's own plug-ins."""
    return Bench(tmp_path, song(plugin()))
