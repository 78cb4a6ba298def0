"""Audio files: what can be read, and blocks of samples at any position.

libsndfile (through soundfile) reads WAV, RF64, AIFF, FLAC, Ogg Vorbis and Opus, MP3 and more. Samples are float32
``(frames, channels)``, nominal range ±1.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

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
"""Frames decoded and dropped after a jump in a lossy file."""
_UNKNOWN_LENGTH = 2**62
_UNREADABLE = (OSError, RuntimeError, TypeError, ValueError)
"""What soundfile raises: libsndfile's own errors, a headerless ``.raw`` file, a name that is no file name."""


class UnreadableAudio(Exception):
    """A file that cannot be decoded; the message names it and the reason."""


class _Straight(soundfile.SoundFile):
    """Reads on without a jump.

    soundfile seeks after every read to where it already stands. For a decoder that is a jump: an MP3's bit reservoir is
    lost and stretches of the next block come out silent. It does not do that where it cannot seek.
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
            self._file = _Straight(path)
        except _UNREADABLE as error:
            raise UnreadableAudio(f"{path}: {_why_not_opened(path, error)}") from None
        self.path = path
        self.rate: int = self._file.samplerate
        self.channels: int = self._file.channels
        self.frames: int = max(self._file.frames, 0)
        self._at = 0
        if self.rate <= 0 or not 0 < self.channels <= MAX_CHANNELS:
            raise UnreadableAudio(f"{path}: {self.rate} Hz, {self.channels} channels")
        if self.frames >= _UNKNOWN_LENGTH:  # FLAC that was written to a pipe
            raise UnreadableAudio(f"{path}: its header does not say how long it is; save it again from an audio editor")

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
                self._seek(first)
            got = self._file.read(last - first, dtype="float32", always_2d=True)
        except _UNREADABLE as error:
            self._at = -1  # nobody knows where a failed read stopped
            raise UnreadableAudio(
                f"{self.path}: damaged at or after {first / self.rate:.2f} s: {_reason(error)}"
            ) from None
        self._at = first + len(got)
        if self._at < last and self._file.format != "MP3":
            raise UnreadableAudio(
                f"{self.path}: breaks off at {self._at / self.rate:.2f} s of {self.frames / self.rate:.2f} s"
            )
        with np.errstate(invalid="ignore"):  # inf - inf is one way to find out
            clean = np.isfinite(got.sum(dtype=np.float64))
        if not clean:
            got = np.nan_to_num(got, nan=0.0, posinf=0.0, neginf=0.0)
        block[first - start : first - start + len(got)] = got
        return block

    def _seek(self, frame: int) -> None:
        if self._file.format not in {"OGG", "MP3"}:
            self._file.seek(frame)
            return
        # A jump lands some frames off, or on a frame that leans on ones not decoded, when it starts from somewhere in
        # the middle or ends in the last pages of the file. From the start, and a little early, it is exact.
        self._file.seek(0)
        early = max(frame - _SEEK_PREROLL, 0)
        self._file.seek(early)
        self._file.read(frame - early, dtype="float32")

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


def audio_files(folder: Path, most: int = 0) -> list[str]:
    """Paths of the audio files below a folder, sorted; at most ``most`` of them, spread evenly (0: all).

    Raises
    ------
    UserError
        The folder is missing or holds no audio.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: is no folder; give a folder with audio files")
    found = sorted(str(path) for path in folder.rglob("*") if is_audio_name(path) and path.is_file())
    if not found:
        raise UserError(f"{folder}: no audio files in it")
    if not 0 < most < len(found):
        return found
    return [found[index * len(found) // most] for index in range(most)]


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
