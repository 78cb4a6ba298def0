"""Markers and regions of a project: ``MARKER`` lines, one for a marker, two for a region."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mixengine.hosts.rpp.words import Line, format_number, quote
from reaper_sim.tree import Node

if TYPE_CHECKING:
    from reaper_sim.project import SimProject


@dataclass
class Marker:
    """A marker, or a region when it has two lines; a ``ProjectMarker*`` points to one."""

    number: int
    position: float
    end: float
    name: str
    color: int
    is_region: bool
    raws: list[bytes] = field(default_factory=list)


class MarkerHandle:
    """What a ``ProjectMarker*`` points to: a marker's number and sort."""

    def __init__(self, project: SimProject, number: int, is_region: bool) -> None:
        self.project, self.number, self.is_region = project, number, is_region

    @property
    def marker(self) -> Marker | None:
        return find(self.project.root, self.number, self.is_region)

    @property
    def is_alive(self) -> bool:
        return self.marker is not None


def read(root: Node) -> list[Marker]:
    """All of them in order of time."""
    result: list[Marker] = []
    open_regions: dict[int, Marker] = {}
    for entry in root.entries:
        if not isinstance(entry, bytes) or not entry.lstrip().startswith(b"MARKER "):
            continue
        line = Line(entry, 0)
        number, place, is_region = line.integer(1), line.number(2), bool(line.integer(4) & 1)
        if is_region and number in open_regions:
            region = open_regions.pop(number)
            region.end = place
            region.raws.append(entry)
            continue
        marker = Marker(number, place, place, line.text(3), line.integer(5), is_region, [entry])
        result.append(marker)
        if is_region:
            open_regions[number] = marker
    whole = [marker for marker in result if not marker.is_region or len(marker.raws) == 2]
    return sorted(whole, key=lambda marker: marker.position)


def find(root: Node, number: int, is_region: bool) -> Marker | None:
    return next((m for m in read(root) if (m.number, m.is_region) == (number, is_region)), None)


def add(root: Node, marker: Marker) -> None:
    """Write the lines of a marker after the last one."""
    color = f" {marker.color}" if marker.color else ""
    place, flag = format_number(marker.position), int(marker.is_region)
    texts = [f"MARKER {marker.number} {place} {quote(marker.name)} {flag}{color}"]
    if marker.is_region:
        texts.append(f'MARKER {marker.number} {format_number(marker.end)} "" 1')
    places = [i for i, e in enumerate(root.entries) if isinstance(e, bytes) and e.lstrip().startswith(b"MARKER ")]
    blocks = [i for i, e in enumerate(root.entries) if isinstance(e, Node) and e.name in ("PROJBAY", "TRACK")]
    at = places[-1] + 1 if places else [*blocks, len(root.entries)][0]
    for text in reversed(texts):
        root.adopt(at, root.raw(text))


def remove(root: Node, marker: Marker) -> None:
    for raw in marker.raws:
        root.drop(raw)
