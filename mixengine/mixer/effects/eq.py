"""ReaEQ: bands as biquads, see `mixengine.audio.reaeq` for what of that is certain. It has no latency.

What differs from the original: nothing that is known for peak bands; how steep ReaEQ makes a shelf is not modelled.
"""

from __future__ import annotations

from mixengine.audio.reaeq import ReaEqFilter, sos
from mixengine.mixer.effects.kind import Kind
from mixengine.model.session import Effect

_ANY_RATE = 48000


def problem(effect: Effect) -> str:
    """Bands of a kind that is not modelled, and frequencies and widths that are not above zero."""
    try:
        sos(effect.bands, _ANY_RATE)
    except ValueError as error:
        return str(error)
    return ""


KIND = Kind(
    fits=lambda effect: bool(effect.bands),
    make=lambda effect, rate: ReaEqFilter(effect.bands, rate),
    problem=problem,
)
