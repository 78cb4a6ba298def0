"""Writing audio files: blocks, and file names made of track names."""

from __future__ import annotations

from pathlib import PurePath

import numpy as np
import soundfile

from mixengine.model.session import Session, Track


def write_block(file: soundfile.SoundFile, block: np.ndarray) -> None:
    """Write a block; a full disk is an `OSError` like any other."""
    try:
        file.write(block)
    except RuntimeError as error:  # libsndfile reports a full disk as its own error
        raise OSError(28, f"No space left on device ({error})") from None


def safe_name(name: str) -> str:
    """A track name as a file name on every system."""
    cleaned = "".join(char if char.isprintable() and char not in '<>:"/\\|?*' else "_" for char in name).strip(" .")
    return cleaned[:120] or "_"


def file_names(session: Session, tracks: list[Track]) -> dict[str, str]:
    """Track id → ``group/name.wav``; names that would collide get a number."""
    names: dict[str, str] = {}
    for track in tracks:
        folders = [folder.name for folder in session.ancestors(track)][::-1]
        stem = PurePath(track.file or "").stem if len(track.audio_clips) == 1 else track.name
        base = "/".join(safe_name(part) for part in (*folders, stem or track.name))
        candidate, count = base, 1
        while candidate.casefold() in {name[:-4].casefold() for name in names.values()}:
            count += 1
            candidate = f"{base} ({count})"
        names[track.id] = f"{candidate}.wav"
    return names
