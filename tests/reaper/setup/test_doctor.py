"""The doctor: each fault is seen, in words; and the command line as a user meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mixengine.reaper.setup import binaries, checks, interpreters, running
from mixengine.reaper.setup.checks import CHECKS
from mixengine.reaper.setup.places import System
from mixengine.reaper.setup.situation import Situation
from mixengine.system import extras
from tests.helpers.computers import World, dll, dylib, elf

Make = Callable[..., World]


@pytest.fixture
def healthy(world: Make, monkeypatch: pytest.MonkeyPatch) -> World:
    """Everything in order; interpreters answer at once."""
    answers = interpreters.Answer("3.11.7", {})
    monkeypatch.setattr(checks.interpreters, "ask", lambda *_: answers)
    monkeypatch.setattr(checks.interpreters, "belonging_to", lambda *_: Path(sys.executable))
    here = world()
    here.install()
    return here


def test_healthy(healthy: World) -> None:
    states = healthy.doctor()
    assert set(states) == {"resource folder", *CHECKS}
    assert set(states.values()) == {"ok"}


def test_optional_parts_are_listed_with_what_they_add(monkeypatch: pytest.MonkeyPatch, healthy: World) -> None:
    parts = {"here": extras.Extra(("json",), "x"), "away": extras.Extra(("no_such_module",), "a thing (--thing)")}
    monkeypatch.setattr(extras, "EXTRAS", parts)
    state, text, advice = CHECKS["optional parts"](Situation(healthy.resource, healthy.system, healthy.build))
    assert (state, text) == ("ok", "installed: here")
    assert advice == 'pip install "mixengine[NAME]" adds away (a thing (--thing))'
    monkeypatch.setattr(extras, "EXTRAS", {"here": parts["here"]})
    assert CHECKS["optional parts"](Situation(healthy.resource, healthy.system, healthy.build)) == ("ok", text)


def spoil_setting(key: str, value: str) -> Callable[[World], None]:
    def spoil(here: World) -> None:
        path = here.path("reaper.ini")
        lines = [line for line in path.read_text().splitlines() if not line.startswith(f"{key}=")]
        path.write_text("\n".join([*lines, f"{key}={value}", ""]))

    return spoil


def spoil_library(head: bytes) -> Callable[[World], None]:
    def spoil(here: World) -> None:
        (here.build.base_prefix / "lib/libpython3.11.so.1.0").write_bytes(head)

    return spoil


def spoil_record(**fields: object) -> Callable[[World], None]:
    def spoil(here: World) -> None:
        path = here.path("Scripts/mixengine/mixengine_install.json")
        path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))

    return spoil


def spoil_file(name: str, data: bytes | None) -> Callable[[World], None]:
    def spoil(here: World) -> None:
        here.path(name).unlink()
        if data is not None:
            here.path(name).write_bytes(data)

    return spoil


FAULTS: dict[str, tuple[str, str, Callable[[World], None]]] = {
    "switched off": ("ReaScript with Python", "fail", spoil_setting("reascript", "0")),
    "no answer": ("ReaScript with Python", "warn", spoil_setting("reascript", "")),
    "folder alone": ("Python library", "warn", spoil_setting("pythonlibdll64", "")),
    "no library named": ("Python library", "fail", spoil_file("reaper.ini", b"[reaper]\n")),
    "record leads out": ("backend", "fail", spoil_record(files={"../x": ""})),
    "library gone": ("Python library", "fail", spoil_setting("pythonlibdll64", "libpython3.8.so")),
    "static": ("Python library", "fail", spoil_library(elf(kind=2))),
    "archive": ("Python library", "fail", spoil_library(b"!<arch>\n")),
    "other processor": ("processor", "warn", spoil_library(elf(machine=0xB7))),
    "interpreter gone": ("backend", "fail", spoil_record(interpreter="/nowhere/python")),
    "not installed": ("scripts up to date", "fail", spoil_file("Scripts/mixengine/mixengine_install.json", None)),
    "other version": ("scripts up to date", "fail", spoil_record(version="0.0.1")),
    "script changed": ("scripts up to date", "fail", spoil_file("Scripts/mixengine/mixengine_Self-test.py", b"x")),
    "damaged record": ("backend", "fail", spoil_file("Scripts/mixengine/mixengine_install.json", b"{")),
    "list lost": ("actions registered", "fail", spoil_file("reaper-kb.ini", b"")),
    "icon gone": ("toolbar icons", "warn", spoil_file("Data/toolbar_icons/toolbar_mixengine_balance.png", None)),
    "network": ("network", "warn", spoil_setting("csurf_0", "HTTP 0 2307 '' 'index.html' 0 ''")),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_seen(healthy: World, fault: str) -> None:
    name, state, spoil = FAULTS[fault]
    spoil(healthy)
    assert healthy.doctor()[name] == state


def test_reaper_of_another_processor_fails(healthy: World) -> None:
    healthy.path("reaper").write_bytes(elf(machine=0xB7))
    assert healthy.doctor()["processor"] == "fail"


@pytest.mark.parametrize(
    ("failures", "name"),
    [
        ({"reapy": "ModuleNotFoundError: x"}, "reapy inside REAPER"),
        ({"mixengine.model.plan": "x"}, "mixengine inside REAPER"),
    ],
)
def test_import_that_fails(
    healthy: World, monkeypatch: pytest.MonkeyPatch, failures: dict[str, str], name: str
) -> None:
    monkeypatch.setattr(checks.interpreters, "ask", lambda *_: interpreters.Answer("3.11.7", failures))
    assert healthy.doctor()[name] == "fail"


def test_old_python_is_named(healthy: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.interpreters, "ask", lambda *_: interpreters.Answer("3.9.2", {}))
    assert healthy.doctor()["mixengine inside REAPER"] == "fail"


def test_binaries(tmp_path: Path) -> None:
    fat = b"\xca\xfe\xba\xbe\x00\x00\x00\x02" + b"".join(
        processor.to_bytes(4, "big") + bytes(16) for processor in (0x01000007, 0x0100000C)
    )
    for head, architectures, shared in (
        (elf(), {"x86_64"}, True), (elf(0xB7, 2), {"arm64"}, False), (dll(), {"x86_64"}, True),
        (dll(0xAA64, 2), {"arm64"}, False), (dylib(), {"arm64"}, True), (dylib(0x01000007, 2), {"x86_64"}, False),
        (fat, {"x86_64", "arm64"}, True),
    ):  # fmt: skip
        path = tmp_path / "file"
        path.write_bytes(head)
        assert binaries.read(path) == binaries.Binary(frozenset(architectures), shared)
    for junk in (b"", b"\x7fELF", b"MZ", b"text"):
        path.write_bytes(junk)
        assert binaries.read(path) is None
    assert binaries.read(tmp_path / "missing") is None
    assert binaries.architecture("AMD64") == binaries.architecture("x86_64") == "x86_64"


def test_an_interpreter_answers_for_itself(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("print('noise')\n")
    answer = interpreters.ask(Path(sys.executable), ["mine", "not_there"], [str(tmp_path)])
    assert answer.version == ".".join(map(str, sys.version_info[:3]))
    assert list(answer.failures) == ["not_there"]
    assert interpreters.ask(tmp_path / "missing", []).trouble
    assert interpreters.library_version(Path("/x/libpython3.12.so.1.0")) == "3.12"
    assert interpreters.library_version(Path("C:/python310.dll")) == "3.10"
    assert interpreters.library_version(Path("/L/Python.framework/Versions/3.9/Python")) == "3.9"


def test_reapy_is_imported_as_inside_reaper() -> None:
    """Outside it would look for a REAPER on the network."""
    pytest.importorskip("psutil")
    answer = interpreters.ask(Path(sys.executable), ["mixengine.model.plan", "reapy"])
    assert answer.failures == {}


LISTS = {
    "win32": '"System","4","Services","0","8 K"\n"{}","77","Console","1","90 K"\n',
    "darwin": "/sbin/launchd\n/Applications/REAPER.app/Contents/MacOS/{}\n",
}


@pytest.mark.parametrize("platform", LISTS)
@pytest.mark.parametrize(("name", "expected"), [("REAPER", True), ("reaper.exe", True), ("reaper_host", False)])
def test_running_without_psutil(monkeypatch: pytest.MonkeyPatch, platform: str, name: str, expected: bool) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    monkeypatch.setattr(running, "_output", lambda *_: LISTS[platform].format(name))
    assert running.reaper_is_running(System(platform)) is expected


def test_list_of_processes_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: str) -> str:
        raise subprocess.TimeoutExpired("ps", 1)

    monkeypatch.setitem(sys.modules, "psutil", None)
    monkeypatch.setattr(running, "_output", fail)
    assert running.reaper_is_running(System("darwin")) is None


def test_command_line(world: Make, run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    here = world("linux", b"[REAPER]\nx=1", b"KEY 1 65 40001 0")
    before = here.files()
    assert run("reaper", "install", "--resource-path", here.resource).returncode == 0
    result = run("reaper", "doctor", "--resource-path", here.resource, "--json")
    told = json.loads(result.stdout)
    found = told["findings"]
    assert told["failed"] == sum(finding["state"] == "fail" for finding in found)
    assert {"name", "state", "text", "advice"} == set(found[0])
    assert result.returncode == int(any(finding["state"] == "fail" for finding in found))
    assert run("reaper", "uninstall", "--resource-path", here.resource).returncode == 0
    assert here.files() == before
    missing = run("reaper", "install", "--resource-path", tmp_path / "nowhere")
    assert missing.returncode == 1
    assert len(missing.stderr.splitlines()) == 1
    assert run("reaper", "doctor", "--resource-path", tmp_path / "nowhere").returncode == 1
