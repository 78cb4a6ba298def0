"""Fixtures: projects and stems for a batch."""

from __future__ import annotations

from pathlib import Path

import pytest

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
