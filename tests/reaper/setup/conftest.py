"""Fixtures: a computer with REAPER on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mixengine.reaper.setup import install as installing
from mixengine.reaper.setup import uninstall as uninstalling
from mixengine.reaper.setup.libraries import Build
from mixengine.reaper.setup.places import System
from tests.helpers.computers import FOLDERS, LIBRARIES, NAMES, World, ship


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """REAPER is not running, whatever runs on the machine of the tests."""
    for module in (installing, uninstalling):
        monkeypatch.setattr(module, "reaper_is_running", lambda system=None: False)


@pytest.fixture
def world(tmp_path: Path) -> Callable[..., World]:
    """Make a computer."""

    def make(platform: str = "linux", ini: bytes = b"[REAPER]\nvolume=1\n", keys: bytes | None = b"") -> World:
        home = tmp_path / f"Zoë Müller {platform}"
        resource = home / FOLDERS[platform]
        resource.mkdir(parents=True)
        (resource / "reaper.ini").write_bytes(ini)
        if keys is not None:
            (resource / "reaper-kb.ini").write_bytes(keys)
        name, head = LIBRARIES[platform]
        python = tmp_path / "Python 311"
        (python / name).parent.mkdir(parents=True, exist_ok=True)
        (python / name).write_bytes(head)
        build = Build((3, 11), python / "bin" / "python3.11", python, python, {})
        system = System(platform, {"APPDATA": str(home / "AppData" / "Roaming")}, home, "x86_64")
        return World(system, resource, ship(tmp_path / f"shipped {platform}", *NAMES), build)

    return make
