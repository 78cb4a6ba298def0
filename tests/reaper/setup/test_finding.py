"""Finding REAPER and a Python that it can load."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mixengine.reaper.setup import ini, libraries
from mixengine.reaper.setup.doctor import examine
from mixengine.reaper.setup.places import System, resource_folder
from mixengine.system.errors import UserError
from tests.helpers.computers import World, dylib, elf

Make = Callable[..., World]
INI = "[REAPER]\r\nname=Zoë\r\nvolume=1".encode("cp1252")
KEYS = b"KEY 1 65 40001 0"
PLATFORMS = ("linux", "darwin", "win32")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_resource_folder_is_found(world: Make, platform: str) -> None:
    here = world(platform)
    assert resource_folder(None, here.system) == here.resource


def test_portable_install(world: Make, tmp_path: Path) -> None:
    here = world()
    portable = tmp_path / "USB stick" / "REAPER"
    shutil.copytree(here.resource, portable)
    (portable / "reaper.exe").write_bytes(b"")
    assert resource_folder(portable, here.system) == portable
    assert resource_folder(portable / "reaper.exe", here.system) == portable


@pytest.mark.parametrize("platform", PLATFORMS)
def test_missing_reaper_is_one_line(tmp_path: Path, platform: str) -> None:
    system = System(platform, {}, tmp_path, "x86_64")
    with pytest.raises(UserError, match="--resource-path") as caught:
        resource_folder(None, system)
    assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match="Show REAPER resource path"):
        resource_folder(tmp_path, system)
    assert [finding.state for finding in examine(system=system)] == ["fail"]


STATIC = {
    "/home/ana/.pyenv/versions/3.11.7": "--enable-shared",
    "/opt/miniconda3": "python.org",
    "/home/me/.local/share/uv/python/cpython-3.11": "python.org",
    "/usr": "libpython3.11",
    "/somewhere": "python.org",
}


@pytest.mark.parametrize("place", STATIC)
def test_static_python_is_explained(place: str, tmp_path: Path) -> None:
    base = Path(f"{tmp_path}{place}") if place != "/usr" else Path("/usr/nowhere")
    result = libraries.shared_library(libraries.Build((3, 11), base, base, base, {}), System("linux", {}, tmp_path, ""))
    assert result.path is None
    assert "no shared library" in result.trouble
    assert STATIC[place] in result.trouble


def test_install_without_shared_python_says_so(world: Make) -> None:
    here = world("linux", INI, KEYS)
    here.build.base_prefix.joinpath("lib/libpython3.11.so.1.0").write_bytes(elf(kind=2))
    assert any("no shared library" in line for line in here.install().warnings)
    assert ini.value(here.path("reaper.ini").read_bytes(), "reaper", "pythonlibdll64") is None


def test_virtual_environment_takes_the_base(world: Make, tmp_path: Path) -> None:
    here = world()
    venv = libraries.Build((3, 11), tmp_path / "venv/bin/python", tmp_path / "venv", here.build.base_prefix, {})
    assert venv.in_environment
    result = libraries.shared_library(venv, here.system)
    assert result.path == here.build.base_prefix / "lib/libpython3.11.so.1.0"


def test_macos_framework(tmp_path: Path) -> None:
    place = tmp_path / "Python.framework" / "Versions" / "3.11"
    place.mkdir(parents=True)
    (place / "Python").write_bytes(dylib())
    build = libraries.Build((3, 11), place, place / "x", place / "x", {"PYTHONFRAMEWORKPREFIX": str(tmp_path)})
    assert libraries.shared_library(build, System("darwin", {}, tmp_path, "")).path == place / "Python"
