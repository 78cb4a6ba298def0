"""Width over time: how strong the sides are against the middle, second by second."""

from __future__ import annotations

import numpy as np

NARROWEST_DB, WIDEST_DB = -60.0, 20.0
"""Mono sound and sound without a middle are shown here."""
_SILENT = 1e-10


class WidthMeter:
    """Power of L − R over that of L + R for each second of audio that comes block by block.

    Parameters
    ----------
    rate : int > 0
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._frames = 0
        self._sums: np.ndarray = np.zeros((2, 0))

    def add(self, block: np.ndarray) -> None:
        """Hear the next frames [shape=(frames, 2)]."""
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
        """Each second in dB, from `NARROWEST_DB` to `WIDEST_DB`; ``None`` for silence.

        Examples
        --------
        >>> meter = WidthMeter(100)
        >>> meter.add(np.array([[1.0, 1.0], [0.5, 0.0]]).repeat(100, axis=0))
        >>> meter.per_second_db()
        [-60.0, 0.0]
        """
        found: list[float | None] = []
        for middle, sides in self._sums.T:
            if middle + sides <= _SILENT * self._rate:
                found.append(None)
                continue
            ratio_db = 10.0 * np.log10(max(sides, 1e-30) / max(middle, 1e-30))
            found.append(round(float(np.clip(ratio_db, NARROWEST_DB, WIDEST_DB)), 1))
        return found
