"""ReaEQ: bands as biquads, see `mixengine.audio.reaeq` for their law. It has no latency."""

from __future__ import annotations

import numpy as np

from mixengine.audio.reaeq import UNSEEN_KINDS, ReaEqFilter, sos
from mixengine.mixer.effects.kind import Kind
from mixengine.model.session import Effect
from mixengine.model.units import amplitude

_ANY_RATE = 48000


class Equalizer:
    """Audio through a ReaEQ and its output gain."""

    def __init__(self, effect: Effect, rate: int) -> None:
        self._filter, self._gain = ReaEqFilter(effect.bands, rate), amplitude(effect.gain_db)

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """See `Linear`."""
        out = self._filter(block)
        return out if self._gain == 1.0 else out * self._gain


def problem(effect: Effect) -> str:
    """Bands of a kind that is not modelled, and frequencies and widths that are not above zero."""
    try:
        sos(effect.bands, _ANY_RATE)
    except ValueError as error:
        return str(error)
    return ""


def differs(effect: Effect) -> list[str]:
    """What its place in the chain asks for and is not played, and what is played without knowing how REAPER does."""
    kinds = dict.fromkeys(band.kind for band in effect.bands if band.enabled and band.kind in UNSEEN_KINDS)
    unsure = [f"its {kind.replace('_', ' ')} band" for kind in kinds]
    if effect.gain_db:
        unsure.append(f"its output gain of {effect.gain_db:.1f} dB")
    lines = [f"its {what} is not heard" for what in effect.notes]
    return lines + [f"{what}: played, but not compared with REAPER" for what in unsure]


KIND = Kind(
    fits=lambda effect: bool(effect.bands),
    make=Equalizer,
    problem=problem,
    differs=differs,
)
