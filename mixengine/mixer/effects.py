"""The effects that mixengine renders: its own, by kind.

`PROCESSORS` is the registry: kind → (does an effect have it, make a processor for it). A processor takes blocks one
after the other. A `Linear` one turns a block into a block, so that the effect of a sum is the sum of the effects. A
`Dynamics` one gives the gain it would apply: stems then go through the gain that the whole mix asked for, and still
add up to the mix. Its gain may know what comes next: the sound it is applied to is later by the kind's look-ahead.

Only plug-ins whose label begins with ``mixengine`` are rendered: their settings are known whole. All others are named
by `mixengine.mixer.unsupported`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mixengine.audio.compressor import GainComputer, lookahead_frames, values
from mixengine.audio.reaeq import ReaEqFilter
from mixengine.model.plan import OWN_LABEL
from mixengine.model.session import CompressorSettings, Effect


class Linear(Protocol):
    """A filter."""

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """The next frames, filtered [shape=(frames, channels), float]."""
        ...


class Dynamics(Protocol):
    """A gain that follows the sound."""

    def gain(self, block: np.ndarray) -> np.ndarray:
        """The amplitude for each of the next frames [shape=(frames, 1)], or for those a look-ahead before them."""
        ...


@dataclass(frozen=True)
class Kind:
    """A kind of effect.

    Attributes
    ----------
    fits : callable
        Whether an `Effect` is one.
    make : callable
        Its processor from the effect and the sample rate.
    linear : bool
        Whether that is `Linear`, else `Dynamics`.
    lookahead : callable
        Frames by which a `Dynamics` knows the sound before it plays, from the effect and the sample rate.
    differs : callable
        Settings of an effect that are rendered in another way, in words.
    """

    fits: Callable[[Effect], bool]
    make: Callable[[Effect, int], Linear | Dynamics]
    linear: bool = True
    lookahead: Callable[[Effect, int], int] = lambda effect, rate: 0
    differs: Callable[[Effect], list[str]] = lambda effect: []


class Compressor:
    """The gain of our ReaComp: the style console's compressor with the mean of both channels as its side chain."""

    def __init__(self, settings: CompressorSettings, rate: int) -> None:
        self._gain = GainComputer(values(settings), rate, side_chain="mean")

    def gain(self, block: np.ndarray) -> np.ndarray:
        """See `Dynamics`."""
        return self._gain(block.T.astype(np.float64))[:, None]


def _settings(effect: Effect) -> CompressorSettings:
    assert effect.compressor is not None  # only what fits comes here
    return effect.compressor


def _compressor_differs(effect: Effect) -> list[str]:
    settings, found = _settings(effect), []
    if not math.isclose(settings.release_ms, settings.attack_ms, rel_tol=1e-4):  # a state keeps six digits
        found.append(f"its release of {settings.release_ms:g} ms (rendered with its attack, {settings.attack_ms:g} ms)")
    if settings.rms_ms > 0.0:
        found.append(f"its RMS size of {settings.rms_ms:g} ms (rendered with 0, on peaks)")
    return found


PROCESSORS: dict[str, Kind] = {
    "equalizer": Kind(lambda effect: bool(effect.bands), lambda effect, rate: ReaEqFilter(effect.bands, rate)),
    "compressor": Kind(
        lambda effect: effect.compressor is not None,
        lambda effect, rate: Compressor(_settings(effect), rate),
        linear=False,
        lookahead=lambda effect, rate: lookahead_frames(_settings(effect), rate),
        differs=_compressor_differs,
    ),
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
        Stage(kind, effect, rate) for effect in effects if not effect.bypassed and (kind := kind_of(effect)) is not None
    ]
