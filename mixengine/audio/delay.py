"""A delay line for sound in blocks."""

from __future__ import annotations

import numpy as np


class Delay:
    """Delays a stream of blocks by ``frames`` frames.

    The stream may change between mono and stereo (under a pan envelope): both sides then hold the mono sound.
    """

    def __init__(self, frames: int) -> None:
        self._frames = frames
        self._held: np.ndarray | None = None

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """Push the next block and return the delayed one [shape=(frames, channels)]; may be the block itself."""
        if not self._frames:
            return block
        if self._held is None:
            self._held = np.zeros((self._frames, block.shape[1]), dtype=block.dtype)
        width = max(self._held.shape[1], block.shape[1])
        joined = np.concatenate([_widened(self._held, width), _widened(block, width)])
        self._held = joined[len(block) :].copy()
        return joined[: len(block)]


def _widened(block: np.ndarray, width: int) -> np.ndarray:
    return block if block.shape[1] == width else np.repeat(block, width, axis=1)
