"""What is wanted of a track, relative to the common level, and the reasons in words."""

from __future__ import annotations

from dataclasses import dataclass

from mixengine.jobs.balance.measure import Reading
from mixengine.jobs.balance.methods import Method
from mixengine.model.presets import Preset
from mixengine.model.units import plain_db

_MIN_SAID_LU = 0.75
"""Smaller terms are applied and not mentioned."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Terms of a track's offset, in LU, and who shares with it."""

    role: str
    role_lu: float = 0.0
    crest_lu: float = 0.0
    centroid_lu: float = 0.0
    share_lu: float = 0.0
    together: float = 1.0

    @property
    def offset_lu(self) -> float:
        """How much louder than the common level the track should be."""
        return self.role_lu + self.crest_lu + self.centroid_lu + self.share_lu

    @property
    def why(self) -> str:
        """``peaky: 4.2 dB lower, lead vocal: 2.5 dB higher``; empty when nothing is asked for."""
        terms = (
            (self.crest_lu, "peaky" if self.crest_lu < 0 else "steady"),
            (self.centroid_lu, "high" if self.centroid_lu < 0 else "low"),
            (self.role_lu, self.role.replace("_", " ")),
            (self.share_lu, f"one of {self.together:.1f} alike at a time"),
        )
        return ", ".join(
            f"{words}: {plain_db(abs(level))} dB {'lower' if level < 0 else 'higher'}"
            for level, words in terms
            if abs(level) >= _MIN_SAID_LU
        )


def wanted(reading: Reading, role: str, method: Method, preset: Preset, together: float) -> Wanted:
    """What a rule and a preset want of a track.

    Parameters
    ----------
    role : str
        ``unknown`` for none.
    together : float ≥ 1
        How many tracks of its section sound while it does.
    """
    rule = preset.rule
    return Wanted(
        role=role,
        role_lu=preset.offset_lu(role),
        crest_lu=rule.crest_lu(reading.crest_db) if method.by_sound else 0.0,
        centroid_lu=rule.centroid_lu(reading.energy_centroid_hz) if method.by_sound else 0.0,
        share_lu=rule.share_lu(together),
        together=together,
    )
