"""What a separation makes of the items of a session."""

from __future__ import annotations

from dataclasses import dataclass, field

from mixengine.model.details import Details
from mixengine.model.session import Fade


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item and the files of its parts.

    Attributes
    ----------
    track, track_name, channels : str, str, int
        The item's track.
    clip, name : str
        The item.
    position_s, length_s : float
    fades : tuple of Fade
        In and out.
    files : dict of str to str
        Part → file below the project's folder.
    by : str
        The model.
    offset_s, rate : float
        Where a new take begins in its file, and how fast it plays.
    """

    track: str = ""
    track_name: str = ""
    channels: int = 2
    clip: str = ""
    name: str = ""
    position_s: float = 0.0
    length_s: float = 0.0
    fades: tuple[Fade, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    by: str = ""
    offset_s: float = 0.0
    rate: float = 1.0


@dataclass(frozen=True, slots=True)
class SeparateDetails(Details):
    """The model, whether parts become takes, and the items."""

    model: str = ""
    take: bool = False
    items: tuple[ItemRow, ...] = ()
