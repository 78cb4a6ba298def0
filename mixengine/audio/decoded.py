"""Decoded copies of files that libsndfile does not read, or not to the end: made once, kept in the user's cache folder.

A copy is a WAV of 32-bit float, so that any position of it is read as exactly and as fast as of any WAV, and its length
is what was decoded. It is made by a helper process: what crashes or hangs there is a file that cannot be read.
The folder is limited; the copies that were used least recently go first.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixengine.system.user_dirs import cache_folder

VERSION = 1
"""Raise when decoding changes: copies of other versions are not used."""
MAX_BYTES = 20 * 2**30
COMMAND = (sys.executable, "-m", "mixengine.audio.decode_worker")
HANGS_AFTER_S = 60.0
"""A helper that says nothing for so long is ended."""
_IN_USE_S = 3600.0
_CRASHED = "its decoder crashed: the file is damaged"


class DecodingFailed(Exception):
    """Why there is no decoded copy, in words."""


@dataclass(frozen=True, slots=True)
class DecodedCopy:
    """A copy: where it is, what it was, and what is missing in it (`mixengine.audio.decode.Decoded`)."""

    path: str
    frames: int
    bits: int
    notes: tuple[str, ...]


def folder() -> Path:
    """Where copies are kept."""
    return cache_folder() / "decoded"


def decoded_copy(source: str, container: str) -> DecodedCopy:
    """The decoded copy of a file, made if there is none.

    Raises
    ------
    DecodingFailed
        The file cannot be decoded, or there is no room for a copy.
    """
    place = _place()
    status = os.stat(source)
    real = os.fsencode(os.path.realpath(source))
    name = hashlib.blake2b(
        repr((VERSION, real, status.st_size, status.st_mtime_ns, container)).encode(), digest_size=16
    ).hexdigest()
    facts, sound = place / f"{name}.facts", place / f"{name}.wav"
    if (known := _known(facts, sound)) is not None:
        return known
    target = place / f"{name}.{os.getpid()}.part"
    try:
        request = {"source": os.path.abspath(source), "target": str(target), "container": container}
        reply = _helper().ask(request)
        if reply.get("error") == _CRASHED:  # once more: it may not have been the file's fault
            reply = _helper().ask(request)
        if "decoded" not in reply:
            raise DecodingFailed(_no_room(place) or reply["error"])
        _put(target, sound)
        facts.write_text(json.dumps(reply["decoded"]), encoding="utf-8")
    except OSError as error:
        raise DecodingFailed(f"no decoded copy can be kept in {place}: {error.strerror or error}") from None
    finally:
        target.unlink(missing_ok=True)
    trim(place)
    copy = _known(facts, sound)
    if copy is None:
        raise DecodingFailed(f"no decoded copy can be kept in {place}")
    return copy


def _put(target: Path, sound: Path) -> None:
    """Put a copy in place; another process may have done so, and may have it open."""
    try:
        os.replace(target, sound)
    except PermissionError:
        if not sound.exists():
            raise


def _place() -> Path:
    """The folder of copies; one of the system where the user's cannot be written."""
    for place in (folder(), Path(tempfile.gettempdir()) / "mixengine-decoded"):
        with contextlib.suppress(OSError):
            place.mkdir(parents=True, exist_ok=True)
            if os.access(place, os.W_OK):
                return place
    raise DecodingFailed("there is no folder for decoded copies; name one with MIXENGINE_CACHE")


def _known(facts: Path, sound: Path) -> DecodedCopy | None:
    try:
        words: dict[str, Any] = json.loads(facts.read_text(encoding="utf-8"))
        os.utime(sound)
        return DecodedCopy(str(sound), int(words["frames"]), int(words["bits"]), tuple(words["notes"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _no_room(place: Path) -> str:
    """Why writing failed when the disk is full."""
    import shutil

    free = shutil.disk_usage(place).free
    return f"no room for its decoded copy in {place}; MIXENGINE_CACHE names another folder" if free < 2**20 else ""


def trim(place: Path, limit_bytes: int = MAX_BYTES) -> None:
    """Delete the least recently used copies until the folder holds at most ``limit_bytes``; none of the last hour."""
    entries = []
    for path in place.glob("*.wav"):
        with contextlib.suppress(OSError):
            entries.append((path.stat().st_mtime, path.stat().st_size, path))
    total, now = 0, time.time()
    for used, size, path in sorted(entries, reverse=True):
        total += size
        if total > limit_bytes and now - used > _IN_USE_S:
            _remove(path)


def clear() -> tuple[int, int]:
    """Delete all copies; returns how many and how many bytes."""
    count = size = 0
    for path in folder().glob("*.wav") if folder().is_dir() else ():
        with contextlib.suppress(OSError):
            count, size = count + 1, size + path.stat().st_size
            _remove(path)
    return count, size


def _remove(path: Path) -> None:
    for each in (path, path.with_suffix(".facts")):
        with contextlib.suppress(OSError):
            each.unlink(missing_ok=True)


class _Helper:
    """A helper process and the thread that reads its replies."""

    def __init__(self) -> None:
        no_window = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        self._process = subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            creationflags=no_window,
            start_new_session=True,  # an interrupt is for the program, which ends the helper
        )
        self._replies: queue.Queue[str] = queue.Queue()
        self._lock = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._replies.put(line)
        self._replies.put("")

    def ask(self, request: dict[str, str]) -> dict[str, Any]:
        """Send a request and wait for its reply."""
        with self._lock:
            try:
                assert self._process.stdin is not None
                self._process.stdin.write(json.dumps(request) + "\n")
                self._process.stdin.flush()
                while True:
                    line = self._replies.get(timeout=HANGS_AFTER_S)
                    if not line:
                        return self._gave_up(_CRASHED)
                    reply: dict[str, Any] = json.loads(line)
                    if "progress" not in reply:
                        return reply
            except queue.Empty:
                return self._gave_up("its decoder hangs: the file is damaged")
            except OSError:
                return self._gave_up("the decoder could not be started")
            except BaseException:
                self._gave_up("interrupted")  # a reply that still comes would answer the next request
                raise

    @property
    def is_alive(self) -> bool:
        """Whether the process can be asked."""
        return self._process.poll() is None

    def _gave_up(self, why: str) -> dict[str, Any]:
        self.close()
        _HELPERS.clear()
        return {"error": why}

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(OSError, ValueError):
            if self._process.stdin is not None:
                self._process.stdin.close()


_HELPERS: dict[int, _Helper] = {}
"""By process: a fork does not share its parent's helper."""


def _helper() -> _Helper:
    process = os.getpid()
    if process in _HELPERS and not _HELPERS[process].is_alive:
        close_helper()
    if process not in _HELPERS:
        _HELPERS.clear()
        _HELPERS[process] = _Helper()
        atexit.register(close_helper)
    return _HELPERS[process]


def close_helper() -> None:
    """End this process's helper, if there is one."""
    helper = _HELPERS.pop(os.getpid(), None)
    if helper is not None:
        helper.close()
