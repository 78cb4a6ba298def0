"""How far to go from the levels that are there to the levels that are wanted.

Levels that somebody has set, or that stand as they were recorded, say something about what is wanted; levels that were
normalised or moved at random say nothing. How much they say is seen from how far they lie from the rule
(`mixengine.jobs.balance.off`): a finished mix, which lies about a person's taste from the rule, stays nearly as it is;
one fader that is far off goes nearly all the way, and takes no other along.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mixengine.jobs.balance import off, solve
from mixengine.jobs.balance.solve import FaderEquation
from mixengine.model.balance_rule import BalanceRule

AUTO, PRESENT, SCRATCH = "auto", "present", "scratch"
PRESENT_WAY = 0.4
"""Of the way to the rule when the user asks to start from the present levels."""

_ALIKE_SHARE = 0.8
_ALIKE_LU = 0.75
_ALIKE_PEAK_DB = 0.3
_MIN_ALIKE = 4


@dataclass(frozen=True, slots=True)
class Start:
    """What of the present levels is kept.

    Attributes
    ----------
    way : float
        Share of the way from the present level to the wanted one, 0 … 1; the mean where tracks differ.
    why : str
        In words.
    people_db : float
        How far two people's levels of one track lie apart in such a session; 0 where the rule does not say.
    ways : mapping of str to float
        Track id → its own share of the way, where tracks differ.
    """

    way: float = 1.0
    why: str = ""
    people_db: float = 0.0
    ways: Mapping[str, float] = field(default_factory=dict)

    def way_of(self, track: str) -> float:
        """Share of the way that a track goes."""
        return self.ways.get(track, self.way)


def judge(
    equations: list[FaderEquation],
    peaks_db: Mapping[str, float],
    rule: BalanceRule,
    start_from: str,
    microphones: bool,
    instruments: Iterable[tuple[str, ...]] = (),
) -> Start:
    """Decide how much of the present levels of a session is kept.

    Parameters
    ----------
    equations : list of FaderEquation
        With the offsets that the rule wants.
    peaks_db : mapping of str to float
        Track id → sample peak behind the fader, in dBFS.
    start_from : str
        `AUTO`, `PRESENT` or `SCRATCH`, as the user says.
    microphones : bool
        Several microphones stand on one instrument: raw recordings, about whose levels people differ more.
    instruments : iterable of tuple of str
        Ids of tracks that are microphones of one instrument, and count as one.
    """
    taste_db = rule.taste_microphones_db if microphones else rule.taste_db
    people_db = rule.people_microphones_db if microphones else rule.people_db
    if start_from == SCRATCH:
        return Start(1.0, "from scratch, as asked", people_db)
    if start_from == PRESENT:
        return Start(PRESENT_WAY, "from the present levels, as asked", people_db)
    if taste_db <= 0.0:
        return Start(1.0, "the preset states levels", people_db)
    if normalised := _normalised(equations, peaks_db):
        return Start(1.0, normalised, people_db)
    level_lufs = solve.common_level_lufs(equations, from_present=True)
    distances_db = np.array([level_lufs + equation.offset_lu - equation.present_lufs for equation in equations])
    weights = dict.fromkeys((equation.track for equation in equations), 1.0)
    for tracks in instruments:
        weights |= dict.fromkeys(tracks, 1.0 / len(tracks))
    shares = off.ways(distances_db, taste_db, np.array([weights[equation.track] for equation in equations]))
    ways = {
        equation.track: float(share) for equation, share in zip(equations, shares, strict=True) if not equation.locked
    }
    count = sum(share >= 0.5 for share in ways.values())
    many = "none is" if not count else "one is" if count == 1 else f"{count} are"
    recorded = "raw recordings" if microphones else "such tracks"
    why = (
        f"the present levels vary by ±{float(np.sqrt(np.mean(np.square(distances_db)))):.1f} dB around the rule; "
        f"±{taste_db:g} dB passes for taste on {recorded}, and of {len(ways)} tracks {many} probably off"
    )
    return Start(statistics.fmean(ways.values()), why, people_db, ways)


def _normalised(equations: Sequence[FaderEquation], peaks_db: Mapping[str, float]) -> str:
    """Words for levels that were made equal by a machine, empty for others."""
    if _alike([equation.present_lufs for equation in equations], _ALIKE_LU):
        return "all tracks are equally loud: their levels say nothing"
    if _alike([peaks_db[equation.track] for equation in equations], _ALIKE_PEAK_DB):
        return "all tracks peak at the same level: their levels say nothing"
    return ""


def _alike(values: Sequence[float], tolerance: float) -> bool:
    if len(values) < _MIN_ALIKE:
        return False
    middle = statistics.median(values)
    return sum(abs(value - middle) <= tolerance for value in values) >= _ALIKE_SHARE * len(values)
