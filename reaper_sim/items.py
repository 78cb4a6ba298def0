"""Takes: stretches of an item's entries, and the parameters of tracks, items and takes as places in lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mixengine.hosts.rpp.words import Line, format_number, parse_number
from reaper_sim.tree import Node, get_word, set_word

if TYPE_CHECKING:
    from collections.abc import Sequence


class Take:
    """A take of an item: take 1 owns the lines before the first ``TAKE`` line, each ``TAKE`` line begins another."""

    def __init__(self, item: Node) -> None:
        self.item = item

    @property
    def number(self) -> int:
        assert self.item.takes is not None
        return self.item.takes.index(self)

    @property
    def span(self) -> tuple[int, int | None]:
        """Where its entries are."""
        marks = take_marks(self.item)
        bounds = [0, *marks, len(self.item.entries)]
        return bounds[self.number], bounds[self.number + 1]

    @property
    def source(self) -> Node | None:
        start, stop = self.span
        result = (e for e in self.item.entries[start:stop] if isinstance(e, Node) and e.name == "SOURCE")
        return next(result, None)

    @property
    def envelopes(self) -> list[Node]:
        start, stop = self.span
        return [e for e in self.item.entries[start:stop] if isinstance(e, Node) and e.name.endswith("ENV")]

    @property
    def is_null(self) -> bool:
        """``TAKE NULL``: an empty lane."""
        first = self.item.entries[self.span[0]]
        return self.number > 0 and isinstance(first, bytes) and "NULL" in Line(first, 0).words


def take_marks(item: Node) -> list[int]:
    """Positions of the ``TAKE`` lines."""
    return [
        at
        for at, entry in enumerate(item.entries)
        if isinstance(entry, bytes) and entry.lstrip(b" \t").startswith(b"TAKE") and Line(entry, 0).name == "TAKE"
    ]


def takes(item: Node) -> list[Take]:
    """The takes of an item; none for an empty item."""
    if item.takes is None:
        marks = take_marks(item)
        stop = marks[0] if marks else len(item.entries)
        has_first = marks or item.find("GUID", 0, stop) >= 0 or item.first("SOURCE") is not None
        item.takes = [Take(item) for _ in range(len(marks) + bool(has_first))]
    return item.takes


def active_number(item: Node) -> int:
    """Index of the active take."""
    for number, at in enumerate(take_marks(item), start=1):
        if "SEL" in Line(item.entries[at], 0).words:  # type: ignore[arg-type]
            return number
    return 0


def activate(item: Node, number: int) -> None:
    """Make a take the active one."""
    for index, at in enumerate(take_marks(item), start=1):
        raw = item.entries[at]
        assert isinstance(raw, bytes)
        words = [word for word in Line(raw, 0).words if word != "SEL"] + ["SEL"] * (index == number)
        item.entries[at] = raw[: len(raw) - len(raw.lstrip(b" \t"))] + " ".join(words).encode() + item.newline
    item.mark()


@dataclass(frozen=True)
class Place:
    """A number in a line: its name, the word, the whole line as REAPER would write it new, digits (0: whole number)."""

    line: str
    word: int
    template: str
    decimals: int = 14

    def read(self, node: Node, span: tuple[int, int | None] = (0, None)) -> float:
        text = get_word(node, self.line, self.word, span)
        return parse_number(text if text is not None else self.template.split()[self.word])

    def write(self, node: Node, value: float, span: tuple[int, int | None] = (0, None)) -> None:
        text = format_number(value, self.decimals) if self.decimals else str(int(value))
        if parse_number(text) != self.read(node, span):
            set_word(node, self.line, self.word, text, self.template, span)


def _places(table: Sequence[tuple[str, str, int, str] | tuple[str, str, int, str, int]]) -> dict[str, Place]:
    return {name: Place(line, word, template, *rest) for name, line, word, template, *rest in table}


_VOLPAN = "VOLPAN 1 0 -1 -1 1"
TRACK = _places(
    [
        ("D_VOL", "VOLPAN", 1, _VOLPAN),
        ("D_PAN", "VOLPAN", 2, _VOLPAN),
        ("D_PANLAW", "VOLPAN", 3, _VOLPAN),
        ("D_DUALPANL", "VOLPAN", 4, _VOLPAN),
        ("D_DUALPANR", "VOLPAN", 5, _VOLPAN),
        ("B_MUTE", "MUTESOLO", 1, "MUTESOLO 0 0 0", 0),
        ("I_SOLO", "MUTESOLO", 2, "MUTESOLO 0 0 0", 0),
        ("B_SOLO_DEFEAT", "MUTESOLO", 3, "MUTESOLO 0 0 0", 0),
        ("B_PHASE", "IPHASE", 1, "IPHASE 0", 0),
        ("I_FOLDERDEPTH", "ISBUS", 2, "ISBUS 0 0", 0),
        ("I_SELECTED", "SEL", 1, "SEL 0", 0),
        ("I_NCHAN", "NCHAN", 1, "NCHAN 2", 0),
        ("I_AUTOMODE", "AUTOMODE", 1, "AUTOMODE 0", 0),
        ("I_FXEN", "FX", 1, "FX 1", 0),
        ("B_MAINSEND", "MAINSEND", 1, "MAINSEND 1 0", 0),
        ("I_CUSTOMCOLOR", "PEAKCOL", 1, "PEAKCOL 16576", 0),
        ("I_FREEMODE", "FREEMODE", 1, "FREEMODE 0", 0),
        ("I_PANMODE", "PANMODE", 1, "PANMODE 3", 0),
        ("D_WIDTH", "VOLPAN", 5, _VOLPAN),
        ("I_RECARM", "REC", 1, "REC 0 0 0 0 0 0 0 0", 0),
    ]
)
_MASTER = "MASTER_VOLUME 1 0 -1 -1 1"
MASTER = _places(
    [
        ("D_VOL", "MASTER_VOLUME", 1, _MASTER),
        ("D_PAN", "MASTER_VOLUME", 2, _MASTER),
        ("D_PANLAW", "MASTER_VOLUME", 3, _MASTER),
        ("D_DUALPANL", "MASTER_VOLUME", 4, _MASTER),
        ("D_DUALPANR", "MASTER_VOLUME", 5, _MASTER),
        ("D_WIDTH", "MASTER_VOLUME", 5, _MASTER),
        ("I_PANMODE", "MASTER_PANMODE", 1, "MASTER_PANMODE 3", 0),
        ("I_NCHAN", "MASTER_NCH", 1, "MASTER_NCH 2 2", 0),
        ("I_FXEN", "MASTER_FX", 1, "MASTER_FX 1", 0),
        ("I_SELECTED", "MASTER_SEL", 1, "MASTER_SEL 0", 0),
        ("I_AUTOMODE", "MASTERAUTOMODE", 1, "MASTERAUTOMODE 0", 0),
    ]
)
_FADE_IN, _FADE_OUT, _ITEM_VOLPAN = "FADEIN 1 0 0 1 0 0 0", "FADEOUT 1 0 0 1 0 0 0", "VOLPAN 1 0 1 -1"
ITEM = _places(
    [
        ("D_POSITION", "POSITION", 1, "POSITION 0"),
        ("D_SNAPOFFSET", "SNAPOFFS", 1, "SNAPOFFS 0"),
        ("D_LENGTH", "LENGTH", 1, "LENGTH 0"),
        ("D_VOL", "VOLPAN", 1, _ITEM_VOLPAN),
        ("B_MUTE", "MUTE", 1, "MUTE 0 0", 0),
        ("C_MUTE_SOLO", "MUTE", 2, "MUTE 0 0", 0),
        ("B_LOOPSRC", "LOOP", 1, "LOOP 1", 0),
        ("B_ALLTAKESPLAY", "ALLTAKES", 1, "ALLTAKES 0", 0),
        ("B_UISEL", "SEL", 1, "SEL 0", 0),
        ("C_LOCK", "LOCK", 1, "LOCK 0", 0),
        ("I_GROUPID", "GROUP", 1, "GROUP 0", 0),
        ("D_FADEINLEN", "FADEIN", 2, _FADE_IN),
        ("D_FADEOUTLEN", "FADEOUT", 2, _FADE_OUT),
        ("D_FADEINLEN_AUTO", "FADEIN", 3, _FADE_IN),
        ("D_FADEOUTLEN_AUTO", "FADEOUT", 3, _FADE_OUT),
        ("C_FADEINSHAPE", "FADEIN", 1, _FADE_IN, 0),
        ("C_FADEOUTSHAPE", "FADEOUT", 1, _FADE_OUT, 0),
        ("D_FADEINDIR", "FADEIN", 6, _FADE_IN),
        ("D_FADEOUTDIR", "FADEOUT", 6, _FADE_OUT),
        ("F_FREEMODE_Y", "YPOS", 1, "YPOS 0 1"),
        ("F_FREEMODE_H", "YPOS", 2, "YPOS 0 1"),
    ]
)
_RATE = "PLAYRATE 1 1 0 -1 0 0.0025"
TAKE = _places(
    [
        ("D_STARTOFFS", "SOFFS", 1, "SOFFS 0"),
        ("D_PLAYRATE", "PLAYRATE", 1, _RATE),
        ("B_PPITCH", "PLAYRATE", 2, _RATE, 0),
        ("D_PITCH", "PLAYRATE", 3, _RATE),
        ("I_PITCHMODE", "PLAYRATE", 4, _RATE, 0),
        ("I_CHANMODE", "CHANMODE", 1, "CHANMODE 0", 0),
    ]
)
_LATER = "TAKEVOLPAN 0 1 -1"
FIRST_TAKE_LEVELS = _places(
    [
        ("D_PAN", "VOLPAN", 2, _ITEM_VOLPAN, 6),
        ("D_VOL", "VOLPAN", 3, _ITEM_VOLPAN, 6),
        ("D_PANLAW", "VOLPAN", 4, _ITEM_VOLPAN, 6),
    ]
)
LATER_TAKE_LEVELS = _places(
    [
        ("D_PAN", "TAKEVOLPAN", 1, _LATER, 6),
        ("D_VOL", "TAKEVOLPAN", 2, _LATER, 6),
        ("D_PANLAW", "TAKEVOLPAN", 3, _LATER, 6),
    ]
)
