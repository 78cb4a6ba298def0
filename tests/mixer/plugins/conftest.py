"""The test plug-ins, where mixengine looks for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mixengine.mixer.plugins import find, stopped
from tests.helpers import real_plugins


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Their folder; nothing is known of earlier tests."""
    monkeypatch.setenv(find.FOLDERS, str(real_plugins.folder()))
    yield from _fresh(real_plugins.folder())


def _fresh(folder: Path) -> Iterator[Path]:
    for known in (find._files, find._reapers_list):
        known.cache_clear()
    stopped.forget()
    yield folder
    for known in (find._files, find._reapers_list):
        known.cache_clear()
    stopped.forget()
