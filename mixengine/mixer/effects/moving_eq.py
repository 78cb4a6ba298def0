"""ReaEQ whose bands move: their gains follow the points of parameter envelopes.

The biquads are those of `mixengine.audio.reaeq`, computed anew every `_STEP_FRAMES` while a gain moves; the filters
keep their state, so that nothing clicks. How often REAPER itself sets an automated parameter of a plug-in is not
known here (it depends on its block size): a ramp may be heard a few milliseconds earlier or later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mixengine.audio.curves import automation_values
from mixengine.audio.reaeq import sos
from mixengine.mixer.effects import eq
from mixengine.mixer.effects.kind import Kind
from mixengine.model.session import VOLUME, Automation, EqBand
from mixengine.model.units import amplitude, decibels

_STEP_FRAMES = 64
_MIN_AMPLITUDE = 1e-6
_STILL = 1e-9


class MovingEq:
    """Audio through bands whose gains move, block by block."""

    def __init__(self, bands: Sequence[EqBand], rate: int, gain: float = 1.0) -> None:
        self._bands = [band for band in bands if band.enabled]
        self._rate, self._gain = rate, gain
        self._curves = [Automation(VOLUME, band.points) if band.points else None for band in self._bands]
        self._state: np.ndarray | None = None

    def __call__(self, block: np.ndarray, frame: int) -> np.ndarray:
        """Filter the next frames [shape=(frames, channels)], which begin at session frame ``frame``."""
        if not self._bands or not block.size:
            return block
        from scipy import signal

        if self._state is None:
            self._state = np.zeros((len(self._bands), 2, block.shape[1]))
        out = np.empty(block.shape)
        for start, end, gains in self._stretches(frame, len(block)):
            bands = [replace(band, gain_db=decibels(gain)) for band, gain in zip(self._bands, gains, strict=True)]
            out[start:end], self._state = signal.sosfilt(
                sos(bands, self._rate), block[start:end], axis=0, zi=self._state
            )
        return out if self._gain == 1.0 else out * self._gain

    def _stretches(self, frame: int, count: int) -> list[tuple[int, int, np.ndarray]]:
        """Stretches of a block in which no gain moves: first frame, last frame + 1, amplitude of each band.

        Steps lie at whole multiples of their length in the session, so that blocks of any length give the same sound.
        """
        first = -(frame % _STEP_FRAMES)
        starts = np.arange(first, count, _STEP_FRAMES)
        times_s = (frame + starts) / self._rate
        gains = np.stack(
            [
                np.full(len(starts), 10.0 ** (band.gain_db / 20.0))
                if curve is None
                else np.maximum(automation_values(times_s, curve), _MIN_AMPLITUDE)
                for band, curve in zip(self._bands, self._curves, strict=True)
            ]
        )
        moves = np.flatnonzero(np.abs(np.diff(gains, axis=1)).max(axis=0) > _STILL) + 1
        edges = [0, *moves.tolist()]
        ends = [*(max(int(starts[edge]), 0) for edge in edges[1:]), count]
        return [(max(int(starts[edge]), 0), end, gains[:, edge]) for edge, end in zip(edges, ends, strict=True)]


KIND = Kind(
    fits=lambda effect: any(band.points for band in effect.bands),
    make=lambda effect, rate: MovingEq(effect.bands, rate, amplitude(effect.gain_db)),
    timed=True,
    problem=eq.problem,
    differs=eq.differs,
)
