"""What a sync measured."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

from mixengine.model.details import Details

NOTHING = "nothing in common with any other: left as it is"
EARLY, LOCKED = "would begin before the session does", "locked: left as it is"
NOT_SELECTED = "not selected"


@dataclass(frozen=True, slots=True)
class Alignment:
    """One recording: items of a track that play one file without a gap in its time.

    Attributes
    ----------
    track, name : str
        Id and name of its track.
    to : str
        Name of the track that it was compared with; empty: nothing in common with any.
    kind : str
        What they have in common, in words.
    offset_ms : float
        How much later than the track that stays it began to stand.
    drift_ppm : float
        How much longer its clock took, in millionths.
    straight : bool
        Whether the drift was steady.
    moved : bool
    why : str
        What was done, or why nothing.
    score : float
        How far what they have in common stands above chance, in deviations.
    lags : tuple of (time in s, offset in ms)
        What was measured, over the time of the track that it was compared with.
    line : tuple of (time in s, offset in ms)
        What it was taken for.
    """

    track: str = ""
    name: str = ""
    to: str = ""
    kind: str = ""
    offset_ms: float = 0.0
    drift_ppm: float = 0.0
    straight: bool = True
    moved: bool = False
    why: str = ""
    score: float = 0.0
    lags: tuple[Any, ...] = ()
    line: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two items of a track that lie over each other for longer than before.

    Attributes
    ----------
    track, name : str
        Id and name of the track.
    item, other : str
        The earlier and the later item, by name or file.
    at_s, length_s : float
        Where, and for how long.
    """

    track: str = ""
    name: str = ""
    item: str = ""
    other: str = ""
    at_s: float = 0.0
    length_s: float = 0.0


@dataclass(frozen=True, slots=True)
class SyncDetails(Details):
    """The recordings in mixer order, the tracks that stay, and items that overlap others now."""

    recordings: tuple[Alignment, ...] = ()
    references: tuple[str, ...] = field(default=())
    overlaps: tuple[Overlap, ...] = ()

    def usable(self) -> SyncDetails:
        """Without points that are not finite."""

        def finite(points: tuple[Any, ...]) -> tuple[Any, ...]:
            return tuple(point for point in points if len(point) == 2 and all(map(math.isfinite, point)))

        kept = (replace(entry, lags=finite(entry.lags), line=finite(entry.line)) for entry in self.recordings)
        return replace(self, recordings=tuple(kept))
