"""A WAV of a stream that is turned down by what its end first says: the samples wait in the file itself.

32-bit floats are written behind room for a header. Then the file is gone through once more, and 24-bit samples take
their place from its start on: they are shorter, so that none is written over what has not been read. The disk holds the
floats and nothing beside them.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import soundfile

from mixengine.audio.writing import write_block

_ROOM_BYTES = 4096
"""More than the header of a WAV of 24 bits takes."""
_SAMPLES = 32768


def write(path: Path, rate: int, blocks: Iterable[np.ndarray], gain: Callable[[], float], *, channels: int = 2) -> None:
    """Write a 24-bit WAV.

    Parameters
    ----------
    rate : int > 0
    blocks : iterable of ndarray [shape=(frames, channels)]
    gain : callable
        Factor for all samples; called when all blocks are there.

    Raises
    ------
    OSError
        The disk is full, or cannot be written to.
    """
    size = _SAMPLES * channels * np.dtype(np.float32).itemsize
    with path.open("w+b") as file:
        file.write(bytes(_ROOM_BYTES))
        for block in blocks:
            file.write(np.ascontiguousarray(block, np.float32).data)
        factor, at, front = gain(), _ROOM_BYTES, _Front(file)
        with soundfile.SoundFile(front, "w", rate, channels, "PCM_24", format="WAV") as wav:
            while samples := _read(file, at, size):
                at += len(samples)
                write_block(wav, np.frombuffer(samples, np.float32).reshape(-1, channels) * factor)
                front.raise_error()
        front.raise_error()  # the header's, which is written when the file is closed
        file.truncate(front.length)


def _read(file: io.BufferedRandom, at: int, size: int) -> bytes:
    file.seek(at)
    return file.read(size)


class _Front:
    """The front of a file, as long as what was written there, for libsndfile, which looks for the end of its file."""

    def __init__(self, file: io.BufferedRandom) -> None:
        self._file = file
        self._at = self.length = 0
        self._error: OSError | None = None

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.length}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int) -> bytes:
        self._file.seek(self._at)
        data = self._file.read(min(size, self.length - self._at))
        self._at += len(data)
        return data

    def write(self, data: bytes) -> int:
        """Write; an error cannot be raised through libsndfile and waits for `raise_error`."""
        try:
            self._file.seek(self._at)
            self._file.write(data)
        except OSError as error:
            self._error = self._error or error
        self._at += len(data)
        self.length = max(self.length, self._at)
        return len(data)

    def raise_error(self) -> None:
        """Raise the first error."""
        if self._error is not None:
            raise self._error
