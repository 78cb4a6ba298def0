"""Rules of balance: what a track's sound says about its level, and how sure that is. TOML files in ``presets/balance``.

Standard library only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from mixengine.system.errors import UserError, nearest

SONGS, LEVELS = "songs", "levels"
_MAX_VALUE = 40.0


@dataclass(frozen=True, slots=True)
class BalanceRule:
    """What is wanted of a track for its sound, relative to a common level.

    Attributes
    ----------
    name, title : str
    crest_lu_per_db, crest_pivot_db : float
        LU for each dB of crest factor above the pivot.
    centroid_lu_per_octave, centroid_pivot_hz : float
        LU for each octave that the energy lies above the pivot.
    share_lu_per_decade : float
        LU for a tenfold number of tracks of one section that sound at the same time.
    people_db, people_microphones_db : float ≥ 0
        How far two people's levels of one track lie apart (mean difference), as ``taste_db`` for two kinds of material.
    taste_db, taste_microphones_db : float ≥ 0
        Standard deviation of one person's level around the rule, on finished stems and on raw recordings with several
        microphones on an instrument. 0: the rule is meant as it stands, and present levels say nothing.
    covered_share, covered_share_kept : float, 0 … 1
        Part of the audibility that an instrument has among equally loud ones that the others must leave it: where
        levels come from the rule, and where present levels are kept (what they hide may be meant). With the first at 0
        who is covered stays so, whatever the second is; with the second at 0 where present levels are kept as they are.
    covered_max_db : float ≥ 0
        How far an instrument is raised for that at most, or one lowered that covers most others.
    """

    name: str = LEVELS
    title: str = ""
    crest_lu_per_db: float = 0.0
    crest_pivot_db: float = 15.0
    centroid_lu_per_octave: float = 0.0
    centroid_pivot_hz: float = 500.0
    share_lu_per_decade: float = -10.0
    people_db: float = 0.0
    people_microphones_db: float = 0.0
    taste_db: float = 0.0
    taste_microphones_db: float = 0.0
    covered_share: float = 0.0
    covered_share_kept: float = 0.0
    covered_max_db: float = 0.0

    def crest_lu(self, crest_db: float) -> float:
        """What the crest factor asks for."""
        return self.crest_lu_per_db * (crest_db - self.crest_pivot_db)

    def centroid_lu(self, centroid_hz: float) -> float:
        """What the pitch range asks for; 0 for silence."""
        return self.centroid_lu_per_octave * math.log2(centroid_hz / self.centroid_pivot_hz) if centroid_hz > 0 else 0.0

    def share_lu(self, sounding_together: float) -> float:
        """What a section asks of each of its tracks, of which so many sound at the same time (1 or more)."""
        return self.share_lu_per_decade * math.log10(max(sounding_together, 1.0))


def parse(path: Path, data: dict[str, Any]) -> BalanceRule:
    """A rule from the table of a TOML file.

    Raises
    ------
    UserError
        A key is unknown or a value is no number in range.
    """
    known = [field.name for field in fields(BalanceRule) if field.name != "name"]
    if stray := sorted(set(data) - set(known)):
        raise UserError(f"{path}: unknown key '{stray[0]}'{nearest(stray[0], known)}")
    values: dict[str, Any] = {"title": str(data.get("title", ""))}
    for key in set(known) & set(data) - {"title"}:
        value = data[key]
        low, high = {"centroid_pivot_hz": (20.0, 20000.0)}.get(key, (-_MAX_VALUE, _MAX_VALUE))
        if key.startswith(("people", "taste", "covered")):
            low = 0.0
        if key.startswith("covered_share"):
            high = 1.0
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise UserError(f"{path}: {key} = {value!r} is not a number in [{low:g}, {high:g}]")
        values[key] = float(value)
    return BalanceRule(path.stem, **values)
