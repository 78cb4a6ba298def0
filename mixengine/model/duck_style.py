"""How to duck: what a preset holds under ``[duck]``. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from mixengine.model.settings import check, setting


@dataclass(frozen=True, slots=True)
class DuckStyle:
    """How to duck.

    Attributes
    ----------
    target_lu, ambience_lu : float
        How far speech is to be above music (and above other speech, where tracks have priority) and above ambience.
    max_duck_db : float
        Largest gain reduction for any target.
    attack_s, hold_s, release_s : float
        Length of the fade before the speech, time after it before the way up, length of that.
    lookahead_s : float
        How long before the first word the fade down is finished.
    bed : str
        How music is levelled to the speech first, see `mixengine.jobs.duck.bed.BEDS`.
    """

    target_lu: float = setting(10.0, help="LU of speech above music.", unit="LU", min=-20.0, max=60.0)
    ambience_lu: float = setting(15.0, help="LU of speech above ambience.", unit="LU", min=-20.0, max=60.0)
    max_duck_db: float = setting(
        18.0,
        help="Deepest duck for a target.",
        unit="dB",
        min=0.0,
        max=60.0,
        old_names=("limit_db",),
        old_options=("--limit-db",),
    )
    attack_s: float = setting(
        0.4,
        help="Seconds of the way down.",
        unit="seconds",
        min=0.01,
        max=10.0,
        old_names=("fade_down_s",),
        old_options=("--fade-down",),
    )
    hold_s: float = setting(
        0.4, help="Seconds between the last word and the way up.", unit="seconds", min=0.0, max=10.0
    )
    release_s: float = setting(
        1.2,
        help="Seconds of the way up.",
        unit="seconds",
        min=0.01,
        max=30.0,
        old_names=("fade_up_s",),
        old_options=("--fade-up",),
    )
    lookahead_s: float = setting(
        0.15,
        help="Seconds before the first word to be down.",
        unit="seconds",
        min=0.0,
        max=5.0,
        old_names=("look_ahead_s",),
        old_options=("--look-ahead",),
    )
    bed: str = setting("loudness", help="Level music first by this.", choices=("loudness", "rms", "keep"))

    def __post_init__(self) -> None:
        check(self)
