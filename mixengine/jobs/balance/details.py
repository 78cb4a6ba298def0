"""What a balance measured."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from mixengine.jobs.balance.measure import Reading
from mixengine.model.details import Details


@dataclass(frozen=True, slots=True)
class Row:
    """What the table, the report and ``--json`` say about one track. Levels are as heard through the fader before.

    ``wanted_lufs`` is where the rule wants it, ``target_lufs`` how far of the way to that it is set, with more that
    keeps the track ``covered_by`` (a name) from covering it; its fader shows ``raised_db`` of that
    (below 0: it is set lower, because it would cover most of the others).
    """

    id: str = ""
    name: str = ""
    file: str | None = None
    group: str | None = None
    role: str = ""
    active_share: float | None = None
    measured_lufs: float | None = None
    true_peak_dbtp: float | None = None
    f0_hz: float | None = None
    centroid_hz: float | None = None
    wanted_lufs: float | None = None
    target_lufs: float | None = None
    raised_db: float = 0.0
    covered_by: str | None = None
    gain_db: float = 0.0
    fader_before_db: float = 0.0
    fader_after_db: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StartDetails:
    """How much of the present levels was kept.

    Attributes
    ----------
    start_from : str
        As the user asked.
    way_percent : float
        Of the way from the present levels to the wanted ones, 0 … 100; the mean over tracks.
    by_track : bool
        Tracks differ in it; each row's reason says its own.
    why : str
    people_db : float
        How far two people's levels of one track lie apart in such a session (mean difference); 0: not known.
    """

    start_from: str = "scratch"
    way_percent: float = 100.0
    by_track: bool = False
    why: str = ""
    people_db: float = 0.0


@dataclass(frozen=True, slots=True)
class BalanceDetails(Details):
    """What a balance measured.

    Attributes
    ----------
    method, preset : str
    tracks : tuple of Row
        One per track.
    headroom_db : float
        How far the true peak of the sum stays below full scale.
    start : StartDetails
    roles : dict of str to str
        Track id → role.
    readings : dict of str to Reading
        Everything measured, by track id.
    """

    method: str = "–"
    preset: str = "–"
    tracks: tuple[Row, ...] = ()
    headroom_db: float = math.inf
    start: StartDetails = field(default_factory=StartDetails)
    roles: dict[str, str] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)
