"""Reading long audio forwards, in pieces that overlap."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

Read = Callable[[int, int], np.ndarray]
"""(start, frames) → float32 (frames, channels); starts increase, and each call overlaps the one before."""
BLOCK_FRAMES = 65536


def blocks(read: Read, frames: int, size: int = BLOCK_FRAMES) -> Iterator[tuple[int, np.ndarray]]:
    """All of a sound from start to end: first frame and samples of each block."""
    for at in range(0, frames, size):
        yield at, read(at, min(size, frames - at))


class Overlapping:
    """Serves overlapping reads while reading the source only forwards, and each frame once.

    Seeking backwards in an MP3 or Ogg file means decoding it from the start.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self._start = 0
        self._buffer: np.ndarray | None = None

    def __call__(self, start: int, frames: int) -> np.ndarray:
        """Frames ``start`` … ``start + frames``; later calls must not start earlier."""
        if self._buffer is None:
            self._start, self._buffer = start, self._read(start, frames)
        buffer = self._buffer[start - self._start :]
        if missing := max(frames - len(buffer), 0):
            buffer = np.concatenate([buffer, self._read(start + len(buffer), missing)])
        self._start, self._buffer = start, buffer
        return buffer[:frames]
