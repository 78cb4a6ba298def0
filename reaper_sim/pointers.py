"""Pointers as REAPER's Python shows them, ``(MediaTrack*)0x0000000012345678``, and which objects are still alive."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from reaper_sim.items import Take
from reaper_sim.tree import Node

if TYPE_CHECKING:
    from reaper_sim.sim import SimReaper

_FORM = re.compile(r"^\((\w+\*|HWND)\)0x([0-9A-F]+)$")
_FIRST, _STEP = 0x12340010, 0x60


class Guid(str):
    """What a ``GUID*`` points to."""


def null(kind: str) -> str:
    """The NULL pointer of a type."""
    return f"({kind})0x{0:016X}"


class Pointers:
    """Hands out pointers and takes them back. An address is never used twice."""

    def __init__(self, sim: SimReaper) -> None:
        self._sim = sim
        self._objects: dict[int, tuple[str, Any]] = {}
        self._addresses: dict[int, int] = {}

    def give(self, kind: str, thing: Any) -> str:
        """The pointer string for an object; NULL for ``None``."""
        if thing is None:
            return null(kind)
        address = self._addresses.get(id(thing))
        if address is None:
            address = _FIRST + _STEP * len(self._objects)
            self._addresses[id(thing)] = address
            self._objects[address] = (kind, thing)
        return f"({kind})0x{address:016X}"

    def take(self, kind: str, text: object) -> Any | None:
        """The living object behind a pointer string of this type; ``None`` as REAPER's NULL."""
        match = _FORM.match(text) if isinstance(text, str) else None
        if match is None or (match.group(1) != kind and kind != "void*"):
            return None
        return self.at(int(match.group(2), 16), kind if kind != "void*" else match.group(1))

    def at(self, address: int, kind: str) -> Any | None:
        """The living object of a type at an address."""
        known, thing = self._objects.get(address, ("", None))
        return thing if known == kind and self._is_alive(thing) else None

    def is_valid(self, thing: Any | None, kind: str, project: Any) -> bool:
        """Whether a living object has this type and, where it belongs to a project, belongs to this one."""
        if thing is None or self._objects[self._addresses[id(thing)]][0] != kind:
            return False
        node = thing.item if isinstance(thing, Take) else thing
        owner = node.root().owner if isinstance(node, Node) else getattr(thing, "project", None)
        return owner is None or owner is project

    def rebind(self, old: Any, new: Any) -> None:
        """Let the pointer of ``old`` mean ``new`` from now on."""
        address = self._addresses.pop(id(old), None)
        if address is not None:
            kind, _ = self._objects[address]
            self._objects[address] = (kind, new)
            self._addresses[id(new)] = address

    def _is_alive(self, thing: Any) -> bool:
        if isinstance(thing, Guid):
            return True
        if isinstance(thing, Take):
            return thing in (thing.item.takes or ()) and self._is_alive(thing.item)
        if isinstance(thing, Node):
            root = thing.root()
            return any(source is root for source in self._sim.loose_sources) or root.owner in self._sim.projects
        return getattr(thing, "project", thing) in self._sim.projects and getattr(thing, "is_alive", True)
