"""Writing audio files: blocks, and file names made of track names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePath

import numpy as np
import soundfile

from mixengine.model.session import Session, Track
from mixengine.system import file_names
from mixengine.system.atomic import write_atomically
from mixengine.system.errors import UserError

_MAX_FLAC_CHANNELS, _MAX_FLAC_RATE = 8, 655_350


def check_container(name: str, container: str, rate: int, channels: int) -> None:
    """`UserError` for sound that a container, by libsndfile's name, cannot hold; ``name`` is that of the file."""
    if container != "FLAC":
        return
    if channels > _MAX_FLAC_CHANNELS:
        raise UserError(f"{name}: FLAC holds at most {_MAX_FLAC_CHANNELS} channels, not {channels}; write a WAV")
    if rate > _MAX_FLAC_RATE:
        raise UserError(f"{name}: FLAC holds at most {_MAX_FLAC_RATE} Hz, not {rate}; write a WAV")


def write_block(file: soundfile.SoundFile, block: np.ndarray) -> None:
    """Write a block; a full disk is an `OSError` like any other."""
    try:
        file.write(block)
    except RuntimeError as error:  # libsndfile reports a full disk as its own error
        raise _disk_full(str(error)) from None


def write_whole(path: Path, rate: int, blocks: Iterable[np.ndarray]) -> None:
    """Write a stereo WAV of 32-bit float, which appears when it is whole; an error of the blocks leaves none.

    Parameters
    ----------
    path : Path
        Its folder is made where it is not there.
    rate : int > 0
    blocks : iterable of ndarray [shape=(frames, 2)]
    """

    def fill(part: Path) -> None:
        with soundfile.SoundFile(part, "w", rate, 2, "FLOAT", format="WAV") as file:
            for block in blocks:
                write_block(file, block)

    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, fill, sync=False)


def takes_bytes(file: soundfile.SoundFile) -> bool:
    """Whether `write_bytes` can write into a file: a WAV, and a soundfile that passes bytes on to libsndfile."""
    return file.format in ("WAV", "RF64") and hasattr(soundfile._snd, "sf_write_raw")


def write_bytes(file: soundfile.SoundFile, data: np.ndarray) -> None:
    """Write samples as bytes in the file's own form [uint8]; libsndfile takes five times as long to make them."""
    written = soundfile._snd.sf_write_raw(file._file, soundfile._ffi.from_buffer(data), len(data))
    if written != len(data):
        raise _disk_full(f"{written} of {len(data)} bytes written")


def _disk_full(why: str) -> OSError:
    return OSError(28, f"No space left on device ({why})")


def track_files(session: Session, tracks: list[Track]) -> dict[str, str]:
    """Track id → ``group/name.wav``; names that would collide get a number."""
    names: dict[str, str] = {}
    unique = file_names.Unique()
    for track in tracks:
        folders = [folder.name for folder in session.ancestors(track)][::-1]
        stem = PurePath(track.file or "").stem if len(track.audio_clips) == 1 else track.name
        base = "/".join(file_names.safe(part) for part in (*folders, stem or track.name))
        names[track.id] = f"{unique(base)}.wav"
    return names
