"""Takes of ours in items: a file beside what an item plays, and the way back.

A new take stands right behind the take that was active, and becomes the active one itself: so the item tells which take
was playing before, and taking ours away makes that one active again.
"""

from __future__ import annotations

from pathlib import PurePath

from mixengine.hosts.rpp import new
from mixengine.hosts.rpp.items import Take, takes
from mixengine.hosts.rpp.syntax import Block, Document, format_number, quote
from mixengine.model.plan import NewTake


def apply(document: Document, item: Block, change: NewTake) -> str | None:
    """Add or remove the take of ``change``; returns why nothing was written, ``None`` when all is as wanted."""
    found, active = takes(item)
    place = next((index for index, take in enumerate(found) if take.guid == change.take), None)
    if change.remove:
        return _remove(document, found, place, active, change)
    if place is not None:
        return f"the item already has take '{change.name or change.file}'"
    line = found[0].lines.get("ALLTAKES")
    if line is not None and line.integer(1):
        return f"the item plays all its takes at once: '{change.name or change.file}' is not added"
    if found[active].empty:
        return f"the item plays nothing: '{change.name or change.file}' is not added"
    _add(document, item, found[active], change)
    return None


def _add(document: Document, item: Block, playing: Take, change: NewTake) -> None:
    for token in playing.mark.tokens[1:] if playing.mark else ():
        if token.text == "SEL":
            document.edit(token.start - 1, token.end, b"")
    volume, pan, law = playing.levels
    lines = [
        "TAKE SEL",
        f"NAME {quote(change.name or PurePath(change.file).name)}",
        f"TAKEVOLPAN {' '.join(format_number(value, 6) for value in (pan, volume, law))}",
        f"SOFFS {format_number(change.offset_s)}",
        "PLAYRATE 1 1 0 -1 0 0.0025",
        "CHANMODE 0",
        f"GUID {quote(change.take)}",
        *new.source_lines(change.file),
    ]
    document.insert(playing.end, lines, item)


def _remove(document: Document, found: list[Take], place: int | None, active: int, change: NewTake) -> str | None:
    if place is None:
        return f"take '{change.name or change.file}' is not in its item any more"
    mark = found[place].mark
    if mark is None:
        return f"take '{change.name or change.file}' is the first of its item now: it stays"
    document.edit(mark.start, found[place].end, b"")
    before = found[place - 1].mark
    if place == active and before is not None:
        document.set_word(before, len(before.tokens), "SEL")
    return None
