"""Atomic changes of several files: all or none.

Everything that needs space or permission happens first: folders, new contents in temporary files beside their
targets, dated backups, hard links to the present files. Only then files are renamed, and if that fails half-way the
links are renamed back, which works even on a full disk.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from mixengine.system.errors import UserError

_SPACE = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


@dataclass
class _Change:
    path: Path
    new: bytes | None
    keep: bool
    fresh: Path | None = None
    old: Path | None = None


class Changes:
    """Collects changes of files; `commit` carries them out.

    Parameters
    ----------
    label : Path
        The folder named in messages.
    """

    def __init__(self, label: Path) -> None:
        self.label = label
        self._changes: dict[Path, _Change] = {}

    def read(self, path: Path) -> bytes | None:
        """Content of a file after the collected changes; None when there is no such file."""
        path = _real(path)
        if path in self._changes:
            return self._changes[path].new
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UserError(f"{path}: cannot read: {error.strerror}; check its permissions") from None

    def write(self, path: Path, data: bytes, *, keep: bool = False) -> bool:
        """Write ``data`` to a file, with ``keep`` after a dated backup; returns whether that changes anything."""
        return self._collect(path, data, keep)

    def remove(self, path: Path, *, keep: bool = False) -> bool:
        """Remove a file; returns whether it existed."""
        return self._collect(path, None, keep)

    def _collect(self, path: Path, data: bytes | None, keep: bool) -> bool:
        if self.read(path) == data:
            return False
        path = _real(path)
        self._changes[path] = _Change(path, data, keep)
        return True

    @property
    def paths(self) -> list[Path]:
        """The files that will change."""
        return list(self._changes)

    def commit(self) -> list[Path]:
        """Carry out the changes.

        Returns
        -------
        list[Path]
            The dated backups.
        """
        new_folders: list[Path] = []
        backups: list[Path] = []
        changes = list(self._changes.values())
        try:
            for change in changes:
                _check(change.path)
            for change in changes:
                self._prepare(change, new_folders, backups)
            for change in changes:
                _apply(change)
        except BaseException as error:
            not_restored = _undo(changes, new_folders, backups)
            if isinstance(error, OSError):
                raise self._user_error(error, not_restored) from None
            raise
        for change in changes:
            if change.old is not None:
                change.old.unlink(missing_ok=True)
        return backups

    def _prepare(self, change: _Change, new_folders: list[Path], backups: list[Path]) -> None:
        _make_folder(change.path.parent, new_folders)
        exists = change.path.exists()
        if change.new is not None:
            handle, name = tempfile.mkstemp(prefix=".mixengine-", dir=change.path.parent)
            change.fresh = Path(name)
            with os.fdopen(handle, "wb") as file:
                file.write(change.new)
                file.flush()
                os.fsync(file.fileno())
            if exists:
                shutil.copymode(change.path, change.fresh)
            else:
                change.fresh.chmod(0o666 & ~_umask())
        if exists and change.keep:
            backups.append(_dated(change.path))
            _link_or_copy(change.path, backups[-1], link=False)
        if exists:
            old = change.path.with_name(f".mixengine-{os.getpid()}-{change.path.name}.old")
            old.unlink(missing_ok=True)
            _link_or_copy(change.path, old, link=True)
            change.old = old  # only set once the copy is complete

    def _user_error(self, error: OSError, not_restored: list[Path]) -> UserError:
        where = error.filename or self.label
        advice = "free some space" if error.errno in _SPACE else "close programs that use it and check its permissions"
        state = (
            f"{not_restored[0]} and {len(not_restored) - 1} more could not be put back"
            if not_restored
            else "nothing was changed"
        )
        return UserError(f"{where}: cannot write: {error.strerror or error}; {state}; {advice}")


def _real(path: Path) -> Path:
    """The target of a symbolic link: users link their settings from other folders, and links must stay links."""
    return path.resolve() if path.is_symlink() else path


def _check(path: Path) -> None:
    place = path.parent
    while not place.exists() and place != place.parent:
        place = place.parent
    for entry in (path, place):
        # mode bits instead of os.access: root may write everywhere, but a read-only file is meant to stay as it is
        if entry.exists() and (os.name == "posix" or entry.is_file()) and not entry.stat().st_mode & 0o222:
            raise PermissionError(errno.EACCES, "it is read-only", str(entry))
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "a folder stands where a file belongs", str(path))
    if not place.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "a file stands where a folder belongs", str(place))


def _make_folder(folder: Path, new_folders: list[Path]) -> None:
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir()
        new_folders.append(path)


def _apply(change: _Change) -> None:
    if change.fresh is not None:
        os.replace(change.fresh, change.path)
    elif change.path.exists():
        change.path.unlink()


def _undo(changes: list[_Change], new_folders: list[Path], backups: list[Path]) -> list[Path]:
    """Restore everything; returns the files that could not be restored."""
    not_restored = []
    for change in changes:
        try:
            _restore(change)
        except OSError:
            not_restored.append(change.path)
    for copy in backups if not not_restored else ():
        copy.unlink(missing_ok=True)
    for folder in reversed(new_folders):
        with contextlib.suppress(OSError):
            folder.rmdir()
    return not_restored


def _restore(change: _Change) -> None:
    applied = change.fresh is not None and not change.fresh.exists()
    if change.old is not None and change.old.exists():
        os.replace(change.old, change.path)
        change.old.unlink(missing_ok=True)  # renaming a hard link to another link of the same file does nothing
    elif applied:
        change.path.unlink(missing_ok=True)
    if change.fresh is not None:
        change.fresh.unlink(missing_ok=True)


def _link_or_copy(path: Path, other: Path, *, link: bool) -> None:
    if link:
        try:
            os.link(path, other)
            return
        except OSError:
            pass  # this file system has no hard links
    try:
        shutil.copyfile(path, other)
        with other.open("rb+") as file:
            os.fsync(file.fileno())
        shutil.copystat(path, other)
    except BaseException:
        other.unlink(missing_ok=True)
        raise


def _dated(path: Path) -> Path:
    stem = f"{path.name}.mixengine-{time.strftime('%Y-%m-%d_%H%M%S')}"
    names = [f"{stem}.bak", *(f"{stem}-{count}.bak" for count in range(2, 1000))]
    return next(path.with_name(name) for name in names if not path.with_name(name).exists())


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
