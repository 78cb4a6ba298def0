"""Data that mixengine stores inside a project: its section of the ``<EXTSTATE`` block.

REAPER keeps one sub-block per extension with ``KEY value`` lines, names in upper case. mixengine's is ``<MIXENGINE``.
Long values (the applied plan, as compressed JSON) are split over numbered keys, because lines of a project are short.

Keys: ``ROLES`` (track id → role, chosen by the user), ``PLAN`` (all applied changes, from the first run to the last),
``SPELLINGS`` (text of the volumes before mixengine changed them).
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Mapping

from mixengine.hosts.rpp.syntax import Block, Document
from mixengine.hosts.rpp.words import Line, quote
from mixengine.model.plan import MixPlan

Values = Mapping[str, str | None]
"""Key → what to store under it; ``None`` removes it."""
Memory = Values | Callable[[MixPlan], Values]
"""What a project is to remember: known before, or told by the plan as far as it was carried out."""
SECTION = "MIXENGINE"
_CHUNK = 900


def read(root: Block, key: str) -> str | None:
    """The value stored under ``key``, ``None`` when there is none or it is damaged."""
    section = _section(root)
    parts = [(_order(line), line.text(1)) for line in section.lines if _base(line) == key] if section else []
    if not parts:
        return None
    try:
        text = "".join(part for _, part in sorted(parts))
        return zlib.decompress(base64.b64decode(text, validate=True)).decode()
    except (ValueError, zlib.error):
        return None


def lines(root: Block) -> dict[str, str]:
    """All lines of mixengine's section, undecoded: name of the line → text."""
    section = _section(root)
    return {line.name: line.text(1) for line in section.lines} if section else {}


def _order(line: Line) -> tuple[int, str]:
    """Sort key of the numbered lines of one value."""
    return len(line.name), line.name


def _base(line: Line) -> str:
    """``PLAN`` for a line ``PLAN_0003 …``."""
    base, _, number = line.name.rpartition("_")
    return base if number.isdigit() else line.name


def _section(root: Block) -> Block | None:
    parent = root.first("EXTSTATE")
    return parent.first(SECTION) if parent else None


def write(document: Document, values: dict[str, str | None]) -> None:
    """Store values under their keys, replacing earlier ones; ``None`` deletes. Other keys stay."""
    root = document.root
    assert root is not None
    values = {key: value for key, value in values.items() if read(root, key) != value}
    if not values:
        return
    new = [line for key, value in values.items() if value is not None for line in _encode(key, value)]
    parent, section = root.first("EXTSTATE"), _section(root)
    if section is not None and parent is not None:
        old = [line for line in section.lines if _base(line) in values]
        if not new and old and len(old) == len(section.entries):
            empty = parent if len(parent.entries) == 1 else section
            document.edit(empty.start, empty.end, b"")
            return
        for line in old:
            document.edit(line.start, line.end, b"")
        document.insert(section.close, new, section)
    elif new:
        block = [f"<{SECTION}", *("  " + line for line in new), ">"]
        if parent is not None:
            document.insert(parent.close, block, parent)
        else:
            document.insert(root.close, ["<EXTSTATE", *("  " + line for line in block), ">"], root)


def _encode(key: str, value: str) -> list[str]:
    text = base64.b64encode(zlib.compress(value.encode(), 9)).decode()
    return [
        f"{key}_{number:04d} {quote(text[at : at + _CHUNK])}"
        for number, at in enumerate(range(0, len(text), _CHUNK), start=1)
    ]


def spellings(root: Block) -> dict[str, str]:
    """Track id (or ``master``) → text of its volume before mixengine changed it, where REAPER writes another."""
    return _words(root, "SPELLINGS")


def roles(root: Block) -> dict[str, str]:
    """Track id → role as chosen by the user and stored in the project."""
    return _words(root, "ROLES")


def _words(root: Block, key: str) -> dict[str, str]:
    text = read(root, key)
    try:
        data = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return {str(name): str(value) for name, value in data.items()} if isinstance(data, dict) else {}
