"""The undo stack: blocks with flags that say which parts of the project an undo brings back.

A change that the flags do not cover survives an undo, as in REAPER.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reaper_sim.tree import Node, Run, parse

TRACK_CONFIG, FX, ITEMS, MISC, FREEZE, TRACK_ENVELOPES, FX_ENVELOPES, POOLED = 1, 2, 4, 8, 16, 32, 64, 128
Entry = bytes | Node | Run


@dataclass(frozen=True)
class Step:
    """One entry of the undo history."""

    name: str
    flags: int
    before: bytes
    after: bytes


class UndoStack:
    """History of a project; ``depth`` is the number of open blocks."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.position = 0
        self.depth = 0
        self.unbalanced = 0
        self._before = b""

    def begin(self, data: bytes) -> None:
        if not self.depth:
            self._before = data
        self.depth += 1

    def end(self, name: str, flags: int, data: bytes) -> None:
        """Close a block; the outermost one makes the undo point."""
        if not self.depth:
            self.unbalanced += 1
            return
        self.depth -= 1
        if not self.depth:
            del self.steps[self.position :]
            self.steps.append(Step(name, flags, self._before, data))
            self.position += 1

    @property
    def can_undo(self) -> Step | None:
        return self.steps[self.position - 1] if self.position else None

    @property
    def can_redo(self) -> Step | None:
        return self.steps[self.position] if self.position < len(self.steps) else None


def restored(now: bytes, saved: bytes, flags: int) -> bytes:
    """The project ``now`` with the parts that ``flags`` cover taken from ``saved``."""
    if flags == -1:
        return saved
    before, mine, after = parse(now)
    _, theirs, _ = parse(saved)
    mine.entries = _mix(mine.entries, theirs.entries, _project_part, flags)
    return before + mine.data() + after


def _project_part(entry: Entry) -> int:
    words = entry.split() if isinstance(entry, bytes) else []
    name = entry.name if isinstance(entry, Node) else words[0].decode("latin-1") if words else ""
    if isinstance(entry, Node) and name == "TRACK":
        return TRACK_CONFIG
    if name.startswith("MASTER"):
        return TRACK_ENVELOPES if "ENV" in name else FX if "FXLIST" in name else TRACK_CONFIG
    return POOLED if name == "POOLEDENV" else MISC


def _track_part(entry: Entry) -> int:
    if not isinstance(entry, Node):
        return TRACK_CONFIG
    if "ENV" in entry.name:
        return TRACK_ENVELOPES
    return {"FXCHAIN": FX, "FXCHAIN_REC": FX, "ITEM": ITEMS, "FREEZE": FREEZE}.get(entry.name, TRACK_CONFIG)


def _mix(now: list[Entry], saved: list[Entry], part: Callable[[Entry], int], flags: int) -> list[Entry]:
    """Covered entries from ``saved``, the others from ``now``, in the order of ``saved``; tracks go one level down."""
    mine = {_key(entry): entry for entry in now if _key(entry)}
    theirs = {_key(entry): entry for entry in saved if _key(entry)}
    kept = [entry for entry in now if not flags & part(entry)]
    out: list[Entry] = []
    slots = sum(not flags & part(entry) for entry in saved)
    for entry in saved:
        if flags & part(entry):
            out.append(entry)
        elif kept:
            out.append(kept.pop(0))
            slots -= 1
        if not slots and kept and not flags & part(entry):
            out += kept
            kept = []
    out += kept
    for entry in out:
        key = _key(entry)
        if key and key in mine and key in theirs:
            assert isinstance(entry, Node)
            entry.entries = _mix(mine[key].entries, theirs[key].entries, _track_part, flags)
    return out


def _key(entry: Entry) -> str:
    return entry.words[1] if isinstance(entry, Node) and entry.name == "TRACK" and len(entry.words) > 1 else ""
