"""Actions in Python or in Lua: which is chosen, that both are never in the list, what survives a change."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mixengine.reaper.setup import actions, checks, fronts, interpreters, keymap
from mixengine.reaper.setup.fronts import LUA, PYTHON_NAME, REAPY
from tests.helpers.computers import NAMES, World, elf
from tests.helpers.paths import ROOT

Make = Callable[..., World]
BUTTON = "-- @noindex\n"


@pytest.fixture
def here(world: Make) -> World:
    """A computer whose actions exist in both languages."""
    made = world("linux", b"[REAPER]\nvolume=1\n", b"KEY 1 65 40001 0\n")
    (made.scripts / "lua").mkdir()
    for name in NAMES:
        (made.scripts / "lua" / f"mixengine_{name}.lua").write_text(BUTTON)
    (made.scripts / "lua" / "front.lua").write_text(BUTTON)
    (made.scripts / "lua" / "mixengine_start.py").write_text("# @noindex\n")
    (made.scripts / "lua" / actions.LUA_SET_UP).write_text("-- @version 1\n")
    return made


def listed(here: World) -> dict[str, str]:
    return keymap.registered(here.path("reaper-kb.ini").read_bytes())


def scripts(here: World) -> set[str]:
    return {name for name in here.files() if re.search(r"mixengine_[A-Z].*\.(py|lua)$", name)}


def test_a_change_of_front_keeps_ids_and_answers_and_leaves_one_language(here: World) -> None:
    here.install(front=REAPY)
    ids, menu = set(listed(here)), here.path("MenuSets/mixengine.ReaperMenu").read_bytes()
    assert len(ids) == len(NAMES)
    path = here.path("reaper-kb.ini")
    path.write_bytes(path.read_bytes().replace(b"SCR 4 0 RS", b"SCR 260 0 RS", 1))
    outcome = here.install(front=LUA)
    assert "front: lua, before reapy" in outcome.done
    assert set(listed(here)) == ids
    assert all(place.startswith("mixengine/lua/") and place.endswith(".lua") for place in listed(here).values())
    assert scripts(here) == {f"Scripts/mixengine/lua/mixengine_{name}.lua" for name in NAMES}
    assert path.read_bytes().count(b"SCR 260 0 RS") == 1
    assert b'"Custom: mixengine_Self-test.lua"' in path.read_bytes()
    assert here.path("MenuSets/mixengine.ReaperMenu").read_bytes() == menu
    assert not here.path(f"Scripts/mixengine/lua/{actions.LUA_SET_UP}").exists()
    here.install()  # the front that is there stays
    assert scripts(here) == {f"Scripts/mixengine/lua/mixengine_{name}.lua" for name in NAMES}
    here.install(front=REAPY)
    assert scripts(here) == {f"Scripts/mixengine/mixengine_{name}.py" for name in NAMES}
    assert not here.path(PYTHON_NAME).exists()


@pytest.mark.parametrize("front", fronts.FRONTS)
def test_uninstall_takes_either_away(here: World, front: str) -> None:
    before, folders = here.files(), here.folders()
    here.install(front=front)
    (here.path("Scripts/mixengine/talk/left")).mkdir(parents=True)
    here.uninstall()
    assert here.files() == before
    assert here.folders() == folders


def test_lua_needs_nothing_of_reapers_python(here: World) -> None:
    before = here.path("reaper.ini").read_bytes()
    here.install(front=LUA)
    assert here.path("reaper.ini").read_bytes() == before
    noted = here.path(PYTHON_NAME).read_text(encoding="utf-8")
    assert Path(noted.strip()).is_file() and noted.count("\n") == 1


@pytest.mark.parametrize("head", [elf(kind=2), elf(machine=0xB7)], ids=["static", "other processor"])
def test_lua_is_chosen_where_no_library_fits(here: World, head: bytes) -> None:
    (here.build.base_prefix / "lib/libpython3.11.so.1.0").write_bytes(head)
    here.path("reaper").write_bytes(elf())
    [warning] = [line for line in here.install().warnings if "Lua" in line]
    assert warning.startswith("the actions are those in Lua, which need no Python inside REAPER")
    assert set(listed(here).values()) == {f"mixengine/lua/mixengine_{name}.lua" for name in NAMES}


def test_reapy_is_chosen_where_a_library_fits(here: World) -> None:
    pytest.importorskip("psutil")
    here.path("reaper").write_bytes(elf())
    here.install()
    assert set(listed(here).values()) == {f"mixengine/mixengine_{name}.py" for name in NAMES}


def named(here: World, name: str, head: bytes | None, *more: str) -> bytes:
    """Settings of REAPER that name another Python than this."""
    folder = here.resource.parent / "other python"
    folder.mkdir()
    if head is not None:
        (folder / name).write_bytes(head)
    lines = [f"pythonlibpath64={folder}", *([f"pythonlibdll64={name}"] if name else []), "reascript=1", *more]
    return "\n".join(["[REAPER]", *lines, ""]).encode()


OTHERS = {
    "missing": ("libpython3.12.so", None, "REAPER shall load it, but it is not there"),
    "old": ("libpython3.8.so", elf(), "Python 3.8 is too old: mixengine needs 3.10 or newer"),
    "static": ("libpython3.12.so", elf(kind=2), "is no shared library, so that REAPER cannot load it"),
    "folder alone": ("", None, "only a folder is named"),
    "other processor": ("libpython3.12.so", elf(machine=0xB7), "made for another processor"),
    "unknown version": ("libpython.so", elf(), "the version of Python is not known"),
}


@pytest.mark.parametrize("case", OTHERS)
def test_lua_is_chosen_where_the_python_that_stays_does_not_serve(here: World, case: str) -> None:
    name, head, words = OTHERS[case]
    settings = named(here, name, head)
    here.path("reaper.ini").write_bytes(settings)
    here.path("reaper").write_bytes(elf())
    [warning] = [line for line in here.install().warnings if "Lua" in line]
    assert words in warning
    assert set(listed(here).values()) == {f"mixengine/lua/mixengine_{name}.lua" for name in NAMES}
    assert here.path("reaper.ini").read_bytes() == settings


def test_lua_is_chosen_where_python_is_switched_off(here: World) -> None:
    here.path("reaper.ini").write_bytes(b"[REAPER]\nreascript=0\n")
    [warning] = [line for line in here.install().warnings if "Lua" in line]
    assert "switched off in REAPER's preferences; --set-python switches it on" in warning
    assert set(listed(here).values()) == {f"mixengine/lua/mixengine_{name}.lua" for name in NAMES}


@pytest.mark.parametrize("case", ["another that serves", "off, and asked to set"])
def test_reapy_is_chosen_where_the_python_after_the_installation_serves(here: World, case: str) -> None:
    is_asked = case == "off, and asked to set"
    data = b"[REAPER]\nreascript=0\n" if is_asked else named(here, "libpython3.12.so", elf())
    here.path("reaper.ini").write_bytes(data)
    outcome = here.install(set_python=is_asked)
    assert not [line for line in outcome.warnings if "Lua" in line or "--set-python" in line]
    assert set(listed(here).values()) == {f"mixengine/mixengine_{name}.py" for name in NAMES}


@pytest.mark.parametrize("case", ["missing", "old", "static", "folder alone"])
def test_python_asked_for_is_installed_with_the_doctors_warning(here: World, case: str) -> None:
    name, head, words = OTHERS[case]
    here.path("reaper.ini").write_bytes(named(here, name, head))
    [warning] = [line for line in here.install(front=REAPY).warnings if words in line]
    assert warning.endswith("; quit REAPER and run 'mixengine reaper install --set-python'")
    assert set(listed(here).values()) == {f"mixengine/mixengine_{name}.py" for name in NAMES}
    assert here.doctor()["Python library"] in ("fail", "warn")
    assert [line for line in here.install().warnings if words in line] == [warning]  # the front that is there stays


def test_actions_of_reapack_only_need_to_know_which_python(here: World) -> None:
    before = here.files()
    here.install(by_reapack=True)
    new = here.files().keys() - before.keys()
    assert new == {PYTHON_NAME, "Scripts/mixengine/mixengine_install.json"}
    assert here.path("reaper-kb.ini").read_bytes() == before["reaper-kb.ini"]
    here.uninstall()
    assert here.files() == before


@pytest.mark.parametrize("by_reapack", [False, True])
def test_the_doctor_knows_the_front(here: World, by_reapack: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.interpreters, "ask", lambda *_: interpreters.Answer("3.11.7", {}))
    here.install(front=LUA, by_reapack=by_reapack)
    states = here.doctor()
    without = {name: state for name, state in states.items() if name not in ("REAPER running", "network")}
    assert set(without.values()) == {"ok"}
    here.path(PYTHON_NAME).write_text("/nowhere/python\n")
    assert here.doctor()["front"] == "fail"


def test_windows_starts_the_python_without_a_window(tmp_path: Path, world: Make) -> None:
    windows, linux = world("win32").system, world("linux").system
    python = tmp_path / "python.exe"
    assert fronts.starter(str(python), windows) == f"{python}\n".encode()
    (tmp_path / "pythonw.exe").touch()
    assert fronts.starter(str(python), windows) == f"{tmp_path / 'pythonw.exe'}\n".encode()
    assert fronts.starter(str(python), linux) == f"{python}\n".encode()


def test_every_action_is_shipped_in_both_languages() -> None:
    shipped = actions.shipped_actions(ROOT / "reaper_scripts")
    files = actions.shipped_files(ROOT / "reaper_scripts", LUA)
    assert {f"Scripts/{action.in_scripts(LUA)}" for action in shipped} <= set(files)
    assert {"Scripts/mixengine/lua/front.lua", "Scripts/mixengine/lua/mixengine_start.py"} <= set(files)
    assert not any(name.endswith(".lua") for name in actions.shipped_files(ROOT / "reaper_scripts", REAPY))
