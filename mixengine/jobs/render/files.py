"""Audio files that a render writes: WAV, RF64 beyond 4 GB, FLAC; 16, 24 or 32 bits (float)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import soundfile

from mixengine import __version__
from mixengine.audio.files import UnreadableAudio
from mixengine.audio.writing import check_container, takes_bytes, write_block, write_bytes
from mixengine.jobs.render.quantise import Quantiser, packed

FORMATS = {"wav": ".wav", "flac": ".flac", "mp3": ".mp3", "aac": ".m4a", "opus": ".opus"}
EXACT = ("wav", "flac")
"""Formats that keep every sample; the others are for a mix with a target."""
BITS = {"16": "PCM_16", "24": "PCM_24", "32f": "FLOAT"}
_CHANNELS = 2
_MAX_WAV_BYTES = 2**32 - 2**20
"""Limit of the 32-bit sizes of a WAV, less room for header and tags."""
_READ_FRAMES = 65536


class Sink:
    """One file being written.

    Parameters
    ----------
    path : Path
    rate : int > 0
    frames : int
        Final length.
    form, bits : str
        Names of `FORMATS` and `BITS`.
    title : str
        Tag.
    channels : int > 0

    Attributes
    ----------
    peak : float
        Largest amplitude written.
    clipped : int
        Samples beyond full scale; 0 for float, which keeps them.
    """

    def __init__(
        self, path: Path, rate: int, frames: int, form: str, bits: str, title: str, channels: int = _CHANNELS
    ) -> None:
        subtype = BITS[bits]
        size = frames * channels * int(bits.rstrip("f")) // 8
        container = "FLAC" if form == "flac" else "WAV" if size <= _MAX_WAV_BYTES else "RF64"
        check_container(path.name, container, rate, channels)
        self.path, self.peak = path, 0.0
        self._quantiser = None if subtype == "FLOAT" else Quantiser(int(bits), path.name)
        try:
            self._file = soundfile.SoundFile(path, "w", rate, channels, subtype, format=container)
        except soundfile.LibsndfileError as error:
            raise OSError(5, f"{error.error_string}", str(path)) from None
        self._file.title = title
        self._file.software = f"mixengine {__version__}"

    def tag(self, words: Mapping[str, str]) -> None:
        """Set libsndfile's tags: title, artist, album."""
        for name, word in words.items():
            setattr(self._file, name, word)

    @property
    def clipped(self) -> int:
        """Samples that were set to full scale."""
        return self._quantiser.clipped if self._quantiser else 0

    def write(self, block: np.ndarray) -> None:
        """Append a block [shape=(frames, channels), float32]; a full disk is an `OSError`."""
        self.peak = max(self.peak, float(block.max(initial=0.0)), -float(block.min(initial=0.0)))
        if self._quantiser is None:
            write_block(self._file, block)
            return
        steps = self._quantiser(block)
        if self._quantiser.bits == 24 and takes_bytes(self._file):
            write_bytes(self._file, packed(steps))
            return
        # libsndfile expects 24-bit samples in the upper bits of 32
        wide = steps.astype(np.int16) if self._quantiser.bits == 16 else steps << 8
        write_block(self._file, wide)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def format_of(name: str) -> str:
    """The format that a file's name stands for; empty for none."""
    return next((form for form, suffix in FORMATS.items() if suffix == Path(name).suffix.lower()), "")


def step(bits: str) -> float:
    """One step of a file's samples as an amplitude; 0 for float."""
    return 0.0 if bits == "32f" else 2.0 ** (1 - int(bits))


def null_tolerance_db(stems: int, bits: str) -> float:
    """Limit from rounding and dither of the written stems' sum minus the written mix, in dBFS.

    Each file's samples are at most 1.5 steps off; for float the last bit of a sum around full scale counts.
    """
    worst = 1.5 * step(bits) if bits != "32f" else 2.0**-23
    return 20.0 * math.log10((stems + 1) * worst)


def residual(mix: Path, stems: list[Path]) -> float:
    """Largest amplitude of the sum of some files minus another one, read back from disk."""
    worst = 0.0
    sound_files = []
    try:
        for path in (mix, *stems):
            sound_files.append(soundfile.SoundFile(path))
        while True:
            rest = sound_files[0].read(_READ_FRAMES, dtype="float64", always_2d=True)
            if not len(rest):
                return worst
            for file in sound_files[1:]:
                part = file.read(len(rest), dtype="float64", always_2d=True)
                rest[: len(part)] -= part
            worst = max(worst, float(np.abs(rest).max()))
    except soundfile.LibsndfileError as error:
        raise UnreadableAudio(f"{mix.parent}: a written file cannot be read back: {error}") from None
    finally:
        for file in sound_files:
            file.close()
