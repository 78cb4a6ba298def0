"""The 24 Bark filters of the audio-feature loss of [Diff-MST], with their stretched upper edges as published.

Traunmüller's scale [1]_: z = 26.81 f/(1960 + f) − 0.53, then + 0.15 (2 − z) below 2 and + 0.22 (z − 20.1) above 20.1.
The published inverse undoes the correction below 2 only (it would undo the upper one only if no edge were below 2). The
edges above 20.1 are therefore too high: the last four are at 9674, 12922, 18685 and 31731 Hz.

References
----------
.. [1] H. Traunmüller, "Analytical expressions for the tonotopic sensory scale", JASA 88 (1990).
"""

from __future__ import annotations

import functools

import numpy as np

BANDS = 24
MIN_HZ, MAX_HZ = 20.0, 20000.0
_LOW, _HIGH = 2.0, 20.1


def bark(frequency_hz: np.ndarray | float) -> np.ndarray:
    """Critical-band rate z of frequencies ≥ 0 Hz, corrected at both ends."""
    frequency_hz = np.asarray(frequency_hz, dtype=float)
    z = 26.81 * frequency_hz / (1960.0 + frequency_hz) - 0.53
    return np.where(z < _LOW, z + 0.15 * (2.0 - z), np.where(z > _HIGH, z + 0.22 * (z - 20.1), z))


def edges_hz() -> np.ndarray:
    """The 26 edges: filter i rises from edge i to i + 1 and falls to i + 2."""
    z = np.linspace(bark(MIN_HZ), bark(MAX_HZ), BANDS + 2)
    z = np.where(z < _LOW, (z - 0.3) / 0.85, z)
    return 1960.0 * (z + 0.53) / (26.28 - z)


def centres_hz() -> np.ndarray:
    """Centre frequency of each filter [shape=(24,)]; the last one, at 18685 Hz, is cut off at half the rate."""
    return edges_hz()[1:-1]


@functools.cache
def filterbank(bins: int, rate: int) -> np.ndarray:
    """Triangles with peak 1, linear in Hz [shape=(24, bins)], for bins spread evenly from 0 Hz to half the rate."""
    frequency_hz, edges = np.linspace(0.0, rate / 2, bins), edges_hz()
    width = np.diff(edges)
    rising = (frequency_hz - edges[:-2, None]) / width[:-1, None]
    falling = (edges[2:, None] - frequency_hz) / width[1:, None]
    return np.maximum(0.0, np.minimum(rising, falling))
