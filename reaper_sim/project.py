"""An open project: its tree, loading, saving, and going back to an earlier text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mixengine.hosts.rpp.words import format_number, parse_number
from reaper_sim.tree import Node, get_word, parse, set_word
from reaper_sim.undo import UndoStack

if TYPE_CHECKING:
    from reaper_sim.pointers import Pointers

EMPTY = b"""<REAPER_PROJECT 0.1 "7.78/linux-x86_64" 1760000000\r
  RIPPLE 0\r
  CURSOR 0\r
  RECORD_PATH "" ""\r
  SAMPLERATE 44100 0 0\r
  TEMPO 120 4 4\r
  SELECTION 0 0\r
  SELECTION2 0 0\r
  MASTER_VOLUME 1 0 -1 -1 1\r
  MASTER_FX 1\r
>\r
"""


class Master:
    """The master track: lines and blocks that stand directly in the project."""

    def __init__(self, project: SimProject) -> None:
        self.project = project


class SimProject:
    """A project tab.

    Attributes
    ----------
    path : Path or None
        Its file; ``None`` while it was never saved.
    root : Node
        The ``<REAPER_PROJECT`` block.
    changes : int
        Grows with every edit (``GetProjectStateChangeCount``).
    loose_changes : int
        Edits made while no undo block was open: REAPER has no undo point for them.
    """

    def __init__(self, data: bytes = EMPTY, path: Path | None = None) -> None:
        self.path = path
        self.changes = self.loose_changes = 0
        self.is_dirty = False
        self.undo = UndoStack()
        self.master = Master(self)
        self.play_state = 0
        self.handles: dict[tuple[int, bool], Any] = {}
        self._before, self.root, self._after = parse(data)
        if self.root.name != "REAPER_PROJECT":
            raise ValueError(f"{path}: no REAPER project")
        self.root.owner = self

    @property
    def is_recording(self) -> bool:
        return bool(self.play_state & 4)

    @classmethod
    def load(cls, path: str | Path) -> SimProject:
        return cls(Path(path).read_bytes(), Path(path).absolute())

    def data(self) -> bytes:
        """The project as it would be saved now."""
        return self._before + self.root.data() + self._after

    def touched(self) -> None:
        """Count an edit."""
        self.changes += 1
        self.is_dirty = True
        if not self.undo.depth:
            self.loose_changes += 1

    @property
    def tracks(self) -> list[Node]:
        return self.root.all("TRACK")

    @property
    def items(self) -> list[Node]:
        return [item for track in self.tracks for item in track.all("ITEM")]

    @property
    def folder(self) -> Path | None:
        return self.path.parent if self.path else None

    @property
    def cursor(self) -> float:
        return parse_number(get_word(self.root, "CURSOR", 1) or "0")

    @cursor.setter
    def cursor(self, value: float) -> None:
        if value != self.cursor:
            set_word(self.root, "CURSOR", 1, format_number(max(value, 0.0)), "CURSOR 0")

    def selection(self, is_loop: bool) -> tuple[float, float]:
        """Time selection or loop range."""
        line = self.root.line("SELECTION2" if is_loop else "SELECTION")
        return (line.number(1), line.number(2)) if line else (0.0, 0.0)

    def select_time(self, is_loop: bool, start: float, end: float) -> None:
        name = "SELECTION2" if is_loop else "SELECTION"
        if (start, end) != self.selection(is_loop):
            set_word(self.root, name, 1, format_number(start), f"{name} 0 0")
            set_word(self.root, name, 2, format_number(end), f"{name} 0 0")

    def replace(self, data: bytes, pointers: Pointers) -> None:
        """Go back to an earlier text. Tracks that did not change live on; of the others only the track pointer does.

        REAPER builds items, takes and envelopes again when it undoes, so their pointers die.
        """
        if data == self.data():
            return
        before, root, after = parse(data)
        old = {track.words[1] if len(track.words) > 1 else "": track for track in self.tracks}
        for track in self.tracks:
            track.parent = None
        root.owner = self
        for at, entry in enumerate(root.entries):
            if not isinstance(entry, Node) or entry.name != "TRACK" or len(entry.words) < 2:
                continue
            known = old.pop(entry.words[1], None)
            if known is None:
                continue
            if known.data() == entry.data():
                root.entries[at], known.parent = known, root
            else:
                pointers.rebind(known, entry)
        self.root.owner = None
        self._before, self.root, self._after = before, root, after
        self.changes += 1
        self.is_dirty = True
