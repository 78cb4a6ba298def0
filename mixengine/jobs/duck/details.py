"""What a duck measured."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from mixengine.jobs.envelopes.drawn import DrawnEnvelope
from mixengine.model.details import Details


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of ducked background at one depth. Loudness is over the speech inside it; ``background_lufs`` before
    the duck; ``met`` tells whether short-term speech loudness reaches the target all along.
    """

    start_s: float = 0.0
    end_s: float = 0.0
    depth_db: float = 0.0
    speech_lufs: float = -math.inf
    background_lufs: float = -math.inf
    met: bool = True
    background: str = ""
    least_lu: float | None = None


@dataclass(frozen=True, slots=True)
class LevelMove:
    """A track of the bed, and how far its fader moves."""

    track: str = ""
    move_db: float = 0.0


@dataclass(frozen=True, slots=True)
class DuckDetails(Details):
    """What a duck measured.

    Attributes
    ----------
    speech, music, ambience : tuple of str
        Names of the tracks of each kind.
    detector : str
    target_lu : dict of str to float
        Kind of background → how far speech shall stand above it.
    activity : tuple of (float, float)
        When somebody speaks, in seconds.
    regions : tuple of Region
    envelopes : tuple of DrawnEnvelope
    levels : tuple of LevelMove
        Faders of the bed that move.
    roles : dict of str to str
        Track id → role.
    """

    speech: tuple[str, ...] = ()
    music: tuple[str, ...] = ()
    ambience: tuple[str, ...] = ()
    detector: str = ""
    target_lu: dict[str, float] = field(default_factory=dict)
    activity: tuple[tuple[float, float], ...] = ()
    regions: tuple[Region, ...] = ()
    envelopes: tuple[DrawnEnvelope, ...] = ()
    levels: tuple[LevelMove, ...] = ()
    roles: dict[str, str] = field(default_factory=dict)

    def usable(self) -> DuckDetails:
        """Without passages and targets that are not finite."""
        spans = (span for span in self.activity if all(map(math.isfinite, span)) and 0.0 < span[1] >= span[0])
        return replace(
            self,
            activity=tuple((max(start_s, 0.0), end_s) for start_s, end_s in spans),
            regions=tuple(r for r in self.regions if all(map(math.isfinite, (r.start_s, r.end_s, r.depth_db)))),
            target_lu={name: value for name, value in self.target_lu.items() if math.isfinite(value)},
        )
