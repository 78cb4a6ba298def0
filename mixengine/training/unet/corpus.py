"""Recordings to train on: all files of a folder as one long array of 16-bit samples on disk.

The array is memory-mapped, so that corpora of many hours need little memory. Folders may be nested in any way
(MS-SNSD's ``clean_train`` and ``noise_train`` work as they are).
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import soxr

from mixengine.audio.files import AudioFile, UnreadableAudio, audio_files
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress, no_progress

RATE = 16000
_FULL_SCALE = 32767.0


class Corpus:
    """Recordings by index.

    Attributes
    ----------
    names : list of str
        File names, in order of path.
    """

    def __init__(self, samples: np.ndarray, starts: np.ndarray, names: list[str]) -> None:
        self._all_samples, self._starts, self.names = samples, starts, names

    def __len__(self) -> int:
        return len(self.names)

    def length(self, index: int) -> int:
        """Samples of recording ``index``."""
        return int(self._starts[index + 1] - self._starts[index])

    def take(self, index: int, start: int, count: int) -> np.ndarray:
        """``count`` samples (float32, -1 … 1) of recording ``index`` from ``start``, wrapping around at its end."""
        length = self.length(index)
        positions = (start + np.arange(count)) % length + int(self._starts[index])
        return self._all_samples[positions].astype(np.float32) / _FULL_SCALE

    @property
    def seconds(self) -> float:
        """Total length of all recordings."""
        return float(self._starts[-1]) / RATE


def held_out(path: Path, patterns: Iterable[str]) -> bool:
    """Whether a file is held out: its name or path matches one of the shell patterns."""
    return any(fnmatch.fnmatch(path.name, pattern) or fnmatch.fnmatch(str(path), pattern) for pattern in patterns)


def load(
    folders: Iterable[Path],
    work: Path,
    *,
    keep: Callable[[Path], bool] = lambda path: True,
    progress: Progress = no_progress,
) -> Corpus:
    """Read all audio files under ``folders`` for which ``keep`` is true, as mono at 16 kHz.

    Parameters
    ----------
    work : Path
        Folder for the decoded samples, so that a second run starts without decoding.

    Raises
    ------
    UserError
        There is no file, or a file cannot be read.
    """
    files = [path for folder in folders for path in map(Path, audio_files(folder)) if keep(path)]
    if not files:
        raise UserError(f"{', '.join(map(str, folders))}: no audio files to train with; give a folder of recordings")
    fingerprint = hashlib.sha256(repr([(str(p), p.stat().st_size) for p in files]).encode()).hexdigest()[:16]
    samples_path, starts_path = work / f"corpus-{fingerprint}.i16", work / f"corpus-{fingerprint}.json"
    work.mkdir(parents=True, exist_ok=True)
    if not starts_path.is_file():
        starts_path.write_text(json.dumps(_decode(files, samples_path, progress)))
    starts = np.array(json.loads(starts_path.read_text()))
    return Corpus(np.memmap(samples_path, np.int16, "r"), starts, [path.name for path in files])


def _decode(files: list[Path], samples_path: Path, progress: Progress) -> list[int]:
    starts = [0]
    with samples_path.open("wb") as out:
        for index, path in enumerate(files):
            progress(index, len(files), path.name)
            mono = _mono(str(path))
            out.write((np.clip(mono, -1, 1) * _FULL_SCALE).astype(np.int16).tobytes())
            starts.append(starts[-1] + len(mono))
    progress(len(files), len(files), "read")
    return starts


def _mono(path: str) -> np.ndarray:
    try:
        audio = AudioFile(path)
        samples = audio.read(0, audio.frames).mean(axis=1)
    except UnreadableAudio as error:
        raise UserError(f"{error}; take it out of the folder") from None
    audio.close()
    return soxr.resample(samples, audio.rate, RATE)
