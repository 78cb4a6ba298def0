"""What a return plays, against what is sent into it: a part in step with it, and a part that is not.

A reverb or an echo is out of step with the sound that caused it, so that its power adds up with that of the sound; the
output of a compressor or an equaliser is in step, so that amplitudes do. By least squares over K-weighted samples:
what comes out is g · what goes in + a rest that has nothing in common with it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from mixengine.audio.k_weighting import k_weighting
from mixengine.audio.loudness import to_lufs
from mixengine.model.units import decibels


@dataclass(frozen=True, slots=True)
class Split:
    """The result.

    Attributes
    ----------
    in_step : float
        Amplitude of what goes in, in what comes out; below 0 with its polarity inverted.
    diffuse : float ≥ 0
        RMS of the rest relative to that of what goes in.
    quietest_lufs : float
        The softer of what goes in and what comes out, without a gate.
    """

    in_step: float
    diffuse: float
    quietest_lufs: float

    @property
    def gain_db(self) -> float:
        """How loud what comes out is against what goes in."""
        return decibels(math.hypot(self.in_step, self.diffuse))

    @property
    def share_in_step(self) -> float:
        """Share of the power that comes out, 0 … 1."""
        power = self.in_step**2 + self.diffuse**2
        return self.in_step**2 / power if power else 0.0


def split(before: Iterable[np.ndarray], after: Iterable[np.ndarray], rate: int) -> Split:
    """Compare two streams of blocks [shape=(frames, 2)] that begin at the same time; the longer one's end is left."""
    from scipy import signal

    sections = k_weighting(rate)
    states = [np.zeros((len(sections), 2, 2)) for _ in range(2)]
    power_in = power_out = common = 0.0
    frames = 0
    for block_in, block_out in _together(before, after):
        weighted_in, states[0] = signal.sosfilt(sections, block_in, axis=0, zi=states[0])
        weighted_out, states[1] = signal.sosfilt(sections, block_out, axis=0, zi=states[1])
        power_in += float(np.square(weighted_in).sum())
        power_out += float(np.square(weighted_out).sum())
        common += float((weighted_in * weighted_out).sum())
        frames += len(block_in)
    if not power_in or not power_out:
        return Split(0.0, 0.0, -math.inf)
    in_step = common / power_in
    diffuse = math.sqrt(max(power_out / power_in - in_step**2, 0.0))
    return Split(in_step, diffuse, float(to_lufs(min(power_in, power_out) / frames)))


def _together(first: Iterable[np.ndarray], second: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Blocks of both that cover the same frames."""
    streams = iter(first), iter(second)
    waiting = [np.zeros((0, 2)), np.zeros((0, 2))]
    while True:
        for place, stream in enumerate(streams):
            if not len(waiting[place]):
                block = next(stream, None)
                if block is None:
                    return
                waiting[place] = np.asarray(block, dtype=float)
        count = min(map(len, waiting))
        if count:
            yield waiting[0][:count], waiting[1][:count]
        waiting = [block[count:] for block in waiting]
