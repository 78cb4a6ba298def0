"""What a level measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mixengine.jobs.envelopes.drawn import DrawnEnvelope
from mixengine.model.details import Details


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice.

    Attributes
    ----------
    id, track : str
        Its track, and the name of that.
    speaks_s : float
        How long it sounds.
    loudness_lufs, after_lufs : float, optional
        Of the voice while it sounds, at the master, before and after; ``None`` where it never does.
    spread_before_lu, spread_after_lu : float, optional
        From the 10th to the 90th percentile of its loudness over 3 s while it sounds.
    lowest_db, highest_db : float
        Of the gain.
    breaths, doubtful_breaths : int
        How many breaths are lowered, and how many are left because they may be something else.
    why : str
        Why it is left alone; empty otherwise.
    loudness, gain : tuple of float
        Loudness around each second (LUFS; ``None`` in pauses) and gain (dB), for the page.
    """

    id: str = ""
    track: str = ""
    speaks_s: float = 0.0
    loudness_lufs: float | None = None
    after_lufs: float | None = None
    spread_before_lu: float | None = None
    spread_after_lu: float | None = None
    lowest_db: float = 0.0
    highest_db: float = 0.0
    breaths: int = 0
    doubtful_breaths: int = 0
    why: str = ""
    loudness: tuple[Any, ...] = ()
    gain: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class LevelDetails(Details):
    """What a level measured.

    Attributes
    ----------
    voices : tuple of Voice
    envelopes : tuple of DrawnEnvelope
    roles : dict of str to str
        Track id → role.
    """

    voices: tuple[Voice, ...] = ()
    envelopes: tuple[DrawnEnvelope, ...] = ()
    roles: dict[str, str] | None = None

    def chosen_roles(self) -> dict[str, str]:
        """Track id → role, as the user chose it."""
        return dict(self.roles or {})
