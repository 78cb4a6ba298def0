"""Minimum and maximum sample of equal stretches of time, for drawing a waveform."""

from __future__ import annotations

import numpy as np


class WaveformPeaks:
    """Waveform peaks of a stream, block by block.

    Parameters
    ----------
    columns : int > 0
        Number of stretches.
    frames : int > 0
        Length of the stream; any frames after it count towards the last stretch.

    Attributes
    ----------
    values : ndarray [shape=(columns, 2)]
        Minimum and maximum sample so far over all channels; both 0 where there was no sound.
    """

    def __init__(self, columns: int, frames: int) -> None:
        self.values = np.zeros((columns, 2))
        self._frames, self._at = frames, 0

    def add(self, block: np.ndarray) -> None:
        """Add the next frames [shape=(frames, channels)]."""
        if not len(block):
            return
        columns = len(self.values)
        column_of_frame = np.minimum(np.arange(self._at, self._at + len(block)) * columns // self._frames, columns - 1)
        starts = np.flatnonzero(np.diff(column_of_frame, prepend=-1))
        touched = column_of_frame[starts]
        minima = np.minimum.reduceat(block.min(axis=1), starts)
        maxima = np.maximum.reduceat(block.max(axis=1), starts)
        self.values[touched, 0] = np.minimum(self.values[touched, 0], minima)
        self.values[touched, 1] = np.maximum(self.values[touched, 1], maxima)
        self._at += len(block)
