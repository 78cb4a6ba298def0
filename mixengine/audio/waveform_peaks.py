"""The outline of a sound: lowest and highest sample of equal stretches of time, as a waveform is drawn."""

from __future__ import annotations

import numpy as np


class Outline:
    """Gathers the outline of a stream.

    Parameters
    ----------
    columns : int > 0
        Number of stretches.
    frames : int > 0
        Length of the stream; what comes after it belongs to the last stretch.

    Attributes
    ----------
    values : ndarray [shape=(columns, 2)]
        Lowest and highest sample so far of all channels; both 0 where nothing came.
    """

    def __init__(self, columns: int, frames: int) -> None:
        self.values = np.zeros((columns, 2))
        self._frames, self._at = frames, 0

    def add(self, block: np.ndarray) -> None:
        """Go on with a block [shape=(frames, channels)]."""
        if not len(block):
            return
        columns = len(self.values)
        places = np.minimum(np.arange(self._at, self._at + len(block)) * columns // self._frames, columns - 1)
        starts = np.flatnonzero(np.diff(places, prepend=-1))
        reached = places[starts]
        lows = np.minimum.reduceat(block.min(axis=1), starts)
        highs = np.maximum.reduceat(block.max(axis=1), starts)
        self.values[reached, 0] = np.minimum(self.values[reached, 0], lows)
        self.values[reached, 1] = np.maximum(self.values[reached, 1], highs)
        self._at += len(block)
