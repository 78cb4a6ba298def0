"""A finished mix on disk as plain 32-bit floats, to be gone through several times without rendering it again."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType

import numpy as np

from mixengine.model.units import decibels
from mixengine.system.errors import UserError

BLOCK_FRAMES = 65536
_SAMPLE_BYTES = 4


class Spool:
    """Blocks in, the same sound out as often as needed. A context manager; the file has no name and goes with it.

    Parameters
    ----------
    rate : int > 0
    channels : int > 0

    Attributes
    ----------
    frames : int
    """

    def __init__(self, rate: int, channels: int) -> None:
        self.rate, self.channels, self.frames = rate, channels, 0
        self._peak = 0.0
        self._file = tempfile.TemporaryFile(prefix="mixengine-")  # noqa: SIM115

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def sample_peak_dbfs(self) -> float:
        """Largest sample, ``-inf`` for silence."""
        return decibels(self._peak) if self._peak else -math.inf

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.rate

    def write(self, block: np.ndarray) -> None:
        """Append a block [shape=(frames, channels)]."""
        samples = np.ascontiguousarray(block, np.float32)
        self._file.write(samples.data.cast("B") if samples.size else b"")
        self._peak = max(self._peak, float(samples.max(initial=0.0)), -float(samples.min(initial=0.0)))
        self.frames += len(samples)

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """First frame and samples of each block [shape=(frames, channels), float32]."""
        self._file.seek(0)
        for at in range(0, self.frames, BLOCK_FRAMES):
            count = min(BLOCK_FRAMES, self.frames - at)
            data = self._file.read(count * self.channels * _SAMPLE_BYTES)
            yield at, np.frombuffer(data, np.float32).reshape(count, self.channels)


def gather(
    blocks: Iterable[np.ndarray], rate: int, channels: int, to_rate: int, max_channels: int, tick: Callable[[int], None]
) -> Spool:
    """A stream as a spool.

    Parameters
    ----------
    blocks : iterable of ndarray [shape=(frames, channels)]
    to_rate : int > 0
        The spool's rate.
    max_channels : int
        More are folded down; 0: any number.
    tick : callable
        Gets the frames so far.

    Raises
    ------
    UserError
        The channels cannot be folded down.
    """
    fold = _folded(channels, max_channels)
    spool = Spool(to_rate, fold.shape[1] if fold is not None else channels)
    resampler = None
    if to_rate != rate:
        import soxr

        resampler = soxr.ResampleStream(rate, to_rate, spool.channels, dtype="float32", quality="VHQ")
    frames = 0
    try:
        for block in blocks:
            frames += len(block)
            tick(frames)
            part = block if fold is None else (block @ fold).astype(np.float32)
            spool.write(part if resampler is None else _columns(resampler.resample_chunk(part), spool.channels))
        if resampler is not None:
            rest = resampler.resample_chunk(np.zeros((0, spool.channels), np.float32), last=True)
            spool.write(_columns(rest, spool.channels))
    except BaseException:
        spool.__exit__(None, None, None)
        raise
    return spool


def _columns(samples: np.ndarray, channels: int) -> np.ndarray:
    return samples.reshape(-1, channels)


def _folded(channels: int, max_channels: int) -> np.ndarray | None:
    """Weights that fold channels down to two [shape=(channels, 2)] (ITU-R BS.775-3, without the LFE)."""
    if not max_channels or channels <= max_channels:
        return None
    half = math.sqrt(0.5)
    centre, left, right, silent = (half, half), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)
    behind = ((half, 0.0), (0.0, half))
    rows = {4: (left, right, *behind), 5: (left, right, centre, *behind), 6: (left, right, centre, silent, *behind)}
    if channels not in rows or max_channels < 2:
        raise UserError(f"{channels} channels: the target takes {max_channels}; fold them down first")
    return np.array(rows[channels])
