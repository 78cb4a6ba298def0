"""The effects that mixengine renders: its own, by kind.

`PROCESSORS` is the registry: kind → (does an effect have it, make a processor for it). A processor takes blocks one
after the other. A `Linear` one turns a block into a block, so that the effect of a sum is the sum of the effects. A
`Dynamics` one gives the gain it would apply: stems then go through the gain that the whole mix asked for, and still
add up to the mix.

Only plug-ins whose label begins with ``mixengine`` are rendered: their settings are known whole. All others are named
by `mixengine.render.unheard`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mixengine.plan import OWN_LABEL
from mixengine.session import Effect
from mixengine.tone.reaeq_filters import ReaEqFilter


class Linear(Protocol):
    """A filter."""

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """The next frames, filtered [shape=(frames, channels), float]."""
        ...


class Dynamics(Protocol):
    """A gain that follows the sound."""

    def gain(self, block: np.ndarray) -> np.ndarray:
        """The amplitude for each of the next frames [shape=(frames, 1)]."""
        ...


@dataclass(frozen=True)
class Kind:
    """A kind of effect: whether an `Effect` is one, and its processor from the effect and the sample rate."""

    fits: Callable[[Effect], bool]
    make: Callable[[Effect, int], Linear | Dynamics]
    linear: bool = True


PROCESSORS: dict[str, Kind] = {
    "equalizer": Kind(lambda effect: bool(effect.bands), lambda effect, rate: ReaEqFilter(effect.bands, rate)),
}
"""Kind → how it is rendered; others may be added with `register`."""


def register(name: str, kind: Kind) -> None:
    """Render another kind of effect, or one of the same name in another way."""
    PROCESSORS[name] = kind


def kind_of(effect: Effect) -> Kind | None:
    """How an effect is rendered, ``None`` when it is not; what is bypassed needs no rendering."""
    if not effect.label.startswith(OWN_LABEL):
        return None
    return next((kind for kind in PROCESSORS.values() if kind.fits(effect)), None)


@dataclass(frozen=True)
class Stage:
    """An effect of a chain that is rendered; `make` gives a fresh processor, one for each sum that goes through it."""

    kind: Kind
    effect: Effect
    rate: int

    def make(self) -> Linear | Dynamics:
        """A processor without a past."""
        return self.kind.make(self.effect, self.rate)


def chain(effects: Iterable[Effect], rate: int) -> list[Stage]:
    """The stages of a chain in order."""
    return [
        Stage(kind, effect, rate) for effect in effects if not effect.bypassed and (kind := kind_of(effect)) is not None
    ]
