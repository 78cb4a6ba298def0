"""Install, doctor and uninstall on three made-up systems."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mixengine.reaper.setup import changes, ini, install, keymap, record
from mixengine.system.errors import UserError
from tests.helpers.computers import NAMES, World

Make = Callable[..., World]
INI = "[REAPER]\r\nname=Zoë\r\nvolume=1".encode("cp1252")
KEYS = b'KEY 1 65 40001 0\r\nSCR 4 0 RSabc "Custom: \xff.lua" a.lua'
PLATFORMS = ("linux", "darwin", "win32")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_uninstall_restores_every_byte(world: Make, platform: str) -> None:
    here = world(platform, INI, KEYS)
    before, folders = here.files(), here.folders()
    here.install()
    assert here.path("reaper-kb.ini").read_bytes().endswith(KEYS)
    assert here.path("reaper.ini").read_bytes() != INI
    here.uninstall()
    assert here.files() == before
    assert here.folders() == folders
    copies = {path.name.split(".mixengine-")[0] for path in here.resource.glob("*.bak")}
    assert copies == {"reaper.ini", "reaper-kb.ini"}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_install_leaves(world: Make, platform: str) -> None:
    here = world(platform, INI, KEYS)
    here.install()
    data = here.path("reaper.ini").read_bytes()
    library = {"linux": "libpython3.11.so.1.0", "darwin": "libpython3.11.dylib", "win32": "python311.dll"}[platform]
    assert ini.value(data, "reaper", "pythonlibdll64") == library
    assert (Path(ini.value(data, "reaper", "pythonlibpath64") or "") / library).is_file()
    assert ini.value(data, "reaper", "reascript") == "1"
    noted = json.loads(here.path("Scripts/mixengine/mixengine_install.json").read_bytes())
    assert set(noted["actions"]) == {f"mixengine_{name}.py" for name in NAMES}
    assert all((Path(place) / "mixengine").is_dir() or (Path(place) / "reapy").is_dir() for place in noted["paths"])
    assert here.path("Scripts/mixengine/lib/helper.py").is_file()
    assert here.path("Scripts/mixengine/mixengine_boot.py").is_file()
    assert {
        here.path(f"Data/toolbar_icons/{size}toolbar_mixengine_balance.png").is_file() for size in ("", "150/", "200/")
    } == {True}
    menu = here.path("MenuSets/mixengine.ReaperMenu").read_text()
    for name in NAMES:
        assert f"=_{keymap.command_id(f'mixengine_{name}.py')} mixengine: {name}\n" in menu
    assert menu.index("Balance") < menu.index("Duck") < menu.index("Self-test") < menu.index("Something")
    assert "icon_0=toolbar_mixengine_balance.png\nicon_1=text\n" in menu


def test_second_install_changes_nothing(world: Make) -> None:
    here = world("linux", INI, KEYS)
    here.install()
    before = {path: path.stat().st_mtime_ns for path in here.resource.rglob("*")}
    assert here.install().copies == []
    assert {path: path.stat().st_mtime_ns for path in here.resource.rglob("*")} == before


def test_missing_action_list_is_made_and_removed(world: Make) -> None:
    here = world("linux", INI, None)
    here.install()
    assert len(keymap.registered(here.path("reaper-kb.ini").read_bytes())) == len(NAMES)
    here.uninstall()
    assert not here.path("reaper-kb.ini").exists()


def test_dry_run_writes_nothing(world: Make) -> None:
    here = world()
    before = here.files()
    assert here.install(dry_run=True).done
    assert here.files() == before


def test_users_python_is_kept_unless_asked(world: Make) -> None:
    mine = b"[reaper]\npythonlibpath64=/mine\npythonlibdll64=libpython3.9.so\nreascript=0\n"
    here = world("linux", mine)
    assert any("--set-python" in line for line in here.install().warnings)
    assert here.path("reaper.ini").read_bytes() == mine
    here.install(set_python=True)
    assert ini.value(here.path("reaper.ini").read_bytes(), "reaper", "pythonlibdll64") == "libpython3.11.so.1.0"
    here.uninstall()
    assert here.path("reaper.ini").read_bytes() == mine


def test_setting_changed_since_is_kept(world: Make) -> None:
    here = world()
    here.install()
    path = here.path("reaper.ini")
    path.write_bytes(ini.put(path.read_bytes(), "reaper", "pythonlibdll64", "other.so")[0])
    assert any("pythonlibdll64" in line for line in here.uninstall().warnings)
    data = path.read_bytes()
    assert ini.value(data, "reaper", "pythonlibdll64") == "other.so"
    assert ini.value(data, "reaper", "pythonlibpath64") is None


def test_changed_script_is_kept_and_named(world: Make) -> None:
    here = world()
    here.install()
    script = here.path("Scripts/mixengine/mixengine_Self-test.py")
    script.write_text("# mine\n")
    outcome = here.uninstall()
    assert script.read_text() == "# mine\n"
    assert any(script.name in line for line in outcome.warnings)
    assert not here.path("Scripts/mixengine/mixengine_install.json").exists()


def test_new_version_replaces_and_removes(world: Make) -> None:
    here = world()
    here.install()
    before = here.path("reaper-kb.ini").read_bytes()
    (here.scripts / "mixengine_Self-test.py").unlink()
    duck = here.scripts / "mixengine_Duck music under speech.py"
    duck.write_text(duck.read_text().replace("0.1.0", "0.2.0"))
    balance = here.path("Scripts/mixengine/mixengine_Balance selected tracks.py")
    balance.write_text("# mine\n")
    outcome = here.install()
    assert "0.2.0" in here.path(f"Scripts/mixengine/{duck.name}").read_text()
    assert not here.path("Scripts/mixengine/mixengine_Self-test.py").exists()
    gone = keymap.command_id("mixengine_Self-test.py").encode()
    assert here.path("reaper-kb.ini").read_bytes() == b"".join(
        line for line in before.splitlines(keepends=True) if gone not in line
    )
    assert [path.read_text() for path in balance.parent.glob("*.bak")] == ["# mine\n"]
    assert any(balance.name in line for line in outcome.warnings)


def test_running_reaper_is_named(world: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "reaper_is_running", lambda system=None: True)
    assert install.RUNNING in world().install().warnings


def test_linked_settings_stay_a_link(world: Make, tmp_path: Path) -> None:
    here = world("linux", INI, KEYS)
    elsewhere = tmp_path / "dotfiles.ini"
    shutil.move(here.path("reaper-kb.ini"), elsewhere)
    here.path("reaper-kb.ini").symlink_to(elsewhere)
    here.install()
    assert here.path("reaper-kb.ini").is_symlink()
    assert elsewhere.read_bytes() != KEYS
    here.uninstall()
    assert elsewhere.read_bytes() == KEYS


@pytest.mark.parametrize("name", ["reaper.ini", "reaper-kb.ini"])
def test_read_only_file_is_respected(world: Make, name: str) -> None:
    here = world("linux", INI, KEYS)
    before = here.files()
    here.path(name).chmod(0o444)
    with pytest.raises(UserError, match="nothing was changed"):
        here.install()
    assert here.files() == before


@pytest.mark.skipif(os.name != "posix", reason="a folder's read-only flag means nothing on Windows")
def test_read_only_folder_is_respected(world: Make) -> None:
    here = world("linux", INI, KEYS)
    before = here.files()
    here.resource.chmod(0o555)
    with pytest.raises(UserError, match="nothing was changed"):
        here.install()
    here.resource.chmod(0o755)
    assert here.files() == before


@pytest.mark.parametrize("step", ["os.fsync", "os.replace"])
@pytest.mark.parametrize("count", range(1, 12, 2))
def test_full_disk_leaves_nothing(world: Make, monkeypatch: pytest.MonkeyPatch, step: str, count: int) -> None:
    here = world("linux", INI, KEYS)
    before = (here.files(), here.folders())
    module, name = step.split(".")
    real, calls = getattr(os, name), [0]

    def fail(*arguments: object) -> object:
        calls[0] += 1
        if calls[0] == count:
            raise OSError(errno.ENOSPC, "No space left on device", str(here.resource))
        return real(*arguments)

    monkeypatch.setattr(f"{changes.__name__}.{module}.{name}", fail)
    with pytest.raises(UserError, match="free some space"):
        here.install()
    assert (here.files(), here.folders()) == before
    assert not list(here.resource.rglob("*.bak"))


def test_full_disk_during_uninstall(world: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    here = world("linux", INI, KEYS)
    here.install()
    before = here.files()
    real = Path.unlink

    def fail(path: Path, *arguments: object, **options: object) -> None:
        if path.name == "helper.py":
            raise OSError(errno.EIO, "Input/output error", str(path))
        real(path, *arguments, **options)

    monkeypatch.setattr(Path, "unlink", fail)
    with pytest.raises(UserError, match="nothing was changed"):
        here.uninstall()
    monkeypatch.undo()
    assert here.files() == before


def test_damaged_record_is_one_line(world: Make) -> None:
    here = world()
    here.install()
    here.path(record.NAME).write_text("{")
    with pytest.raises(UserError, match="is damaged"):
        here.uninstall()


def test_uninstall_without_install(world: Make) -> None:
    here = world("linux", INI, KEYS)
    assert "nothing of mixengine" in here.uninstall().done[0]
    assert here.files() == {"reaper.ini": INI, "reaper-kb.ini": KEYS}


def test_two_actions_of_one_name_are_refused(world: Make) -> None:
    here = world()
    shutil.copy(here.scripts / "mixengine_Self-test.py", here.scripts / "lib")
    with pytest.raises(UserError, match="unique"):
        here.install()
