"""Audio files: what can be read, and blocks of samples at any position.

`mixengine.audio.decoders` says how a file is read: by libsndfile (through soundfile), or as a copy that FFmpeg decoded.
Samples are float32 ``(frames, channels)``, nominal range ±1.
"""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import numpy as np
import soundfile

from mixengine.audio import mpeg_audio
from mixengine.audio.decoders import Access, Undecodable, access, by_ffmpeg
from mixengine.audio.formats import EXTENSIONS, VIDEO, is_audio_name
from mixengine.audio.riff import PatchedFile
from mixengine.system.errors import UserError
from mixengine.system.quiet import libraries_quiet

__all__ = [
    "EXTENSIONS",
    "VIDEO",
    "AudioFile",
    "UnreadableAudio",
    "audio_files",
    "is_audio_name",
    "sample_rate",
]

MAX_CHANNELS = 64
MAX_RATE = 1_536_000
"""Sixteen times 96 kHz; more is a damaged header."""
_SEEK_PREROLL = 32768
"""Frames decoded and dropped after a seek in a lossy file."""
_SUBTYPES = {0: "", 16: "PCM_16", 24: "PCM_24"}
"""Of a decoded file, by its bits."""
_COUNT_FRAMES = 1 << 18
FLOAT_SUBTYPES = frozenset({"FLOAT", "DOUBLE"})
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

    Parameters
    ----------
    path : str
    dtype : str
        Of the samples: ``float32``, or ``float64``, which holds all that any file does.

    Attributes
    ----------
    rate : int
        Frames per second.
    channels : int
    frames : int
        Length: counted, where the header does not say it or is wrong.
    subtype : str
        libsndfile's name of the sample format; of a decoded file ``PCM_16`` or ``PCM_24``, of a lossy one empty.
    notes : tuple of str
        What is missing in the file, or was guessed, in words.
    silenced : int
        Samples that were NaN or infinite in what was read so far.
    silenced_at : int
        The earliest frame with one of them.
    is_plain : bool
        Whether any program reads the file as it is; else a decoded copy should stand in for it.

    Raises
    ------
    UnreadableAudio
        The file cannot be opened. `read` raises it where the data is
        damaged or ends before the length in the header: garbage is never returned, and neither is silence in place of
        lost sound. Where FFmpeg decoded the file, lost frames are silence, which `notes` name.
    """

    def __init__(self, path: str, dtype: str = "float32") -> None:
        self.path, self._dtype = path, dtype
        self._source: PatchedFile | None = None
        try:
            way = access(path)
            self._file = self._opened(way)
        except Undecodable as error:
            raise UnreadableAudio(f"{path}: {error}") from None
        except _UNREADABLE as error:
            try:
                other = by_ffmpeg(path)
            except Undecodable as reason:
                raise UnreadableAudio(f"{path}: {reason}") from None
            if other is None:
                raise UnreadableAudio(f"{path}: {_reason(error)}") from None
            way, self._file = other, self._opened(other)
        self.notes, self.is_plain = way.notes, way.is_plain
        self.subtype: str = _SUBTYPES.get(way.bits, self._file.subtype)
        self.rate: int = self._file.samplerate
        self.channels: int = self._file.channels
        self.frames: int = max(self._file.frames, 0)
        self._at = self._dropped = self.silenced = self.silenced_at = 0
        self._level = 1.0
        if not 0 < self.rate <= MAX_RATE or not 0 < self.channels <= MAX_CHANNELS:
            raise UnreadableAudio(f"{path}: {self.rate} Hz, {self.channels} channels")
        if self._file.format == "MP3":
            self._dropped, self._level = mpeg_audio.REAPER_DROPS_MORE, mpeg_audio.LEVEL
            self.frames = max(self.frames - self._dropped, 0)

    def _opened(self, way: Access) -> soundfile.SoundFile:
        if not way.patches and _is_unicode(way.path):
            return _SequentialFile(way.path)
        self._source = PatchedFile(way.path, list(way.patches))
        return _SequentialFile(self._source)

    def read(self, start: int, frames: int) -> np.ndarray:
        """Samples ``start`` … ``start + frames``; outside the file there is silence. An MP3 begins as in REAPER.

        Returns
        -------
        ndarray [shape=(frames, channels)]
            NaN and infinite samples, which some tools write, are returned as 0.
        """
        first, last = max(start, 0), min(start + frames, self.frames)
        if first >= last:
            return np.zeros((frames, self.channels), dtype=self._dtype)
        try:
            if self._at != first + self._dropped:
                self._seek(first + self._dropped)
            samples = self._decoded(last - first)
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
            self._note_silenced(first, ~np.isfinite(samples))
            samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
        if len(samples) == frames:
            return samples
        block = np.zeros((frames, self.channels), dtype=self._dtype)
        block[first - start : first - start + len(samples)] = samples
        return block

    def _note_silenced(self, first: int, bad: np.ndarray) -> None:
        if count := int(np.count_nonzero(bad)):
            place = first + int(np.argmax(bad.any(axis=1)))
            self.silenced_at = min(self.silenced_at, place) if self.silenced else place
            self.silenced += count

    def _decoded(self, frames: int) -> np.ndarray:
        """The next frames; decoders of MP3 print what they think of a damaged file."""
        with libraries_quiet() if self._file.format == "MP3" else nullcontext():
            return self._file.read(frames, dtype=self._dtype, always_2d=True)

    def _seek(self, frame: int) -> None:
        if self._file.format not in {"OGG", "MP3"}:
            self._file.seek(frame)
            return
        # A seek from the middle of the file or into its last pages may land some frames off, or on a frame that depends
        # on frames not yet decoded. From the start of the file, with a preroll, it is exact.
        self._file.seek(0)
        preroll_start = max(frame - _SEEK_PREROLL, 0)
        self._file.seek(preroll_start)
        self._decoded(frame - preroll_start)

    def count_non_finite(self) -> int:
        """How many samples are NaN or infinite; reads the whole file."""
        self._file.seek(0)
        self._at = -1
        count = 0
        while len(block := self._file.read(_COUNT_FRAMES, dtype="float32", always_2d=True)):
            count += int(np.count_nonzero(~np.isfinite(block)))
        return count

    def close(self) -> None:
        """Release the file."""
        self._file.close()
        if self._source is not None:
            self._source.close()


def _is_unicode(path: str) -> bool:
    """Whether a name is text; others, which some systems allow, libsndfile does not open by their name."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def sample_rate(path: str) -> int | None:
    """Rate of a file, ``None`` when it cannot be read."""
    try:
        file = AudioFile(path)
    except UnreadableAudio:
        return None
    file.close()
    return file.rate


def non_finite_samples(path: str) -> int:
    """How many samples of a file are NaN or infinite, which `AudioFile.read` replaces; only float files hold any."""
    file = AudioFile(path)
    try:
        return file.count_non_finite() if file.subtype in FLOAT_SUBTYPES else 0
    finally:
        file.close()


def audio_files(folder: Path, max_count: int = 0) -> list[str]:
    """Paths of the audio files below a folder, sorted; at most ``max_count`` of them, evenly spaced (0: all).

    Hidden folders (a disk's trash, what a run that was killed left) are not looked into.

    Raises
    ------
    UserError
        The folder is missing or holds no audio.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: is no folder; give a folder with audio files")
    found = (path for path in folder.rglob("*") if is_audio_name(path) and path.is_file())
    paths = sorted(str(path) for path in found if not _is_hidden(path.relative_to(folder)))
    if not paths:
        raise UserError(f"{folder}: no audio files in it")
    if not 0 < max_count < len(paths):
        return paths
    return [paths[index * len(paths) // max_count] for index in range(max_count)]


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _reason(error: Exception) -> str:
    text = str(getattr(error, "error_string", "") or error).strip().rstrip(".")
    return text.split(": ")[-1] or type(error).__name__
