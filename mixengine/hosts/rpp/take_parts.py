"""What hangs on a take and goes with its sound: what a new take of the same item takes over from the old one.

The new file holds the source as the take reads it: its section, its channel mode and, where rate and pitch only
resample, its rate. All that REAPER does to that sound afterwards is not in the file and must hang on the new take as on
the old one: volume, pan, polarity (`mixengine.hosts.rpp.takes` writes them), envelopes, pitch and time stretch, take
effects; and so must what only names places: colour, take markers, data of other scripts. Envelope points count in take
time (seconds of the timeline times the play rate), stretch markers and take markers in seconds of the source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mixengine.hosts.rpp import new
from mixengine.hosts.rpp.items import Take
from mixengine.hosts.rpp.syntax import Block
from mixengine.hosts.rpp.words import Line, decode, format_number
from mixengine.model.plan import NewTake

_PLAYED_AS_IT_IS = "PLAYRATE 1 1 0 -1 0 0.0025"
_TIME_DECIMALS = 12
_SAME = 1e-9
_FIRST_NUMBER = re.compile(r"([ \t]*\S+[ \t]+)(\S+)")
_OWN_IDS = ("EGUID", "FXID")
"""Lines whose id belongs to one object of the project: copies get ids of their own."""


@dataclass(frozen=True)
class Transfer:
    """From an old take to the new one.

    Attributes
    ----------
    take : str
        Id of the new take.
    stretch : float > 0
        Take time of the new one per take time of the old one.
    same_source_time : bool
        Whether a second of the source is the same second of the new file.
    offset_s, old_offset_s : float
        Where the takes begin in their files.
    """

    take: str
    stretch: float
    same_source_time: bool
    offset_s: float
    old_offset_s: float

    @classmethod
    def of(cls, old: Take, change: NewTake) -> Transfer:
        """What ``change`` makes of the times of ``old``."""
        rate, offset_s = _number(old, "PLAYRATE", 1.0), _number(old, "SOFFS", 0.0)
        stretch = change.rate / rate if rate > 0.0 else 1.0
        same = abs(stretch - 1.0) < _SAME and abs(change.offset_s - offset_s) < _SAME
        return cls(change.take, 1.0 if abs(stretch - 1.0) < _SAME else stretch, same, change.offset_s, offset_s)


def playrate(old: Take, change: NewTake) -> str:
    """The new take's line: stretch and pitch of the old one where the file plays at the old rate, else none."""
    line = old.lines.get("PLAYRATE")
    if line is not None and abs(line.number(1, 1.0) - change.rate) < _SAME:
        return decode(line.raw).strip()
    if change.rate == 1.0:
        return _PLAYED_AS_IT_IS
    return f"PLAYRATE {format_number(change.rate)} 0 0 -1 0 0.0025"


def kept(old: Take, entries: list[Line | Block], change: NewTake) -> tuple[list[str], list[str]]:
    """Lines that the new take takes over: those before its source, and those after it.

    Parameters
    ----------
    entries : list
        The lines and blocks of the old take, in the order of the file.
    """
    transfer = Transfer.of(old, change)
    source = old.source.start if old.source else 0
    before: list[str] = []
    after: list[str] = []
    for entry in entries:
        carry = _BLOCKS.get(entry.name) if isinstance(entry, Block) else _LINES.get(entry.name)
        if carry is not None:
            (before if entry.start < source else after).extend(carry(_text(entry), transfer))
    return before, after


def _text(entry: Line | Block) -> list[str]:
    """An entry's lines, without its own indentation."""
    raw = entry.data[entry.start : entry.end] if isinstance(entry, Block) else entry.raw
    lines = decode(raw).removesuffix("\n").split("\n")
    indent = len(lines[0]) - len(lines[0].lstrip(" \t"))
    return [_unindented(line.rstrip("\r"), lines[0][:indent]) for line in lines]


def _unindented(line: str, indent: str) -> str:
    return line.removeprefix(indent) if line.startswith(indent) else line.lstrip(" \t")


def _as_it_is(lines: list[str], _: Transfer) -> list[str]:
    return lines


def _take_time(lines: list[str], transfer: Transfer) -> list[str]:
    """An envelope, or effects with envelopes in them: their points moved, their ids new."""
    return [_in_take_time(line, transfer) for line in lines]


def _in_take_time(line: str, transfer: Transfer) -> str:
    word = line.split(maxsplit=1)[:1]
    if word == ["PT"] and transfer.stretch != 1.0:
        return _with_number(line, lambda time_s: time_s * transfer.stretch)
    if word and word[0] in _OWN_IDS:
        return _FIRST_NUMBER.sub(lambda match: match[1] + new.guid(word[0], transfer.take, match[2]), line, count=1)
    return line


def _source_time(lines: list[str], transfer: Transfer) -> list[str]:
    """A take marker at its place in the new file; markers before the file's start are left on the old take."""
    (line,) = lines
    match = _FIRST_NUMBER.match(line)
    if transfer.same_source_time or match is None:
        return lines

    def moved(time_s: float) -> float:
        return (time_s - transfer.old_offset_s) * transfer.stretch + transfer.offset_s

    return [_with_number(line, moved)] if moved(_parsed(match[2])) >= 0.0 else []


def _source_map(lines: list[str], transfer: Transfer) -> list[str]:
    """Stretch markers name seconds of the source: they mean the same only where the file has the same seconds."""
    return lines if transfer.same_source_time else []


def _with_number(line: str, change: Callable[[float], float]) -> str:
    def replaced(match: re.Match[str]) -> str:
        return match[1] + format_number(change(_parsed(match[2])), _TIME_DECIMALS)

    return _FIRST_NUMBER.sub(replaced, line, count=1)


def _parsed(text: str) -> float:
    return Line(text.encode(), 0).number(0)


def _number(take: Take, name: str, default: float) -> float:
    line = take.lines.get(name)
    return line.number(1, default) if line else default


_Carry = Callable[[list[str], Transfer], list[str]]
_LINES: Mapping[str, _Carry] = MappingProxyType(
    {"TAKECOLOR": _as_it_is, "TAKEFX_NCH": _as_it_is, "TKM": _source_time, "SM": _source_map}
)
_BLOCKS: Mapping[str, _Carry] = MappingProxyType(
    {
        "VOLENV": _take_time,
        "PANENV": _take_time,
        "MUTEENV": _take_time,
        "PITCHENV": _take_time,
        "TAKEFX": _take_time,
        "EXT": _as_it_is,
    }
)
"""Lines and blocks of a take that go with its sound; edits of single samples and spectra belong to the old file."""
