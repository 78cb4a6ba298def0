"""Files that are put in place together or not at all.

Everything is written to a hidden folder on the same disk first, flushed, and then renamed into place one by one, the
project last. An error before that (full disk, read-only folder, interrupt) leaves nothing behind. What stands in the
place of a file and is not as mixengine left it (`mixengine.system.own_files`) is kept beside, under a name with the
time.
"""

from __future__ import annotations

import errno
import filecmp
import os
import shutil
import tempfile
import time
from pathlib import Path
from types import TracebackType

from mixengine.system import file_names, own_files
from mixengine.system.atomic import flush, write_atomically
from mixengine.system.errors import UserError

_DISK_ERRORS = {
    getattr(errno, name)
    for name in "ENOSPC EDQUOT EACCES EPERM EROFS EIO ENOTDIR EISDIR EEXIST ENAMETOOLONG ELOOP".split()
    if hasattr(errno, name)
}


_PROJECT = ".rpp"
_FOREIGN = "mixengine did not write it, or it was changed since"
_NO_MEMORY = (
    "what mixengine writes cannot be remembered, so that each run keeps such copies: its cache cannot be written "
    "(MIXENGINE_CACHE sets another folder)"
)


def _prefix(process: int) -> str:
    return f".mixengine-{process}-"


def sweep(folder: Path, process: int) -> None:
    """Remove what a process that was killed was writing for ``folder``."""
    for place in (folder, *folder.parents):
        if place.is_dir():
            for left in place.glob(f"{_prefix(process)}*"):
                shutil.rmtree(left, ignore_errors=True)


class Staging:
    """Collects files for one folder.

    Use as a context manager; call `commit` as the last thing inside. Leaving without it removes everything.

    Parameters
    ----------
    folder : Path
        Where the files will stand; made when it does not exist.

    Attributes
    ----------
    notes : list of str
        What stood in the place of a file and was kept, and where; filled by `commit`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes: list[str] = []
        self._names: list[str] = []
        self._kept: dict[str, str] = {}
        self._temporary: Path | None = None

    def __enter__(self) -> Staging:
        if self.folder.exists() and not self.folder.is_dir():
            raise UserError(f"{self.folder}: is a file, a folder is needed there; choose another place with -o")
        place = self.folder
        while not place.is_dir() and place != place.parent:
            place = place.parent
        try:
            self._temporary = Path(tempfile.mkdtemp(prefix=_prefix(os.getpid()), dir=place))
        except OSError as error:
            raise _explained(error, self.folder) from None
        return self

    def path(self, name: str) -> Path:
        """Where to write the file that will be ``folder / name``."""
        assert self._temporary is not None
        path = self._temporary / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name not in self._names:
            self._names.append(name)
        return path

    def written(self, name: str) -> Path | None:
        """Where the file that will be ``folder / name`` stands until `commit`; ``None`` when it is not written."""
        assert self._temporary is not None
        path = self._temporary / name
        return path if path.is_file() else None

    def keep(self, name: str, why: str) -> None:
        """Keep a copy of what stands at ``folder / name`` although mixengine wrote it."""
        self._kept[name] = why

    def commit(self) -> list[Path]:
        """Rename all files into place, in the order in which their paths were requested.

        A project that stands there with other content is kept beside the new one as ``….rpp-bak``, and so is whatever
        mixengine did not write, or was changed since.

        Returns
        -------
        list of Path
            Those in whose place nothing stood.
        """
        new = [self.folder / name for name in self._names if not (self.folder / name).exists()]
        for name in self._names:
            if (self.folder / name).is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(self.folder / name))
            flush(self.path(name))
        for name in self._names:
            self._keep(name)
        for name in self._names:
            target = self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(self.path(name), target)
        if not own_files.remember(self.folder / name for name in self._names) and self.notes:
            self.notes.append(_NO_MEMORY)
        if os.name == "posix":
            flush(self.folder)
        return new

    def _keep(self, name: str) -> None:
        target, ready = self.folder / name, self.path(name)
        if not target.exists():
            return
        if target.suffix.lower() == _PROJECT:
            keep_copy(target, unless=ready)
            shutil.copymode(target, ready)
        elif (why := self._kept.get(name, _FOREIGN * (not own_files.is_own(target)))) and (
            copy := keep_copy(target, unless=ready)
        ):
            self.notes.append(f"{target}: what stood there is kept as {copy.name}: {why}")

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)
        if isinstance(error, OSError) and error.errno in _DISK_ERRORS:
            raise _explained(error, self.folder) from None


def keep_copy(path: Path, *, unless: Path | None = None) -> Path | None:
    """Copy a file to ``name-DATE_TIME.wav-bak`` beside it; ``None`` where its content equals that of ``unless``."""
    if not path.exists() or (unless is not None and filecmp.cmp(path, unless, shallow=False)):
        return None
    stamp, ending = time.strftime("%Y-%m-%d_%H%M%S"), f"{path.suffix.lower()}-bak"
    backup = path.with_name(file_names.extended(path.stem, f"-{stamp}{ending}"))
    count = 1
    while backup.exists():
        count += 1
        backup = path.with_name(file_names.extended(path.stem, f"-{stamp}-{count}{ending}"))
    try:
        # the file is replaced, not rewritten: a second name for the old one is a copy that needs no space
        os.link(path, backup)
    except OSError:
        write_atomically(backup, lambda partial: shutil.copy2(path, partial))
    return backup


def _explained(error: OSError, folder: Path) -> UserError:
    advice = "free some space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "choose another place with -o"
    return UserError(f"{folder}: cannot write: {error.strerror}; nothing was changed; {advice}")
