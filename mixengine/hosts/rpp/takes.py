"""Add a take with another file to an item, and remove it again.

A new take is inserted directly after the active take and becomes the active one. So the file shows which take was
active before, and removing the new take makes that one active again. What hung on the take that was active hangs on the
new one too (`mixengine.hosts.rpp.take_parts`).
"""

from __future__ import annotations

from pathlib import PurePath

from mixengine.hosts.rpp import new, take_parts
from mixengine.hosts.rpp.items import Take, takes
from mixengine.hosts.rpp.syntax import Block, Document
from mixengine.hosts.rpp.words import format_number, quote
from mixengine.model.plan import NewTake


def apply(document: Document, item: Block, change: NewTake) -> str | None:
    """Add or remove the take of ``change``; returns why nothing was written, ``None`` on success."""
    all_takes, active = takes(item)
    own_index = next((index for index, take in enumerate(all_takes) if take.guid == change.take), None)
    if change.remove:
        return _remove(document, all_takes, own_index, active, change)
    if own_index is not None:
        return f"the item already has take '{change.name or change.file}'"
    line = all_takes[0].lines.get("ALLTAKES")
    if line is not None and line.integer(1):
        return f"the item plays all its takes at once: '{change.name or change.file}' is not added"
    if all_takes[active].empty:
        return f"the item plays nothing: '{change.name or change.file}' is not added"
    _add(document, item, all_takes[active], change)
    return None


def _add(document: Document, item: Block, active: Take, change: NewTake) -> None:
    for token in active.mark.tokens[1:] if active.mark else ():
        if token.text == "SEL":
            document.edit(token.start - 1, token.end, b"")
    volume, pan, law = active.levels
    begin = active.mark.end if active.mark else item.inside
    entries = [entry for entry in item.entries if begin <= entry.start < active.end]
    before, after = take_parts.kept(active, entries, change)
    lines = [
        "TAKE SEL",
        f"NAME {quote(change.name or PurePath(change.file).name)}",
        f"TAKEVOLPAN {' '.join(format_number(value, 6) for value in (pan, volume, law))}",
        f"SOFFS {format_number(change.offset_s)}",
        take_parts.playrate(active, change),
        "CHANMODE 0",
        *before,
        f"GUID {quote(change.take)}",
        *new.source_lines(change.file),
        *after,
    ]
    document.insert(active.end, lines, item)


def _remove(
    document: Document, all_takes: list[Take], own_index: int | None, active: int, change: NewTake
) -> str | None:
    if own_index is None:
        return f"take '{change.name or change.file}' is not in its item any more"
    mark = all_takes[own_index].mark
    if mark is None:
        return f"take '{change.name or change.file}' is the first of its item now: it stays"
    document.edit(mark.start, all_takes[own_index].end, b"")
    previous_mark = all_takes[own_index - 1].mark
    if own_index == active and previous_mark is not None:
        document.set_word(previous_mark, len(previous_mark.tokens), "SEL")
    return None
