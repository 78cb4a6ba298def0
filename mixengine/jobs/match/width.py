"""Stereo width over time: level of the side relative to the mid, second by second."""

from __future__ import annotations

import numpy as np

MIN_WIDTH_DB, MAX_WIDTH_DB = -60.0, 20.0
"""Limits of the width: mono audio, and audio without a mid signal."""
_SILENT = 1e-10


class WidthMeter:
    """Power of L − R over that of L + R for each second of audio, block by block.

    Parameters
    ----------
    rate : int > 0
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._frames = 0
        self._sums: np.ndarray = np.zeros((2, 0))

    def add(self, block: np.ndarray) -> None:
        """Process the next frames [shape=(frames, 2)]."""
        if not len(block):
            return
        x = np.asarray(block, dtype=np.float64)
        second = (self._frames + np.arange(len(x))) // self._rate
        self._frames += len(x)
        middle, sides = ((x[:, 0] + sign * x[:, 1]) ** 2 for sign in (1.0, -1.0))
        sums: np.ndarray = np.stack([np.bincount(second, weights=power) for power in (middle, sides)])
        sums[:, : self._sums.shape[1]] += self._sums
        self._sums = sums

    def per_second_db(self) -> list[float | None]:
        """Each second in dB, from `MIN_WIDTH_DB` to `MAX_WIDTH_DB`; ``None`` for silence.

        Examples
        --------
        >>> meter = WidthMeter(100)
        >>> meter.add(np.array([[1.0, 1.0], [0.5, 0.0]]).repeat(100, axis=0))
        >>> meter.per_second_db()
        [-60.0, 0.0]
        """
        widths_db: list[float | None] = []
        for middle, sides in self._sums.T:
            if middle + sides <= _SILENT * self._rate:
                widths_db.append(None)
                continue
            ratio_db = 10.0 * np.log10(max(sides, 1e-30) / max(middle, 1e-30))
            widths_db.append(round(float(np.clip(ratio_db, MIN_WIDTH_DB, MAX_WIDTH_DB)), 1))
        return widths_db
