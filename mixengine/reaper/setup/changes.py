"""Several files that change together or not at all.

Everything that needs space or permission happens first: folders, new contents in temporary files beside their places,
dated copies, a second name for what is there. Only then files are renamed, and should that fail half-way the second
names are renamed back, for which even a full disk has room.
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
    """Collects what shall be in files; `commit` does it.

    Parameters
    ----------
    label : Path
        The folder that messages name.
    """

    def __init__(self, label: Path) -> None:
        self.label = label
        self._wanted: dict[Path, _Change] = {}

    def read(self, path: Path) -> bytes | None:
        """What the file holds, or will hold; None when there is no such file."""
        path = _real(path)
        if path in self._wanted:
            return self._wanted[path].new
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UserError(f"{path}: cannot read: {error.strerror}; check its permissions") from None

    def write(self, path: Path, data: bytes, *, keep: bool = False) -> bool:
        """Have ``data`` in a file, ``keep`` a dated copy of what was there; says whether that changes anything."""
        return self._note(path, data, keep)

    def remove(self, path: Path, *, keep: bool = False) -> bool:
        """Have a file away; says whether it was there."""
        return self._note(path, None, keep)

    def _note(self, path: Path, data: bytes | None, keep: bool) -> bool:
        if self.read(path) == data:
            return False
        path = _real(path)
        self._wanted[path] = _Change(path, data, keep)
        return True

    @property
    def paths(self) -> list[Path]:
        """The files that will change."""
        return list(self._wanted)

    def commit(self) -> list[Path]:
        """Do it.

        Returns
        -------
        list[Path]
            The dated copies.
        """
        made: list[Path] = []
        copies: list[Path] = []
        changes = list(self._wanted.values())
        try:
            for change in changes:
                _check(change.path)
            for change in changes:
                self._prepare(change, made, copies)
            for change in changes:
                _carry_out(change)
        except BaseException as error:
            stuck = _undo(changes, made, copies)
            if isinstance(error, OSError):
                raise self._explained(error, stuck) from None
            raise
        for change in changes:
            if change.old is not None:
                change.old.unlink(missing_ok=True)
        return copies

    def _prepare(self, change: _Change, made: list[Path], copies: list[Path]) -> None:
        _make_folder(change.path.parent, made)
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
            copies.append(_dated(change.path))
            _second_name(change.path, copies[-1], link=False)
        if exists:
            old = change.path.with_name(f".mixengine-{os.getpid()}-{change.path.name}.old")
            old.unlink(missing_ok=True)
            _second_name(change.path, old, link=True)
            change.old = old  # only now is it whole

    def _explained(self, error: OSError, stuck: list[Path]) -> UserError:
        where = error.filename or self.label
        advice = "free some space" if error.errno in _SPACE else "close programs that use it and check its permissions"
        state = f"{stuck[0]} and {len(stuck) - 1} more could not be put back" if stuck else "nothing was changed"
        return UserError(f"{where}: cannot write: {error.strerror or error}; {state}; {advice}")


def _real(path: Path) -> Path:
    """Where a link leads: people keep their settings in other folders, and a link must stay one."""
    return path.resolve() if path.is_symlink() else path


def _check(path: Path) -> None:
    place = path.parent
    while not place.exists() and place != place.parent:
        place = place.parent
    for thing in (path, place):
        # the bits, not what we may do: an administrator may write everywhere and the user still meant it
        if thing.exists() and (os.name == "posix" or thing.is_file()) and not thing.stat().st_mode & 0o222:
            raise PermissionError(errno.EACCES, "it is read-only", str(thing))
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "a folder stands where a file belongs", str(path))
    if not place.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "a file stands where a folder belongs", str(place))


def _make_folder(folder: Path, made: list[Path]) -> None:
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir()
        made.append(path)


def _carry_out(change: _Change) -> None:
    if change.fresh is not None:
        os.replace(change.fresh, change.path)
    elif change.path.exists():
        change.path.unlink()


def _undo(changes: list[_Change], made: list[Path], copies: list[Path]) -> list[Path]:
    """Put everything back; returns what could not be."""
    stuck = []
    for change in changes:
        try:
            _put_back(change)
        except OSError:
            stuck.append(change.path)
    for copy in copies if not stuck else ():
        copy.unlink(missing_ok=True)
    for folder in reversed(made):
        with contextlib.suppress(OSError):
            folder.rmdir()
    return stuck


def _put_back(change: _Change) -> None:
    carried_out = change.fresh is not None and not change.fresh.exists()
    if change.old is not None and change.old.exists():
        os.replace(change.old, change.path)
        change.old.unlink(missing_ok=True)  # two names of one file: renaming one to the other does nothing
    elif carried_out:
        change.path.unlink(missing_ok=True)
    if change.fresh is not None:
        change.fresh.unlink(missing_ok=True)


def _second_name(path: Path, other: Path, *, link: bool) -> None:
    if link:
        try:
            os.link(path, other)
            return
        except OSError:
            pass  # this kind of disk has no second names
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
