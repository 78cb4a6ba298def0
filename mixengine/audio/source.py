"""A clip's source as an endless sequence of frames: loops, sections and reversed playback."""

from __future__ import annotations

import numpy as np

from mixengine.audio.files import AudioFile
from mixengine.model.session import Clip

_SHORT_LOOP = 8192


class Section:
    """The part of a file that a clip plays, looped or not.

    Frame 0 is the section's start (its end when reversed). Without ``loop`` everything outside is silence.
    """

    def __init__(self, file: AudioFile, clip: Clip, *, loop: bool) -> None:
        source = clip.source
        begin = round(source.start_s * file.rate)
        end = file.frames if source.length_s is None else min(begin + round(source.length_s * file.rate), file.frames)
        self._file, self._begin, self.frames = file, begin, max(end - begin, 0)
        self._loop = loop and self.frames > 0
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

    def place_s(self, frame: int) -> float:
        """When a frame of the file plays, in seconds from the section's start."""
        place = self._begin + self.frames - 1 - frame if self._reversed else frame - self._begin
        return place / self._file.rate

    def _read_section(self, first: int, last: int) -> np.ndarray:
        if self._reversed:
            return self._file.read(self._begin + self.frames - last, last - first)[::-1]
        return self._file.read(self._begin + first, last - first)
