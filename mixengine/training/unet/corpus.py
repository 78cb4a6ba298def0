"""Recordings to train on: all files of a folder as one long row of 16-bit samples on disk.

The row is a memory map, so that corpora of many hours need no memory. Folders may be nested in any way (MS-SNSD's
``clean_train`` and ``noise_train`` work as they are).
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
    """Recordings by number.

    Attributes
    ----------
    names : list of str
        File names, in order of path.
    """

    def __init__(self, row: np.ndarray, starts: np.ndarray, names: list[str]) -> None:
        self._row, self._starts, self.names = row, starts, names

    def __len__(self) -> int:
        return len(self.names)

    def length(self, index: int) -> int:
        """Samples of recording ``index``."""
        return int(self._starts[index + 1] - self._starts[index])

    def take(self, index: int, start: int, count: int) -> np.ndarray:
        """``count`` samples (float32, -1 … 1) of recording ``index`` from ``start``, going round at its end."""
        length = self.length(index)
        at = (start + np.arange(count)) % length + int(self._starts[index])
        return self._row[at].astype(np.float32) / _FULL_SCALE

    @property
    def seconds(self) -> float:
        """Length of all recordings together."""
        return float(self._starts[-1]) / RATE


def held_out(path: Path, patterns: Iterable[str]) -> bool:
    """Whether a file is set aside: its name or path matches one of the shell patterns."""
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
        Folder that keeps the decoded row, so that a second run starts at once.

    Raises
    ------
    UserError
        No file is left, or a file can't be read.
    """
    files = [path for folder in folders for path in map(Path, audio_files(folder)) if keep(path)]
    if not files:
        raise UserError(f"{', '.join(map(str, folders))}: no audio files to train with; give a folder of recordings")
    stamp = hashlib.sha256(repr([(str(p), p.stat().st_size) for p in files]).encode()).hexdigest()[:16]
    row, index = work / f"corpus-{stamp}.i16", work / f"corpus-{stamp}.json"
    work.mkdir(parents=True, exist_ok=True)
    if not index.is_file():
        index.write_text(json.dumps(_decode(files, row, progress)))
    starts = np.array(json.loads(index.read_text()))
    return Corpus(np.memmap(row, np.int16, "r"), starts, [path.name for path in files])


def _decode(files: list[Path], row: Path, progress: Progress) -> list[int]:
    starts = [0]
    with row.open("wb") as out:
        for number, path in enumerate(files):
            progress(number, len(files), path.name)
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
