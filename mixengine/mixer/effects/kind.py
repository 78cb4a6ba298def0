"""Kinds of effects: how they are recognised, checked and rendered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mixengine.model.session import Effect


class Linear(Protocol):
    """A filter: the effect of a sum is the sum of the effects."""

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """The next frames, filtered [shape=(frames, channels), float]."""
        ...


class Timed(Protocol):
    """A filter whose settings follow the session's time."""

    def __call__(self, block: np.ndarray, frame: int) -> np.ndarray:
        """The next frames, which begin at session frame ``frame``, filtered [shape=(frames, channels), float]."""
        ...


class Dynamics(Protocol):
    """A signal-dependent gain."""

    def gain(self, block: np.ndarray) -> np.ndarray:
        """The amplitude for each of the next frames [shape=(frames, 1 or channels)], or for those a look-ahead before
        them.
        """
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
        Whether that is `Linear` or `Timed`, else `Dynamics`.
    timed : bool
        Whether it is `Timed`.
    problem : callable
        Why an effect of this kind cannot be rendered (a setting out of range), in words; empty when it can.
    problem_at : callable
        The same, of an effect at a sample rate.
    lookahead : callable
        Look-ahead, and so latency, in frames, from the effect and the sample rate. Of all but a `Dynamics` the
        processor itself is late by it.
    differs : callable
        Settings of an effect that are rendered differently from the original, in words.
    hold : callable
        What a chain holds while it is used, from the effect and the sample rate.
    """

    fits: Callable[[Effect], bool]
    make: Callable[[Effect, int], Linear | Timed | Dynamics]
    linear: bool = True
    timed: bool = False
    problem: Callable[[Effect], str] = lambda effect: ""
    problem_at: Callable[[Effect, int], str] = lambda effect, rate: ""
    lookahead: Callable[[Effect, int], int] = lambda effect, rate: 0
    differs: Callable[[Effect], list[str]] = lambda effect: []
    hold: Callable[[Effect, int], object] = lambda effect, rate: None
