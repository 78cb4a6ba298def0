"""A delay line for sound in blocks."""

from __future__ import annotations

import numpy as np


class Delay:
    """Blocks ``frames`` later, silence before.

    Mono may become stereo on the way and the other way round (a pan that moves does that): both sides then hold the
    mono sound.
    """

    def __init__(self, frames: int) -> None:
        self._frames = frames
        self._late: np.ndarray | None = None

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """What sounds now [shape=(frames, channels)] as the next block comes in; may be the block itself."""
        if not self._frames:
            return block
        if self._late is None:
            self._late = np.zeros((self._frames, block.shape[1]), dtype=block.dtype)
        width = max(self._late.shape[1], block.shape[1])
        joined = np.concatenate([_widened(self._late, width), _widened(block, width)])
        self._late = joined[len(block) :].copy()
        return joined[: len(block)]


def _widened(block: np.ndarray, width: int) -> np.ndarray:
    return block if block.shape[1] == width else np.repeat(block, width, axis=1)
