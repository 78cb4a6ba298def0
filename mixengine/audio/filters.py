"""First-order band limits, as streams.

A first-order section falls 6 dB per octave. These are the bilinear filters that pedalboard's ``HighpassFilter`` and
``LowpassFilter`` use, in double precision.
"""

from __future__ import annotations

import math

import numpy as np


class Band:
    """High pass at ``low_hz``, then low pass at ``high_hz``, first order each, keeping state between blocks.

    An edge that the sampled signal cannot have is left out: a high pass at 0 Hz, a low pass at or above half the rate
    (where the bilinear filter would be unstable).
    """

    def __init__(self, rate: int, low_hz: float, high_hz: float) -> None:
        sections = []
        if 0.0 < low_hz < rate / 2:
            n = math.tan(math.pi * low_hz / rate)
            sections.append([1 / (n + 1), -1 / (n + 1), 0.0, 1.0, (n - 1) / (n + 1), 0.0])
        if 0.0 < high_hz < rate / 2:
            n = math.tan(math.pi * high_hz / rate)
            sections.append([n / (n + 1), n / (n + 1), 0.0, 1.0, (n - 1) / (n + 1), 0.0])
        self._blocked = low_hz >= rate / 2
        self._sos = np.array(sections)
        self._state: np.ndarray | None = None

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """Filter the next frames [shape=(frames, channels)]."""
        if self._blocked:
            return np.zeros_like(block)
        if not len(self._sos):
            return block
        if self._state is None:
            self._state = np.zeros((len(self._sos), 2, block.shape[1]))
        from scipy import signal

        out, self._state = signal.sosfilt(self._sos, block, axis=0, zi=self._state)
        return out
