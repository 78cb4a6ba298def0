"""Where decoded sound goes: one WAV of 32-bit float, at one rate and width, and what could not be decoded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import soundfile
import soxr

_MAX_PLACES = 3
_MAX_WAV_BYTES = 3_000_000_000
_MAX_CHANNELS = 64
MAX_GAP_S = 600.0
"""Silence in place of lost sound is no longer than this: times that say more are wrong."""
_WRITE_FRAMES = 1 << 16


class NotDecoded(Exception):
    """Why a file cannot be decoded, in words."""


class Wider(Exception):
    """Later sound has more channels than the first."""


@dataclass
class Decoded:
    """A decoded file.

    Attributes
    ----------
    rate, channels, frames : int
    codec : str
        FFmpeg's name of the codec.
    bits : int
        Bits of a lossless codec; 0 for a lossy one.
    notes : list of str
        What is missing, in words.
    """

    rate: int
    channels: int
    frames: int
    codec: str
    bits: int
    notes: list[str]

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


class Writer:
    """Writes frames at one rate and width, and counts them.

    Attributes
    ----------
    rate, channels, frames : int
        Of what was written; ``rate`` is 0 before the first sound.
    """

    def __init__(self, target: str, channels: int, max_bytes: float, progress: Callable[[], None]) -> None:
        self._target, self._long = target, max_bytes > _MAX_WAV_BYTES
        self.channels, self._progress = channels, progress
        self.rate = self.frames = 0
        self._file: Any = None
        self._resampler: tuple[int, Any] | None = None
        self._waiting: list[np.ndarray] = []
        self._written = 0

    def add(self, block: np.ndarray, rate: int) -> None:
        """Write samples [shape=(frames, channels)] at ``rate``."""
        self.open(rate, block.shape[1])
        if rate != self.rate:
            block = self._resampled(block, rate)
        self._write(_width(block, self.channels))
        self._progress()

    def open(self, rate: int, channels: int) -> None:
        """Open the file, as the first sound is."""
        if self._file is not None:
            return
        self.channels = max(self.channels, channels)
        if not rate > 0 or not 0 < self.channels <= _MAX_CHANNELS:
            raise NotDecoded(f"{rate} Hz, {channels} channels")
        self.rate = rate
        kind = "RF64" if self._long else "WAV"
        self._file = soundfile.SoundFile(self._target, "w", rate, self.channels, "FLOAT", format=kind)

    def _resampled(self, block: np.ndarray, rate: int) -> np.ndarray:
        """Sound at another rate than the first (joined files)."""
        if self._resampler is None or self._resampler[0] != rate:
            stream = soxr.ResampleStream(rate, self.rate, block.shape[1], dtype="float32", quality="VHQ")
            self._resampler = (rate, stream)
        return self._resampler[1].resample_chunk(np.ascontiguousarray(block))

    def silence(self, frames: int) -> None:
        """Write silence."""
        while frames > 0 and self._file is not None:
            count = min(frames, 1 << 16)
            self._write(np.zeros((count, self.channels), np.float32))
            frames -= count

    def _write(self, block: np.ndarray) -> None:
        self._waiting.append(block)
        self.frames += len(block)
        if self.frames - self._written >= _WRITE_FRAMES:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._file.write(np.concatenate(self._waiting))
        self._waiting, self._written = [], self.frames

    def cut(self, frames: int) -> None:
        """Keep only the first ``frames``."""
        if self._file is not None and frames < self.frames:
            self._flush()
            self._file.truncate(frames)
            self.frames = frames

    def close(self) -> None:
        """Write the rest and close the file."""
        if self._file is not None:
            self._flush()
            self._file.close()


def samples_of(frame: Any) -> np.ndarray:
    """A decoded frame as float32 [shape=(frames, channels)]."""
    values, channels = frame.to_ndarray(), frame.layout.nb_channels
    values = values.T if frame.format.is_planar else values.reshape(-1, channels)
    if values.dtype.kind == "f":
        return values.astype(np.float32, copy=False)
    if values.dtype == np.uint8:
        return (values.astype(np.float32) - 128.0) / 128.0
    return (values / float(2 ** (8 * values.dtype.itemsize - 1))).astype(np.float32)


def _width(block: np.ndarray, channels: int) -> np.ndarray:
    """A block with so many channels: one is repeated, missing ones are silent."""
    if block.shape[1] == channels:
        return block
    if block.shape[1] > channels:
        raise Wider(str(block.shape[1]))
    if block.shape[1] == 1 and channels == 2:
        return np.repeat(block, 2, axis=1)
    return np.pad(block, ((0, 0), (0, channels - block.shape[1])))


class Faults:
    """Places that cannot be decoded, in words."""

    def __init__(self) -> None:
        self._places: list[str] = []
        self._count, self._seconds = 0, 0.0

    def add(self, at_s: float, length_s: float) -> None:
        """Note a place."""
        self._count, self._seconds = self._count + 1, self._seconds + length_s
        if len(self._places) < _MAX_PLACES:
            self._places.append(f"{at_s:.2f} s")

    def notes(self) -> list[str]:
        """One note on all places, if there are any."""
        if not self._count:
            return []
        places = ", ".join(self._places) + (" …" if self._count > len(self._places) else "")
        return [f"damaged: {1000.0 * self._seconds:.0f} ms cannot be decoded and are silent (at {places})"]
