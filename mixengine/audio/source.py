"""A clip's source as an endless sequence of frames, and the same sequence at another rate.

`Section` hides loops, sections and reversed playback behind integer frame numbers. `Resampled` reads it at fractional
positions x(m) = start + m·step: soxr converts the rate, a windowed-sinc filter adds the remaining fraction of a frame.
So the result does not depend on where reading begins.
"""

from __future__ import annotations

import math

import numpy as np
import soxr

from mixengine.audio.files import AudioFile
from mixengine.model.session import Clip

_PREROLL = 512
_TAPS = 128
_CHUNK = 16384
_SHORT_LOOP = 8192


class Section:
    """The part of a file that a clip plays, looped or not.

    Frame 0 is the section's start (its end when reversed). Without loop everything outside is silence.
    """

    def __init__(self, file: AudioFile, clip: Clip) -> None:
        source = clip.source
        begin = round(source.start_s * file.rate)
        end = file.frames if source.length_s is None else min(begin + round(source.length_s * file.rate), file.frames)
        self._file, self._begin, self.frames = file, begin, max(end - begin, 0)
        self._loop = clip.loop and self.frames > 0
        self._reversed = source.reversed
        # Short loops are kept in memory: otherwise every repetition would seek in the file.
        self._short_loop = self._read_section(0, self.frames) if self._loop and self.frames <= _SHORT_LOOP else None

    def read(self, start: int, frames: int) -> np.ndarray:
        """Frames from ``start`` of the endless sequence [shape=(frames, channels)]."""
        if not self._loop:
            first, last = max(start, 0), min(start + frames, self.frames)
            if first == start and last == start + frames:
                return self._read_section(first, last)
            out = np.zeros((frames, self._file.channels), dtype=np.float32)
            if first < last:
                out[first - start : last - start] = self._read_section(first, last)
            return out
        if self._short_loop is not None:
            return self._short_loop[np.arange(start, start + frames) % self.frames]
        out = np.empty((frames, self._file.channels), dtype=np.float32)
        done = 0
        while done < frames:
            at = (start + done) % self.frames
            count = min(frames - done, self.frames - at)
            out[done : done + count] = self._read_section(at, at + count)
            done += count
        return out

    def _read_section(self, first: int, last: int) -> np.ndarray:
        if self._reversed:
            return self._file.read(self._begin + self.frames - last, last - first)[::-1]
        return self._file.read(self._begin + first, last - first)


class Resampled:
    """Reads a `Section` at positions ``start + m * step`` (source frames) for m = 0, 1, 2 and so on.

    Parameters
    ----------
    section : Section
    channels : int
    start : float
        Position of the first frame returned, in source frames; fractions count.
    step : float > 0
        Source frames per output frame.
    """

    def __init__(self, section: Section, channels: int, start: float, step: float) -> None:
        skip = math.ceil(_PREROLL / min(step, 1.0) if step < 1 else _PREROLL)
        origin = start - skip * step
        self._at = math.floor(origin + 1e-9)
        fraction = max(origin - self._at, 0.0)
        self._delay = _fraction_filter(fraction) if fraction > 1e-7 else None
        self._section, self._channels, self._step = section, channels, step
        self._stream = soxr.ResampleStream(step, 1.0, channels, dtype="float32", quality="VHQ")
        self._ready = np.zeros((0, channels), dtype=np.float32)
        self.read(skip)

    def read(self, frames: int) -> np.ndarray:
        """The next ``frames`` frames."""
        pieces, n_ready = [self._ready], len(self._ready)
        while n_ready < frames:
            n_source = min(max(math.ceil((frames - n_ready) * self._step), 1024), _CHUNK)
            piece = self._stream.resample_chunk(self._next_source(n_source))
            pieces.append(piece)
            n_ready += len(piece)
        joined = np.concatenate(pieces) if len(pieces) > 1 else pieces[0]
        self._ready = joined[frames:]
        return joined[:frames]

    def _next_source(self, frames: int) -> np.ndarray:
        if self._delay is None:
            block = self._section.read(self._at, frames)
        else:
            from scipy import signal

            half = _TAPS // 2
            around = self._section.read(self._at - half + 1, frames + _TAPS - 1)
            block = signal.oaconvolve(around, self._delay[:, None], mode="valid", axes=0).astype(np.float32)
        self._at += frames
        return np.ascontiguousarray(block)


def _fraction_filter(fraction: float) -> np.ndarray:
    """FIR that evaluates a signal ``fraction`` of a frame after frame ``_TAPS // 2 - 1`` of its window."""
    offsets = np.arange(_TAPS) - (_TAPS // 2 - 1) - fraction
    window = np.i0(12.0 * np.sqrt(np.clip(1.0 - (offsets / (_TAPS / 2)) ** 2, 0.0, 1.0))) / np.i0(12.0)
    taps = np.sinc(offsets) * window
    return (taps / taps.sum())[::-1].astype(np.float64)
