"""C signatures of the ReaScript functions the simulation has, as the SDK header of REAPER 7.78 states them.

``signatures.tsv`` is an extract of the project's table of all 868 functions: name, return type, arguments, and whether
Python gets the bare result (``plain``) or a tuple that repeats every argument (``tuple``).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

FILE = Path(__file__).with_name("signatures.tsv")
_OUTPUTS = ("char*", "int*", "double*", "bool*", "float*")


@dataclass(frozen=True)
class Argument:
    """One argument: its C type and name."""

    kind: str
    name: str

    @property
    def is_output(self) -> bool:
        """Whether REAPER writes into it."""
        return self.kind in _OUTPUTS

    @property
    def is_pointer(self) -> bool:
        """Whether it names an object."""
        return self.kind.endswith("*") and not self.is_output and not self.kind.startswith("const char")


@dataclass(frozen=True)
class Signature:
    """One function."""

    name: str
    result: str
    arguments: tuple[Argument, ...]
    is_tuple: bool


@functools.cache
def read(path: Path = FILE) -> Mapping[str, Signature]:
    """All signatures of a table by name; read once."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        name, result, arguments, shape = line.split("\t")
        parts = [part.strip().rpartition(" ") for part in arguments.split(";") if part.strip()]
        found[name] = Signature(name, result, tuple(Argument(kind, word) for kind, _, word in parts), shape == "tuple")
    return MappingProxyType(found)
