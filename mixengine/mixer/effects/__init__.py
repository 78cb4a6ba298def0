"""The effects that mixengine renders: its own, one kind in each file.

A processor takes blocks one after the other. A `Linear` one turns a block into a block. A `Dynamics` one gives the gain
it would apply: stems then go through the gain that the whole mix asked for, and still add up to the mix. Its gain may
know what comes next: the sound it is applied to is later by the kind's look-ahead.

Only plug-ins whose label begins with ``mixengine`` are rendered: their settings are known whole. All others are named
by `mixengine.mixer.unsupported`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mixengine.mixer.effects import comp, eq
from mixengine.mixer.effects.kind import Dynamics, Kind, Linear
from mixengine.model.plan import OWN_LABEL
from mixengine.model.session import Effect

__all__ = ["PROCESSORS", "Dynamics", "Kind", "Linear", "Stage", "chain", "kind_of"]

PROCESSORS: dict[str, Kind] = {"equalizer": eq.KIND, "compressor": comp.KIND}
"""The registry: name of a kind → how it is rendered."""


def kind_of(effect: Effect) -> Kind | None:
    """The kind of one of our effects, ``None`` for all others; what is bypassed needs no rendering."""
    if not effect.label.startswith(OWN_LABEL):
        return None
    return next((kind for kind in PROCESSORS.values() if kind.fits(effect)), None)


@dataclass(frozen=True)
class Stage:
    """An effect of a chain that is rendered; `make` gives a fresh processor, one for each sum that goes through it."""

    kind: Kind
    effect: Effect
    rate: int

    @property
    def lookahead(self) -> int:
        """Frames by which the processor knows the sound before it plays."""
        return self.kind.lookahead(self.effect, self.rate)

    def make(self) -> Linear | Dynamics:
        """A processor without a past."""
        return self.kind.make(self.effect, self.rate)


def chain(effects: Iterable[Effect], rate: int) -> list[Stage]:
    """The stages of a chain in order."""
    return [
        Stage(kind, effect, rate)
        for effect in effects
        if not effect.bypassed and (kind := kind_of(effect)) is not None and not kind.problem(effect)
    ]
