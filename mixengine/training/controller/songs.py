"""Multitracks to learn from: one folder per song, its stems as audio files; finished mixes as plain audio files.

In a song's folder, files whose name begins with an underscore are no stems: that is where a master is kept.

Stems are averaged to mono, as tracks are when a checkpoint is used, and kept in memory: 10.6 MB per minute and stem.
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
        Of its folder.
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


def read_songs(folder: Path, least_frames: int, progress: Progress = no_progress) -> list[Song]:
    """All songs below a folder: each folder that holds two audio files or more.

    Parameters
    ----------
    least_frames : int > 0
        A song that is shorter at 44.1 kHz is left out.

    Raises
    ------
    UserError
        There are not two songs that are long enough, or a file cannot be read.
    """
    by_folder: dict[Path, list[str]] = {}
    for path in map(Path, audio_files(folder)):
        if not path.name.startswith("_"):
            by_folder.setdefault(path.parent, []).append(str(path))
    found = {place: paths for place, paths in by_folder.items() if len(paths) > 1}
    total, done, songs = sum(map(len, found.values())), 0, []
    for place, paths in found.items():
        stems = []
        for stem in paths:
            progress(done, total, f"reading {place.name}")
            stems.append(read(stem).mean(axis=0))
            done += 1
        frames = max(map(len, stems))
        if frames >= least_frames:
            songs.append(Song(place.name, np.stack([np.pad(stem, (0, frames - len(stem))) for stem in stems])))
    progress(total, total, "")
    if len(songs) < 2:
        raise UserError(
            f"{folder}: {len(songs)} song(s) of {least_frames / RATE:.1f} s or more; give two folders of stems or more,"
            " one of which is kept to check with"
        )
    return songs


def read_mixes(folder: Path, least_frames: int, progress: Progress = no_progress) -> list[Mix]:
    """Finished mixes below a folder; what is shorter than ``least_frames`` at 44.1 kHz is left out.

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
        if samples.shape[1] >= least_frames:
            mixes.append(Mix(Path(path).name, np.repeat(samples, 2, axis=0) if len(samples) == 1 else samples[:2]))
    progress(len(paths), len(paths), "")
    if len(mixes) < 2:
        raise UserError(f"{folder}: {len(mixes)} reference(s) of {least_frames / RATE:.1f} s or more; give two or more")
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
