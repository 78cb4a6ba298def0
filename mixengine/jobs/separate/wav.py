"""WAV files that are written piece by piece and can be continued after an interruption.

libsndfile writes the length of a file when it is closed, so that the file of an interrupted run could not be continued.
Here the header has a fixed size and is written last; beyond 4 GB it is an RF64 header (EBU Tech 3306).
"""

from __future__ import annotations

import errno
import os
import struct
from pathlib import Path

import numpy as np

PCM_24 = "PCM_24"
FLOAT = "FLOAT"
SUBTYPES = {PCM_24: (1, 3), FLOAT: (3, 4)}
"""Name → WAVE format tag and bytes per sample."""
_HEADER = 92
_STEPS = 2**23


class GrowingWav:
    """A file of samples after space reserved for the header.

    Parameters
    ----------
    path : Path
    rate, channels : int > 0
    subtype : str
        A name of `SUBTYPES`.
    frames : int
        Number of the file's frames to keep and append to; 0 starts a new file.

    Raises
    ------
    OSError
        The file cannot be written, or holds fewer frames than it should.
    """

    def __init__(self, path: Path, rate: int, channels: int, subtype: str, frames: int = 0) -> None:
        self.path, self.frames = path, frames
        self._rate, self._channels, self._subtype = rate, channels, subtype
        self._file = open(path, "r+b" if frames else "w+b")  # noqa: SIM115 - closed by close or abandon
        end = _HEADER + frames * self._frame_bytes
        if not frames:
            self._file.write(bytes(_HEADER))
        elif os.fstat(self._file.fileno()).st_size < end:
            self._file.close()
            raise OSError(errno.EINVAL, "shorter than it was", str(path))
        self._file.truncate(end)
        self._file.seek(end)

    @property
    def _frame_bytes(self) -> int:
        return SUBTYPES[self._subtype][1] * self._channels

    def write(self, block: np.ndarray) -> None:
        """Append samples that `quantised` made [shape=(frames, channels)]."""
        if self._subtype == FLOAT:
            self._file.write(np.ascontiguousarray(block, dtype="<f4").tobytes())
        else:
            steps = np.rint(block.astype(np.float64) * _STEPS).astype("<i4")
            self._file.write(np.ascontiguousarray(steps).view(np.uint8).reshape(-1, 4)[:, :3].tobytes())
        self.frames += len(block)

    def flush(self) -> None:
        """Flush the written samples to the operating system."""
        self._file.flush()

    def close(self) -> None:
        """Write the header and close."""
        size = self.frames * self._frame_bytes
        if size % 2:
            self._file.write(b"\0")
        self._file.seek(0)
        self._file.write(self._header(size))
        self._file.close()

    def abandon(self) -> None:
        """Close without a header, to be continued later."""
        self._file.close()

    def _header(self, size: int) -> bytes:
        tag, width = SUBTYPES[self._subtype]
        riff = _HEADER - 8 + size + size % 2
        large = riff >= 2**32
        long_sizes = struct.pack("<QQQI", riff, size, self.frames, 0) if large else bytes(28)
        bits = struct.pack("<4sIHHIIHH", b"fmt ", 16, tag, self._channels, self._rate,
                           self._rate * self._frame_bytes, self._frame_bytes, 8 * width)  # fmt: skip
        return b"".join(
            (
                struct.pack("<4sI4s", b"RF64" if large else b"RIFF", 2**32 - 1 if large else riff, b"WAVE"),
                struct.pack("<4sI", b"ds64" if large else b"JUNK", 28) + long_sizes,
                bits,
                struct.pack("<4sII", b"fact", 4, min(self.frames, 2**32 - 1)),
                struct.pack("<4sI", b"data", 2**32 - 1 if large else size),
            )
        )


def quantised(block: np.ndarray, subtype: str) -> np.ndarray:
    """The samples as the file will hold them, as float64; values beyond ±1 stay beyond."""
    if subtype == FLOAT:
        return block.astype(np.float32).astype(np.float64)
    return np.rint(block.astype(np.float64) * _STEPS) / _STEPS


def fits(block: np.ndarray, subtype: str) -> bool:
    """Whether a quantised block can be written without clipping."""
    return subtype == FLOAT or not len(block) or bool(block.min() >= -1.0 and block.max() <= 1.0 - 1.0 / _STEPS)


def to_float(source: Path, target: Path, rate: int, channels: int, frames: int) -> GrowingWav:
    """A `FLOAT` copy of the first frames of a `PCM_24` file, open for more."""
    copy = GrowingWav(target, rate, channels, FLOAT)
    with open(source, "rb") as file:
        file.seek(_HEADER)
        while copy.frames < frames:
            count = min(frames - copy.frames, 2**16)
            packed = np.frombuffer(file.read(count * channels * 3), dtype=np.uint8).reshape(-1, 3)
            steps = np.zeros((len(packed), 4), dtype=np.uint8)
            steps[:, 1:] = packed
            values = steps.view("<i4")[:, 0] / np.float32(2**31)
            copy.write(values.reshape(-1, channels))
    return copy
