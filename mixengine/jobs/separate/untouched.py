"""The samples of a file as they are stored, where the work on it left them as they were.

All work is done in 32-bit float, which holds 24 bits of a sample: whole numbers of 32 bits and doubles have more.
"""

from __future__ import annotations

import numpy as np

from mixengine.audio.files import AudioFile

_FINER = frozenset(("PCM_32", "DOUBLE"))


class Untouched:
    """Reads a file of more than 24 bits once more, forwards; does nothing for others."""

    def __init__(self, file: AudioFile) -> None:
        self._file = AudioFile(file.path, dtype="float64") if file.subtype in _FINER else None

    def put_back(self, start: int, samples: np.ndarray) -> np.ndarray:
        """The samples, those of the file in the place of each that is the same in 32-bit float."""
        if self._file is None:
            return samples
        stored = self._file.read(start, len(samples))
        return np.where(stored.astype(np.float32) == samples, stored, samples)

    def close(self) -> None:
        """Release the file."""
        if self._file is not None:
            self._file.close()
