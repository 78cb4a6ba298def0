"""A cache of measurements by content: the same audio, edited the same way, is not measured twice.

One small JSON file per entry in the user's cache folder, named by a hash of everything the result depends on: the
clips, size, modification time and sampled bytes of the files, and how it was measured. Files are written under a
temporary name and renamed, so that several processes can share the folder. Its size is limited: the least recently used
entries are deleted first.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from mixengine.model import codec
from mixengine.model.session import Track
from mixengine.system.atomic import PARTIAL, write_atomically
from mixengine.system.user_dirs import cache_folder

MAX_BYTES = 64 * 2**20
_SAMPLED_BYTES = 16384
_SAMPLES = 4
_READING = 2
"""Counts up whenever items are read in another way."""


def digest(*parts: Any) -> str:
    """Hash of data: equal parts give equal names."""
    text = json.dumps(codec.encode(list(parts)), sort_keys=True)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


def track_digest(track: Track, *how: Any) -> str | None:
    """Hash of a track's audio; ``None`` when a file cannot be read. Fader, pan and names do not enter."""
    try:
        files = {clip.source.path: _fingerprint(clip.source.path) for clip in track.audio_clips}
    except OSError:
        return None
    clips = [
        codec.encode(replace(clip, id="", name="", selected=False, take="", behind=None, beside=""))
        for clip in track.audio_clips
    ]
    return digest(_READING, clips, track.automation, track.inverted, track.channels, files, *how)


def _fingerprint(path: str) -> list[Any]:
    """Size, modification time and a hash of bytes sampled from the file, its start and end included."""
    status = os.stat(path)
    checksum = hashlib.blake2b(digest_size=16)
    with open(path, "rb") as file:
        for index in range(_SAMPLES):
            file.seek(max(status.st_size - _SAMPLED_BYTES, 0) * index // (_SAMPLES - 1))
            checksum.update(file.read(_SAMPLED_BYTES))
    return [status.st_size, status.st_mtime_ns, checksum.hexdigest()]


def load(name: str | None) -> Any:
    """The entry of this name, ``None`` when there is none or it is damaged."""
    if name is None:
        return None
    path = cache_folder() / f"{name}.json"
    try:
        entry = json.loads(path.read_text(encoding="utf-8"))
        os.utime(path)
    except (OSError, ValueError):
        return None
    return entry


def store(name: str | None, entry: Any) -> None:
    """Store an entry. A cache that cannot be written is no error: the next run measures again."""
    if name is None:
        return
    place = cache_folder()
    try:
        place.mkdir(parents=True, exist_ok=True)
        write_atomically(place / f"{name}.json", json.dumps(codec.encode(entry)), sync=False)
    except OSError:
        return


def trim(limit_bytes: int = MAX_BYTES) -> None:
    """Delete the least recently used entries until the folder holds at most ``limit_bytes``."""
    entries = sorted(_entries(), key=lambda entry: entry[1].st_mtime, reverse=True)
    total = 0
    for path, status in entries:
        total += status.st_size
        if total > limit_bytes:
            path.unlink(missing_ok=True)


def clear() -> tuple[int, int]:
    """Delete all entries; returns how many and how many bytes."""
    count = size = 0
    for path, status in list(_entries()):
        path.unlink(missing_ok=True)
        count, size = count + 1, size + status.st_size
    return count, size


def _entries() -> Iterable[tuple[Path, os.stat_result]]:
    place = cache_folder()
    for path in place.glob("*") if place.is_dir() else ():
        if path.suffix in (".json", PARTIAL):
            try:
                yield path, path.stat()
            except FileNotFoundError:  # deleted by another process
                continue
