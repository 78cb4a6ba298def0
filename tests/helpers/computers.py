"""A made-up REAPER on each system: folders, a Python to load, actions to install."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from mixengine.reaper.setup.doctor import examine
from mixengine.reaper.setup.install import Outcome, install
from mixengine.reaper.setup.libraries import Build
from mixengine.reaper.setup.places import System
from mixengine.reaper.setup.uninstall import uninstall

HEADER = "# @description {title}\n# @version 0.1.0\n# @author mixengine\nprint('{title}')\n"
NAMES = ("Balance selected tracks", "Duck music under speech", "Self-test", "Something without a picture")


def elf(machine: int = 0x3E, kind: int = 3) -> bytes:
    """The head of a Linux file."""
    return b"\x7fELF\x02\x01" + bytes(10) + struct.pack("<HH", kind, machine) + bytes(40)


def dll(machine: int = 0x8664, flags: int = 0x2000) -> bytes:
    """The head of a Windows file."""
    return b"MZ" + bytes(0x3A) + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<H16xH", machine, flags) + bytes(40)


def dylib(processor: int = 0x0100000C, kind: int = 6) -> bytes:
    """The head of a macOS file."""
    return b"\xcf\xfa\xed\xfe" + struct.pack("<III", processor, 0, kind) + bytes(40)


LIBRARIES = {
    "linux": ("lib/libpython3.11.so.1.0", elf()),
    "darwin": ("lib/libpython3.11.dylib", dylib()),
    "win32": ("python311.dll", dll()),
}
FOLDERS = {
    "linux": ".config/REAPER",
    "darwin": "Library/Application Support/REAPER",
    "win32": "AppData/Roaming/REAPER",
}


@dataclass
class World:
    """One computer with REAPER on it."""

    system: System
    resource: Path
    scripts: Path
    build: Build

    def install(self, **options: object) -> Outcome:
        return install(self.resource, scripts=self.scripts, system=self.system, build=self.build, **options)

    def uninstall(self) -> Outcome:
        return uninstall(self.resource, system=self.system)

    def doctor(self) -> dict[str, str]:
        findings = examine(self.resource, system=self.system, build=self.build, scripts=self.scripts)
        return {finding.name: finding.state for finding in findings}

    def path(self, name: str) -> Path:
        return self.resource / name

    def files(self) -> dict[str, bytes]:
        """Everything but the dated copies."""
        paths = (path for path in self.resource.rglob("*") if path.is_file() and path.suffix != ".bak")
        return {path.relative_to(self.resource).as_posix(): path.read_bytes() for path in paths}

    def folders(self) -> set[str]:
        return {path.relative_to(self.resource).as_posix() for path in self.resource.rglob("*") if path.is_dir()}


def ship(folder: Path, *names: str) -> Path:
    """Made-up actions, a helper, a picture in three sizes."""
    (folder / "lib").mkdir(parents=True)
    for name in names:
        (folder / f"mixengine_{name}.py").write_text(HEADER.format(title=name), encoding="utf-8")
    (folder / "mixengine_boot.py").write_text('# @noindex\n"""Helper."""\n')
    (folder / "lib" / "helper.py").write_text("x = 1\n")
    for size in ("", "150", "200"):
        (folder / "toolbar" / size).mkdir(parents=True, exist_ok=True)
        (folder / "toolbar" / size / "toolbar_mixengine_balance.png").write_bytes(b"\x89PNG" + size.encode())
    return folder
