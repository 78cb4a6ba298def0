"""What an automix measured."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from mixengine.jobs.envelopes.drawn import DrawnEnvelope
from mixengine.model.details import Details


@dataclass(frozen=True, slots=True)
class Mic:
    """One microphone.

    Attributes
    ----------
    id, track : str
        Its track, and the name of that.
    room : int
        Microphones with one number hear each other; 0: it hears nobody and is left alone.
    speaks_s : float
        How long its speaker speaks.
    open_share : float
        Share of the time in which it is open, 0 … 1; 1 where it is left alone.
    hears : dict of str to float
        Name of another speaker → how far below that one's own microphone it is here, in dB (≤ 0).
    why : str
        Why it is left alone; empty otherwise.
    """

    id: str = ""
    track: str = ""
    room: int = 0
    speaks_s: float = 0.0
    open_share: float = 1.0
    hears: dict[str, float] | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class AutomixDetails(Details):
    """What an automix measured.

    Attributes
    ----------
    mics : tuple of Mic
    turns : dict of str to tuple
        Track id → when its speaker speaks, as (start, end) in seconds.
    envelopes : tuple of DrawnEnvelope
    bleed_before_db, bleed_after_db : float, optional
        Power of all speakers in the microphones of others relative to that in their own, over all rooms; ``None``
        without bleed.
    floor_db : float
        Level of those who wait, with the strength in it.
    roles : dict of str to str
        Track id → role.
    """

    mics: tuple[Mic, ...] = ()
    turns: dict[str, tuple[Any, ...]] | None = None
    envelopes: tuple[DrawnEnvelope, ...] = ()
    bleed_before_db: float | None = None
    bleed_after_db: float | None = None
    floor_db: float = 0.0
    roles: dict[str, str] | None = None

    def chosen_roles(self) -> dict[str, str]:
        """Track id → role, as the user chose it."""
        return dict(self.roles or {})

    def usable(self) -> AutomixDetails:
        """Without turns that are not finite."""
        turns = {
            key: tuple(span for span in spans if len(span) == 2 and all(map(math.isfinite, span)))
            for key, spans in (self.turns or {}).items()
        }
        return replace(self, turns=turns)
