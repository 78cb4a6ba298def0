"""What an unmasking measured."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from mixengine.analysis.spectra import BANDS
from mixengine.model.details import Details
from mixengine.model.session import EqBand

Shares = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """What the table, the report and ``--json`` say about one track.

    Attributes
    ----------
    masked_before, masked_after : float, optional
        Of a track that has others beneath it: its weighted share that they cover together, 0 … 1.
    covers_before, covers_after : float, optional
        Of a track that has others above it: weighted share of the one it covers most, covered alone, 0 … 1.
    bands : tuple of EqBand
        What the equaliser will be; empty for none.
    moves : bool
        Whether its cuts follow the voice: ``bands`` are then the deepest, and the points are in the plan's changes.
    """

    id: str = ""
    name: str = ""
    role: str = ""
    file: str | None = None
    masked_before: float | None = None
    masked_after: float | None = None
    covers_before: float | None = None
    covers_after: float | None = None
    bands: tuple[EqBand, ...] = ()
    moves: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MapRow:
    """Who covers a track, and where on the frequency axis, see `mixengine.jobs.unmask.masking_map`."""

    id: str = ""
    by: dict[str, tuple[float, float]] = field(default_factory=dict)
    bands: dict[str, Shares] = field(default_factory=dict)

    def usable(self) -> MapRow:
        """Shares within 0 … 1, pairs that are complete, and bands when all are there."""
        by = {
            name: (_share(before), _share(after))
            for name, (before, after) in self.by.items()
            if math.isfinite(before) and math.isfinite(after)
        }
        bands = {name: _within(self.bands.get(name, ())) for name in ("before", "after")}
        return replace(self, by=by, bands=bands if all(len(row) == BANDS for row in bands.values()) else {})


def _within(shares: Shares) -> Shares:
    return tuple(_share(share) if share is not None and math.isfinite(share) else None for share in shares)


def _share(value: float) -> float:
    return min(max(value, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Clarity:
    """How clear a voice is, and what the cuts do for it.

    Attributes
    ----------
    name : str
        Of its loudest track.
    tracks : tuple of str
        Names of all its tracks.
    level_lu : float
        LU above everything else while it sounds.
    clear_before, clear_after : float
        Share of it that stands clear of everything else, 0 … 1.
    aim : float
        The lower end of what is usual for that share.
    short_db : float
        dB by which everything else is too loud.
    won_db : float
        The same after the cuts would be reached by a fader of this many dB on everything else.
    clear_enough : bool
        Whether nothing is done for it because it is as clear as usual.
    words : str
        All of it in a sentence.
    """

    name: str = ""
    tracks: tuple[str, ...] = ()
    level_lu: float = 0.0
    clear_before: float = 0.0
    clear_after: float = 0.0
    aim: float = 0.0
    short_db: float = 0.0
    won_db: float = 0.0
    clear_enough: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True)
class UnmaskDetails(Details):
    """What an unmasking measured.

    Attributes
    ----------
    mode : str
    priority : tuple of str
        Names of the tracks that must be heard, first one first.
    tracks : tuple of Row
        One per track.
    masking_map : tuple of MapRow
        One per track that must be heard.
    voices : tuple of Clarity
        One per voice: takes and doubles of a lead vocal are one. Empty with mode ``three-band``.
    no_voice : str
        Why there is none, where that was looked for.
    unheard : tuple of str
        Tracks whose equaliser is decided and does not sound, each with the reason and what to do.
    roles : dict of str to str
        Track id → role.
    """

    mode: str = ""
    priority: tuple[str, ...] = ()
    tracks: tuple[Row, ...] = ()
    masking_map: tuple[MapRow, ...] = ()
    voices: tuple[Clarity, ...] = ()
    no_voice: str = ""
    unheard: tuple[str, ...] = ()
    roles: dict[str, str] = field(default_factory=dict)

    def usable(self) -> UnmaskDetails:
        """With shares that figures can show."""
        return replace(self, masking_map=tuple(row.usable() for row in self.masking_map if row.id))
