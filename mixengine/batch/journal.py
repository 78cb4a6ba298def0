"""What a batch has finished: one JSON line per item, on the disk before the next one counts.

A line that was cut off (power, full disk) is not read and stays alone: the item is done again.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from mixengine.model import codec
from mixengine.system.errors import UserError

NAME = ".mixengine-batch.jsonl"
DONE, FAILED = "done", "failed"


@dataclass(frozen=True, slots=True)
class Entry:
    """An item that was finished, well or not.

    Attributes
    ----------
    item, key : str
        See `mixengine.batch.steps.Task`.
    jobs : tuple of str
    status : str
        `DONE` or `FAILED`.
    error : str
        Why it failed, in one line.
    outputs : dict of str to str
        What → path; in the journal relative to its folder, with forward slashes.
    notes : tuple of str
    seconds : float
        How long the last attempt took.
    attempts : int
        2 when a worker died on the first.
    version : str
        The mixengine that did it.
    levels : dict of str to float
        Of a finished mix at a target: `mixengine.batch.chain.LEVELS`.
    """

    item: str
    key: str
    jobs: tuple[str, ...]
    status: str
    error: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    attempts: int = 1
    version: str = ""
    levels: dict[str, float] = field(default_factory=dict)


class Journal:
    """The journal in a folder; entries' outputs are absolute outside of the file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.path = self.folder / NAME
        self._file: BinaryIO | None = None

    def entries(self) -> dict[str, Entry]:
        """Key → the last entry that was written for it."""
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise UserError(f"{self.path}: cannot be read: {error.strerror}") from None
        entries: dict[str, Entry] = {}
        for line in lines:
            try:
                entry = codec.decode(Entry, json.loads(line))
            except (ValueError, RecursionError):
                continue
            outputs = {what: os.path.normpath(self.folder / path) for what, path in entry.outputs.items()}
            entries[entry.key] = codec.decode(Entry, {**asdict(entry), "outputs": outputs})
        return entries

    def __enter__(self) -> Journal:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("a+b")
            self._file.seek(0, os.SEEK_END)
            if self._file.tell():
                self._file.seek(-1, os.SEEK_END)
                if self._file.read(1) != b"\n":
                    self._file.write(b"\n")
        except OSError as error:
            if self._file is not None:
                self._file.close()
            raise UserError(f"{self.path}: cannot write: {error.strerror}; choose another place with -o") from None
        return self

    def add(self, entry: Entry) -> None:
        """Write an entry through to the disk."""
        assert self._file is not None
        outputs = {what: relative(path, self.folder) for what, path in entry.outputs.items()}
        line = json.dumps(codec.encode({**asdict(entry), "outputs": outputs}), allow_nan=False)
        try:
            self._file.write(line.encode("ascii") + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise UserError(f"{self.path}: cannot write: {error.strerror}; the batch stopped there") from None

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        assert self._file is not None
        self._file.close()


def relative(path: str, folder: Path) -> str:
    """A path from a folder, with forward slashes; as it is on another drive."""
    try:
        return os.path.relpath(path, folder).replace(os.sep, "/")
    except ValueError:
        return path
