"""Cockos's JS volume utilities: constant gains with a pan, and a gain with a ceiling. They have no latency.

``volume_pan``: the far side is turned down linearly; a pan law other than 0 dB lowers the centre, or with a law above
0 dB raises the sides. ``volume``: a gain, and everything beyond the ceiling is cut off.

References
----------
Cockos, JSFX ``utility/volume`` and ``utility/volume_pan``: their formulas.
"""

from __future__ import annotations

import numpy as np

from mixengine.mixer.effects.kind import Kind
from mixengine.model.effects import UtilitySettings
from mixengine.model.session import Effect
from mixengine.model.units import amplitude


class Gains:
    """Constant gains for left and right."""

    def __init__(self, settings: UtilitySettings) -> None:
        self._sides = sides(settings)

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """See `Linear`."""
        left, right = self._sides
        return block * left if left == right else block * np.array([left, right], dtype=block.dtype)


def sides(settings: UtilitySettings) -> tuple[float, float]:
    """Amplitudes of left and right."""
    pan, law = settings.pan, amplitude(settings.law_db)
    centre = min(law, 1.0 / law)
    level = amplitude(settings.volume_db) * max(law, 1.0) * (centre + (1.0 - centre) * (2.0 / (2.0 - abs(pan)) - 1.0))
    return level * min(1.0 - pan, 1.0), level * min(1.0 + pan, 1.0)


class Ceiling:
    """A gain that is lowered where the sound would pass the ceiling, in each channel by itself."""

    def __init__(self, settings: UtilitySettings) -> None:
        assert settings.ceiling_db is not None  # guaranteed by `Kind.fits`
        self._gain, self._ceiling = amplitude(settings.volume_db), amplitude(settings.ceiling_db)

    def gain(self, block: np.ndarray) -> np.ndarray:
        """See `Dynamics`."""
        peaks = np.abs(block.astype(np.float64)) * self._gain
        over = peaks > self._ceiling
        return self._gain * np.where(over, self._ceiling / np.where(over, peaks, 1.0), 1.0)


def _settings(effect: Effect) -> UtilitySettings:
    assert effect.utility is not None  # guaranteed by `Kind.fits`
    return effect.utility


def problem(effect: Effect) -> str:
    """A pan beyond the sides, and what its place in the chain asks for that is not modelled."""
    if not -1.0 <= _settings(effect).pan <= 1.0:
        return f"its pan of {100.0 * _settings(effect).pan:g} is beyond a side"
    return f"its {effect.notes[0]} is not modelled" if effect.notes else ""


def _has_ceiling(effect: Effect) -> bool:
    return effect.utility is not None and effect.utility.ceiling_db is not None


GAINS = Kind(
    fits=lambda effect: effect.utility is not None and not _has_ceiling(effect),
    make=lambda effect, rate: Gains(_settings(effect)),
    problem=problem,
)
CEILING = Kind(
    fits=_has_ceiling,
    make=lambda effect, rate: Ceiling(_settings(effect)),
    linear=False,
    problem=problem,
)
