"""The action that installs mixengine: what it finds, shows and runs, by the very script in a real Lua."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mixengine.reaper.setup import actions
from reaper_sim import SimReaper
from tests.helpers.paths import ROOT

pytest.importorskip("lupa", reason="lupa is not installed")

from reaper_sim.lua import LuaReaper

SCRIPT = ROOT / "reaper_scripts" / "lua" / actions.LUA_SET_UP
YES, NO = 6, 7
UV = """#!/bin/sh
echo "uv $@" >> "{log}"
[ "$1" = tool ] && [ "$2" = dir ] && echo "{bin}"
exit {code}
"""
MIXENGINE = '#!/bin/sh\necho "mixengine $@" >> "{log}"\n'

posix = pytest.mark.skipif(os.name != "posix", reason="runs a shell script")


class Computer:
    """A home with some programs in it, and REAPER's folder; programs of the system are not seen."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home, self.log = folder / "Zoë Müller", folder / "log.txt"
        self.resource = self.home / "REAPER"
        self.resource.mkdir(parents=True)
        monkeypatch.setenv("HOME", str(self.home))
        monkeypatch.delenv("USERPROFILE", raising=False)
        self.sim = SimReaper(resource_path=self.resource)
        self.commands: list[list[str]] = []

    def program(self, name: str, text: str) -> Path:
        path = self.home / ".local" / "bin" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
        return path

    def run(self, *answers: int) -> list[str]:
        self.sim.box_answers.extend(answers)
        script = LuaReaper(self.sim, start=self._start)
        hidden: Any = script.lua.execute(
            b"local real = io.open; return function(home) io.open = function(path, mode)"
            b" if path:sub(1, #home) == home then return real(path, mode) end end end"
        )
        hidden(os.fsencode(self.home))
        script.run_script(SCRIPT)
        script.run_until_end()
        return [text for _, text, _ in self.sim.boxes]

    def _start(self, words: list[str]) -> subprocess.Popen[bytes]:
        self.commands.append(words)
        return subprocess.Popen(words)


@pytest.fixture
def computer(tmp_path, monkeypatch) -> Computer:
    return Computer(tmp_path, monkeypatch)


@posix
def test_uv_installs_it_after_a_yes(computer):
    folder = computer.home / "own bin"
    folder.mkdir()
    uv = computer.program("uv", UV.format(log=computer.log, bin=folder, code=0))
    (folder / "mixengine").write_text(MIXENGINE.format(log=computer.log))
    (folder / "mixengine").chmod(0o755)
    shown, done = computer.run(YES)
    assert f'"{uv}" tool install --force "https://' in shown
    assert done == "mixengine is set up: try its other actions."
    installed, asked, registered = computer.log.read_text(encoding="utf-8").splitlines()
    assert installed.startswith("uv tool install --force https://") and asked == "uv tool dir --bin"
    assert registered == f"mixengine reaper install --by-reapack --resource-path {computer.resource}"
    assert computer.sim.help == ""


def test_no_runs_nothing(computer):
    computer.program("uv", "")
    computer.program("pipx", "")
    [shown] = computer.run(NO)
    assert "uv" in shown and "pipx" not in shown
    assert computer.commands == []
    assert not (computer.resource / "Scripts").exists()


@posix
def test_what_fails_is_shown_and_nothing_after_it_runs(computer):
    computer.program("pipx", f'#!/bin/sh\necho "pipx $1" >> "{computer.log}"\necho "no network" >&2\nexit 3\n')
    _, said = computer.run(YES)
    assert said.startswith("It did not work:\n\nno network\n")
    assert computer.log.read_text() == "pipx install\n"


def test_python_alone_gets_an_environment_of_its_own(computer):
    python = computer.program("python3", "")
    [shown] = computer.run(NO)
    own = computer.resource / "Scripts" / "mixengine" / "python"
    first, second, third = shown.split("\n\n")[1:-1]
    assert first == f'"{python}" -m venv "{own}"'
    assert second.startswith(f'"{own}/bin/python" -m pip install "https://')
    assert third == f'"{own}/bin/python" -m mixengine reaper install --by-reapack --resource-path "{computer.resource}"'


def test_nothing_there_is_one_sentence(computer):
    [said] = computer.run()
    assert said.startswith("uv, pipx and Python are not on this computer")


