"""mixengine's own ReaLimits, played by mixengine's own limiter.

What ReaLimit does is known from projects that use it only: what passes the threshold is limited, and all is raised by
ceiling less threshold (`mixengine.hosts.rpp.realimit`). The levels that mixengine sets it for come out so; its time
constants are others. A ReaLimit of the user's is not played: how it sounds is more than a level.
"""

from __future__ import annotations

import numpy as np

from mixengine.mixer.effects.kind import Kind
from mixengine.mixer.limiter import MARGIN_DB, Stream
from mixengine.model.labels import OWN_LABEL
from mixengine.model.session import Effect, LimiterSettings
from mixengine.model.units import amplitude

PLAYED = "played by mixengine's own limiter, REAPER's may differ"


class Limiter:
    """The gain of a limiter, and of the rise behind it."""

    def __init__(self, settings: LimiterSettings, rate: int) -> None:
        self._gain = Stream(rate, settings.threshold_db - MARGIN_DB)
        self._rise = amplitude(settings.ceiling_db - settings.threshold_db)

    def gain(self, block: np.ndarray) -> np.ndarray:
        """See `Dynamics`."""
        return (self._rise * self._gain(block))[:, None]


def _settings(effect: Effect) -> LimiterSettings:
    assert effect.limiter is not None  # guaranteed by `Kind.fits`
    return effect.limiter


KIND = Kind(
    fits=lambda effect: effect.limiter is not None and effect.label.startswith(OWN_LABEL),
    make=lambda effect, rate: Limiter(_settings(effect), rate),
    linear=False,
    problem=lambda effect: f"its {effect.notes[0]} is not modelled" if effect.notes else "",
    lookahead=lambda _, rate: Stream.latency(rate),
    differs=lambda _: [PLAYED],
)
