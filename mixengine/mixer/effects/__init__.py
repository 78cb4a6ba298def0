"""The effects that mixengine renders, its own and the user's: one kind in each file.

A processor takes blocks one after the other. A `Linear` one returns the filtered block, and so does a `Timed` one,
which is told where in the session the block begins. A `Dynamics` one returns the gain it would apply: stems are
multiplied by the gain computed for the whole mix, and so still add up to the mix. With look-ahead, that gain is applied
to audio delayed by the look-ahead time.

Plug-ins of the user's are played by processes of their own, where the session holds their states.
All other plug-ins are reported by `mixengine.mixer.unsupported`, and so are settings of these that are not heard.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mixengine.mixer.effects import comp, eq, hosted, js_filter, limit, moving_eq, utility
from mixengine.mixer.effects.kind import Dynamics, Kind, Linear, Timed
from mixengine.model.session import Effect, Track

__all__ = [
    "PROCESSORS",
    "Dynamics",
    "Kind",
    "Linear",
    "Stage",
    "Timed",
    "chain",
    "heard_kind",
    "kind_of",
    "plays_notes",
]

PROCESSORS: dict[str, Kind] = {
    "moving_equalizer": moving_eq.KIND,
    "equalizer": eq.KIND,
    "compressor": comp.KIND,
    "limiter": limit.KIND,
    "volume_and_pan": utility.GAINS,
    "volume_with_ceiling": utility.CEILING,
    "js_filter": js_filter.KIND,
    "hosted_effect": hosted.EFFECT,
    "hosted_instrument": hosted.INSTRUMENT,
}
"""The registry: name of a kind → how it is rendered; the first that fits is taken."""


def kind_of(effect: Effect) -> Kind | None:
    """The kind of an effect that is rendered, ``None`` for all others."""
    return next((kind for kind in PROCESSORS.values() if kind.fits(effect)), None)


def heard_kind(effect: Effect, rate: int) -> Kind | None:
    """The kind of an effect that is heard, ``None`` for what is bypassed or cannot be rendered."""
    kind = None if effect.bypassed else kind_of(effect)
    return None if kind is None or kind.problem(effect) or kind.problem_at(effect, rate) else kind


def plays_notes(track: Track) -> bool:
    """Whether an instrument of a track is played."""
    active = [effect for effect in track.effects if track.effects_on and not effect.bypassed]
    return any(kind_of(effect) is hosted.INSTRUMENT and not hosted.problem(effect) for effect in active)


@dataclass(frozen=True)
class Stage:
    """An effect of a chain that is rendered; `make` returns a new processor, one for each pass. ``held`` is what the
    processors of all passes share.
    """

    kind: Kind
    effect: Effect
    rate: int
    held: object = None

    @property
    def lookahead(self) -> int:
        """Look-ahead in frames."""
        return self.kind.lookahead(self.effect, self.rate)

    def make(self) -> Linear | Timed | Dynamics:
        """A processor in its initial state."""
        return self.kind.make(self.effect, self.rate)


def chain(effects: Iterable[Effect], rate: int) -> list[Stage]:
    """The stages of a chain in order."""
    kinds = [(effect, heard_kind(effect, rate)) for effect in effects]
    return [Stage(kind, effect, rate, kind.hold(effect, rate)) for effect, kind in kinds if kind is not None]
