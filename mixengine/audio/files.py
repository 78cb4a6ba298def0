"""Audio files: what can be read, and blocks of samples at any position.

libsndfile (through soundfile) reads WAV, RF64, AIFF, FLAC, Ogg Vorbis and Opus, MP3 and more. Samples are float32
``(frames, channels)``, nominal range ±1.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

EXTENSIONS = frozenset(
    {
        ".wav",
        ".wave",
        ".w64",
        ".rf64",
        ".aif",
        ".aiff",
        ".aifc",
        ".flac",
        ".mp3",
        ".ogg",
        ".oga",
        ".opus",
        ".caf",
        ".au",
    }
)
"""File names that make a file in a folder a track."""

MAX_CHANNELS = 64


class UnreadableAudio(Exception):
    """A file that cannot be decoded; the message names it and the reason."""


class AudioFile:
    """An open audio file with random access.

    Attributes
    ----------
    rate : int
        Frames per second.
    channels : int
    frames : int
        Length.
    """

    def __init__(self, path: str) -> None:
        try:
            self._file = soundfile.SoundFile(path)
        except (OSError, RuntimeError) as error:
            raise UnreadableAudio(f"{path}: {_reason(error)}") from None
        self.path = path
        self.rate: int = self._file.samplerate
        self.channels: int = self._file.channels
        self.frames: int = max(self._file.frames, 0)
        self._at = 0
        if self.rate <= 0 or not 0 < self.channels <= MAX_CHANNELS:
            raise UnreadableAudio(f"{path}: {self.rate} Hz, {self.channels} channels")

    def read(self, start: int, frames: int) -> np.ndarray:
        """Samples ``start`` … ``start + frames``; what lies outside the file is silence.

        Returns
        -------
        ndarray of float32 [shape=(frames, channels)]
            NaN and infinite samples, which some tools write, are returned as 0.
        """
        block = np.zeros((frames, self.channels), dtype=np.float32)
        first, last = max(start, 0), min(start + frames, self.frames)
        if first >= last:
            return block
        try:
            if self._at != first:
                self._file.seek(first)
            got = self._file.read(last - first, dtype="float32", always_2d=True)
        except (OSError, RuntimeError) as error:
            raise UnreadableAudio(f"{self.path}: damaged at {first / self.rate:.2f} s: {_reason(error)}") from None
        self._at = first + len(got)
        if not np.isfinite(got.sum(dtype=np.float64)):
            got = np.nan_to_num(got, nan=0.0, posinf=0.0, neginf=0.0)
        block[first - start : first - start + len(got)] = got
        return block

    def close(self) -> None:
        """Release the file."""
        self._file.close()


def sample_rate(path: str) -> int | None:
    """Rate of a file, ``None`` when it cannot be read."""
    try:
        return int(soundfile.info(path).samplerate)
    except (OSError, RuntimeError):
        return None


def is_audio_name(path: Path) -> bool:
    """Whether a file's name says that it is audio (hidden files are not)."""
    return path.suffix.lower() in EXTENSIONS and not path.name.startswith(".")


def _reason(error: Exception) -> str:
    text = str(getattr(error, "error_string", "") or error).strip().rstrip(".")
    return text.split(": ")[-1] or type(error).__name__