class Windows:
    """A home on drive C: of a computer with Windows, kept in a folder here."""

    HOME = "C:\\Users\\Zoë & Müller"

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.commands = folder, list[str]()
        monkeypatch.setenv("USERPROFILE", self.HOME)
        monkeypatch.setenv("LOCALAPPDATA", f"{self.HOME}\\AppData\\Local")
        self.sim = SimReaper(resource_path=folder)
        self.sim.os = "Win64"

    def path(self, name: str) -> Path:
        return self.root / name.removeprefix("C:").replace("\\", "/").lstrip("/")

    def program(self, name: str) -> None:
        self.path(name).parent.mkdir(parents=True)
        self.path(name).write_bytes(b"MZ")

    def run(self) -> tuple[str, list[str]]:
        """Set up after a yes; what was shown, and the lines of the batch file."""
        self.sim.box_answers.append(YES)
        script = LuaReaper(self.sim)
        reaper, real = script.reaper, script.lua.globals()[b"io"][b"open"]

        def open_here(path: bytes, mode: bytes) -> Any:
            assert b"/" not in path, "cmd.exe takes / for a switch"
            return real(os.fsencode(self.path(os.fsdecode(path))), mode)

        def start(command: bytes, _timeout_ms: int) -> None:
            self.commands.append(command.decode())

        reaper[b"GetResourcePath"] = f"{self.HOME}\\REAPER".encode
        reaper[b"RecursiveCreateDirectory"] = lambda path, _: self.path(path.decode()).mkdir(parents=True)
        reaper[b"ExecProcess"] = start
        script.lua.globals()[b"io"][b"open"] = open_here
        script.run_script(SCRIPT)
        [(_, shown, _)] = self.sim.boxes
        batch = self.path(f"{self.HOME}\\REAPER\\Scripts\\mixengine\\setup.bat").read_bytes()
        assert batch.count(b"\n") == batch.count(b"\r\n")
        return shown, batch.decode("utf-8").splitlines()


ADDRESS = "https://github.invalid/OWNER/mixengine/archive/main.zip"
REGISTER = f'reaper install --by-reapack --resource-path "{Windows.HOME}\\REAPER"'
PLACE = f"{Windows.HOME}\\REAPER\\Scripts\\mixengine"
UV_EXE, PIPX_EXE = (f"{Windows.HOME}\\.local\\bin\\{name}.exe" for name in ("uv", "pipx"))


@pytest.mark.parametrize(
    "program, lines",
    [
        (
            UV_EXE,
            [
                f'"{UV_EXE}" tool install --force "{ADDRESS}"',
                f"""for /f "delims=" %%d in ('""{UV_EXE}" tool dir --bin"') do "%%d\\mixengine.exe" {REGISTER}""",
            ],
        ),
        (
            PIPX_EXE,
            [
                f'"{PIPX_EXE}" install --force "{ADDRESS}"',
                f"""for /f "delims=" %%d in ('""{PIPX_EXE}" environment --value PIPX_BIN_DIR"') """
                f"""do "%%d\\mixengine.exe" {REGISTER}""",
            ],
        ),
        (
            "C:\\Windows\\py.exe",
            [
                f'"C:\\Windows\\py.exe" -m venv "{PLACE}\\python"',
                f'"{PLACE}\\python\\Scripts\\python.exe" -m pip install "{ADDRESS}"',
                f'"{PLACE}\\python\\Scripts\\python.exe" -m mixengine {REGISTER}',
            ],
        ),
    ],
    ids=["uv", "pipx", "py"],
)
def test_windows_gets_a_batch_file(program, lines, tmp_path, monkeypatch):
    """Every path with backslashes and in quotes, each command after the success of the one before."""
    computer = Windows(tmp_path, monkeypatch)
    computer.program(program)
    shown, batch = computer.run()
    assert shown.split("\n\n")[1:-1] == lines
    assert batch == [
        "@echo off",
        "chcp 65001 >nul",
        " && ".join(lines),
        f'echo %errorlevel% > "{PLACE}\\setup.done"',
    ]
    assert computer.commands == [f'cmd.exe /S /C ""{PLACE}\\setup.bat" > "{PLACE}\\setup.log" 2>&1"']
