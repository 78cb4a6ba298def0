"""Reads multitracks (one folder per song, its stems as audio files) and finished mixes (audio files).

In a song's folder, files whose name begins with an underscore are not stems, for example the master.

Stems are averaged to mono, as tracks are when a checkpoint is used, and held in memory: 10.6 MB per minute and stem.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

from mixengine.audio.files import AudioFile, UnreadableAudio, audio_files
from mixengine.jobs.match.console.parameters import RATE
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress, no_progress


@dataclass(frozen=True, slots=True)
class Song:
    """A song's stems.

    Attributes
    ----------
    name : str
        Name of its folder.
    stems : ndarray of float32 [shape=(stems, frames)]
        At 44.1 kHz, padded to the longest.
    """

    name: str
    stems: np.ndarray


@dataclass(frozen=True, slots=True)
class Mix:
    """A finished mix: its file's name and samples at 44.1 kHz, float32 [shape=(2, frames)]."""

    name: str
    samples: np.ndarray


def read_songs(folder: Path, min_frames: int, progress: Progress = no_progress) -> list[Song]:
    """All songs below a folder: each folder that holds two audio files or more.

    Parameters
    ----------
    min_frames : int > 0
        Songs that are shorter at 44.1 kHz are left out.

    Raises
    ------
    UserError
        There are not two songs that are long enough, or a file cannot be read.
    """
    by_folder: dict[Path, list[str]] = {}
    for path in map(Path, audio_files(folder)):
        if not path.name.startswith("_"):
            by_folder.setdefault(path.parent, []).append(str(path))
    stems_by_folder = {place: paths for place, paths in by_folder.items() if len(paths) > 1}
    total, done, songs = sum(map(len, stems_by_folder.values())), 0, []
    for place, paths in stems_by_folder.items():
        stems = []
        for stem in paths:
            progress(done, total, f"reading {place.name}")
            stems.append(read(stem).mean(axis=0))
            done += 1
        frames = max(map(len, stems))
        if frames >= min_frames:
            songs.append(Song(place.name, np.stack([np.pad(stem, (0, frames - len(stem))) for stem in stems])))
    progress(total, total, "")
    if len(songs) < 2:
        raise UserError(
            f"{folder}: {len(songs)} song(s) of {min_frames / RATE:.1f} s or more; give two folders of stems or more,"
            " one of which is held out"
        )
    return songs


def read_mixes(folder: Path, min_frames: int, progress: Progress = no_progress) -> list[Mix]:
    """Finished mixes below a folder; what is shorter than ``min_frames`` at 44.1 kHz is left out.

    Raises
    ------
    UserError
        There are not two that are long enough, or a file cannot be read.
    """
    paths = audio_files(folder)
    mixes = []
    for done, path in enumerate(paths):
        progress(done, len(paths), f"reading {Path(path).name}")
        samples = read(path)
        if samples.shape[1] >= min_frames:
            mixes.append(Mix(Path(path).name, np.repeat(samples, 2, axis=0) if len(samples) == 1 else samples[:2]))
    progress(len(paths), len(paths), "")
    if len(mixes) < 2:
        raise UserError(f"{folder}: {len(mixes)} reference(s) of {min_frames / RATE:.1f} s or more; give two or more")
    return mixes


def read(path: str) -> np.ndarray:
    """A whole file at 44.1 kHz, float32 [shape=(channels, frames)].

    Raises
    ------
    UserError
        It cannot be read.
    """
    try:
        file = AudioFile(path)
        try:
            samples = file.read(0, file.frames)
        finally:
            file.close()
    except UnreadableAudio as error:
        raise UserError(str(error)) from None
    return np.ascontiguousarray(soxr.resample(samples, file.rate, RATE).T)
