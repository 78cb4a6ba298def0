"""Trains the threshold of detector ``psd`` like [SpectralDucker]: from a few files of speech and of music.

Its means on 15 + 15 excerpts of GTZAN are -5.6106 for speech and -5.3369 for music; the default of
`mixengine.audio.speech.PsdMeter` is midway between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixengine.audio.files import AudioFile, UnreadableAudio
from mixengine.audio.speech import PsdMeter
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress, no_progress

_BLOCK = 65536


@dataclass(frozen=True, slots=True)
class ThresholdModel:
    """Mean feature of each class, log10 of power density."""

    speech_mean: float
    music_mean: float

    @property
    def threshold(self) -> float:
        """Midway between the classes."""
        return (self.speech_mean + self.music_mean) / 2.0


def train(
    speech_files: Sequence[str],
    music_files: Sequence[str],
    progress: Progress = no_progress,
) -> ThresholdModel:
    """Mean feature of both classes.

    A class's mean is the mean of its files' means, so a long file counts no more than a short one. The files of
    [SpectralDucker] all last 30 s, where this equals the mean over all frames.

    Parameters
    ----------
    speech_files, music_files : sequence of str
        At least one each; channels are averaged.
    progress : callable
        Called with the number of files done, of files in all, and the path of the next one.

    Raises
    ------
    UserError
        A list is empty, a file cannot be read, or it is shorter than a frame (0.1 s).
    """
    for files, name in ((speech_files, "speech"), (music_files, "music")):
        if not len(files):
            raise UserError(f"no {name} files to train the threshold with: give at least one")
    means = []
    paths = [*speech_files, *music_files]
    for done, path in enumerate(paths):
        progress(done, len(paths), path)
        means.append(_file_mean(path))
    progress(len(paths), len(paths), "")
    split = len(speech_files)
    return ThresholdModel(float(np.mean(means[:split])), float(np.mean(means[split:])))


def _file_mean(path: str) -> float:
    """Mean feature over the frames of a file, peak-normalised as a whole."""
    try:
        file = AudioFile(path)
        try:
            meter = PsdMeter(file.rate)
            for start in range(0, file.frames, _BLOCK):
                meter.add(file.read(start, min(_BLOCK, file.frames - start)).mean(axis=1, dtype=np.float64))
        finally:
            file.close()
    except UnreadableAudio as error:
        raise UserError(str(error)) from None
    features = meter.features()
    if not len(features):
        raise UserError(f"{path}: shorter than 0.1 s; leave it out of the training")
    return float(features.mean())
