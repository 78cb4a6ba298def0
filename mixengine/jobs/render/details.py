"""The stems that become tracks of a project."""

from __future__ import annotations

from dataclasses import dataclass

from mixengine.model.details import Details


@dataclass(frozen=True, slots=True)
class StemRow:
    """A stem and the tracks in it."""

    name: str = ""
    tracks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RenderDetails(Details):
    """The stems, and the folder of their files below the project's."""

    stems: tuple[StemRow, ...] = ()
    folder: str = ""
