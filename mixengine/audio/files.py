"""Audio files: what can be read, and blocks of samples at any position.

libsndfile (through soundfile) reads WAV, RF64, AIFF, FLAC, Ogg Vorbis and Opus, MP3 and more. Samples are float32
``(frames, channels)``, nominal range ±1.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from mixengine.audio import mp3
from mixengine.system.errors import UserError

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
_SEEK_PREROLL = 32768
"""Frames decoded and dropped after a seek in a lossy file."""
_UNKNOWN_LENGTH = 2**62
_UNREADABLE = (OSError, RuntimeError, TypeError, ValueError)
"""Exceptions of soundfile: libsndfile's errors, a headerless ``.raw`` file, an invalid file name."""


class UnreadableAudio(Exception):
    """A file that cannot be decoded; the message names it and the reason."""


class _SequentialFile(soundfile.SoundFile):
    """A sound file that is read without seeking.

    After every read soundfile seeks to the current position. That resets a decoder: an MP3's bit reservoir is lost and
    parts of the next block are silent. It does not do that for files that report to be not seekable.
    """

    def seekable(self) -> bool:
        return False


class AudioFile:
    """An open audio file with random access.

    Attributes
    ----------
    rate : int
        Frames per second.
    channels : int
    frames : int
        Length.

    Raises
    ------
    UnreadableAudio
        The file cannot be opened, or its header does not say how long it is. `read` raises it where the data is
        damaged or ends before the length in the header: garbage is never returned, and neither is silence in place of
        lost sound. The length of an MP3 may be the decoder's estimate, so there a missing end is silence.
    """

    def __init__(self, path: str) -> None:
        try:
            self._file = _SequentialFile(path)
        except _UNREADABLE as error:
            raise UnreadableAudio(f"{path}: {_why_not_opened(path, error)}") from None
        self.path = path
        self.rate: int = self._file.samplerate
        self.channels: int = self._file.channels
        self.frames: int = max(self._file.frames, 0)
        self._at = self._dropped = 0
        self._level = 1.0
        if self.rate <= 0 or not 0 < self.channels <= MAX_CHANNELS:
            raise UnreadableAudio(f"{path}: {self.rate} Hz, {self.channels} channels")
        if self.frames >= _UNKNOWN_LENGTH:  # FLAC that was written to a pipe
            raise UnreadableAudio(f"{path}: its header does not say how long it is; save it again from an audio editor")
        if self._file.format == "MP3":
            self._dropped, self._level = mp3.frames_to_drop(path), mp3.LEVEL
            self.frames = max(self.frames - self._dropped, 0)

    def read(self, start: int, frames: int) -> np.ndarray:
        """Samples ``start`` … ``start + frames``; outside the file there is silence. An MP3 begins as in REAPER.

        Returns
        -------
        ndarray of float32 [shape=(frames, channels)]
            NaN and infinite samples, which some tools write, are returned as 0.
        """
        first, last = max(start, 0), min(start + frames, self.frames)
        if first >= last:
            return np.zeros((frames, self.channels), dtype=np.float32)
        try:
            if self._at != first + self._dropped:
                self._seek(first + self._dropped)
            samples = self._file.read(last - first, dtype="float32", always_2d=True)
        except _UNREADABLE as error:
            self._at = -1  # unknown after a failed read
            raise UnreadableAudio(
                f"{self.path}: damaged at or after {first / self.rate:.2f} s: {_reason(error)}"
            ) from None
        reached = first + len(samples)
        self._at = reached + self._dropped
        if reached < last and self._file.format != "MP3":
            raise UnreadableAudio(
                f"{self.path}: breaks off at {reached / self.rate:.2f} s of {self.frames / self.rate:.2f} s"
            )
        if self._level != 1.0:
            samples *= np.float32(self._level)
        with np.errstate(invalid="ignore", over="ignore"):
            clean = np.isfinite(samples.sum())  # an overflow of finite samples only costs the next line
        if not clean:
            samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
        if len(samples) == frames:
            return samples
        block = np.zeros((frames, self.channels), dtype=np.float32)
        block[first - start : first - start + len(samples)] = samples
        return block

    def _seek(self, frame: int) -> None:
        if self._file.format not in {"OGG", "MP3"}:
            self._file.seek(frame)
            return
        # A seek from the middle of the file or into its last pages may land some frames off, or on a frame that depends
        # on frames not yet decoded. From the start of the file, with a preroll, it is exact.
        self._file.seek(0)
        preroll_start = max(frame - _SEEK_PREROLL, 0)
        self._file.seek(preroll_start)
        self._file.read(frame - preroll_start, dtype="float32")

    def close(self) -> None:
        """Release the file."""
        self._file.close()


def sample_rate(path: str) -> int | None:
    """Rate of a file, ``None`` when it cannot be read."""
    try:
        return int(soundfile.info(path).samplerate)
    except _UNREADABLE:
        return None


def is_audio_name(path: Path) -> bool:
    """Whether a file's name says that it is audio (hidden files are not)."""
    return path.suffix.lower() in EXTENSIONS and not path.name.startswith(".")


def audio_files(folder: Path, max_count: int = 0) -> list[str]:
    """Paths of the audio files below a folder, sorted; at most ``max_count`` of them, evenly spaced (0: all).

    Raises
    ------
    UserError
        The folder is missing or holds no audio.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: is no folder; give a folder with audio files")
    paths = sorted(str(path) for path in folder.rglob("*") if is_audio_name(path) and path.is_file())
    if not paths:
        raise UserError(f"{folder}: no audio files in it")
    if not 0 < max_count < len(paths):
        return paths
    return [paths[index * len(paths) // max_count] for index in range(max_count)]


def _why_not_opened(path: str, error: Exception) -> str:
    try:
        if Path(path).is_dir():
            return "is a folder"
        if not Path(path).exists():
            return "no such file"
        if not Path(path).stat().st_size:
            return "is empty"
    except (OSError, ValueError):
        pass
    return _reason(error)


def _reason(error: Exception) -> str:
    text = str(getattr(error, "error_string", "") or error).strip().rstrip(".")
    return text.split(": ")[-1] or type(error).__name__
