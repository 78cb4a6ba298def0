"""Architecture of a program or shared library, from its header (ELF, PE, Mach-O)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

_NAMES = {"amd64": "x86_64", "x64": "x86_64", "x86_64": "x86_64", "arm64": "arm64", "aarch64": "arm64", "i686": "x86"}
_ELF = {0x3E: "x86_64", 0xB7: "arm64", 0x03: "x86", 0x28: "arm"}
_PE = {0x8664: "x86_64", 0xAA64: "arm64", 0xA641: "arm64", 0x014C: "x86"}
_MACH = {0x01000007: "x86_64", 0x0100000C: "arm64", 0x00000007: "x86"}
_ELF_SHARED, _PE_DLL, _MACH_DYLIB = 3, 0x2000, 6


@dataclass(frozen=True)
class Binary:
    """A compiled file.

    Parameters
    ----------
    architectures : frozenset[str]
        ``x86_64``, ``arm64``, …; several in a universal file of macOS.
    shared : bool
        Whether another program can load it.
    """

    architectures: frozenset[str]
    shared: bool


def architecture(machine: str) -> str:
    """Canonical name of an architecture, whose names differ between systems."""
    return _NAMES.get(machine.lower(), machine.lower())


def read(path: Path) -> Binary | None:
    """Read the header; None when the file is not a binary."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
        return next((binary for parse in _PARSERS if (binary := parse(head)) is not None), None)
    except (OSError, struct.error):
        return None


def _elf(head: bytes) -> Binary | None:
    if head[:4] != b"\x7fELF":
        return None
    kind, machine = struct.unpack_from("<HH" if head[5:6] == b"\x01" else ">HH", head, 16)
    return Binary(frozenset({_ELF.get(machine, f"ELF {machine}")}), kind == _ELF_SHARED)


def _pe(head: bytes) -> Binary | None:
    if head[:2] != b"MZ":
        return None
    start = struct.unpack_from("<I", head, 0x3C)[0]
    if head[start : start + 4] != b"PE\0\0":
        return None
    machine, flags = struct.unpack_from("<H", head, start + 4)[0], struct.unpack_from("<H", head, start + 22)[0]
    return Binary(frozenset({_PE.get(machine, f"PE {machine}")}), bool(flags & _PE_DLL))


def _mach(head: bytes) -> Binary | None:
    if head[:4] not in (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe"):
        return None
    processor, _, kind = struct.unpack_from("<III", head, 4)
    return Binary(frozenset({_MACH.get(processor, f"Mach-O {processor}")}), kind == _MACH_DYLIB)


def _universal(head: bytes) -> Binary | None:
    if head[:4] != b"\xca\xfe\xba\xbe":
        return None
    count = struct.unpack_from(">I", head, 4)[0]
    processors = [struct.unpack_from(">I", head, 8 + 20 * index)[0] for index in range(min(count, 16))]
    # the file type is in the slices, which are not read: every universal file counts as a library
    return Binary(frozenset(_MACH.get(processor, f"Mach-O {processor}") for processor in processors), True)


_PARSERS = (_elf, _pe, _mach, _universal)
