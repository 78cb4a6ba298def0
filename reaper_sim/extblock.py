"""``P_EXT:`` values: ``KEY value`` lines of an ``<EXT`` block."""

from __future__ import annotations

from mixengine.hosts.rpp.words import quote
from reaper_sim.tree import Node, build, get_word, set_word


def get_ext(node: Node, key: str, span: tuple[int, int | None] = (0, None)) -> str | None:
    """The value under ``key``; ``None`` when there is none."""
    block = _block(node, span)
    return get_word(block, key, 1) if block else None


def set_ext(node: Node, key: str, value: str, span: tuple[int, int | None] = (0, None)) -> None:
    """Store a value; an empty one deletes it."""
    block = _block(node, span)
    if block is None:
        if not value:
            return
        block = build(["<EXT", ">"], node)
        stop = len(node.entries) if span[1] is None else span[1]
        inside = range(span[0], stop)
        places = (i for i in inside if isinstance(node.entries[i], Node) and node.entries[i].name != "EXT")  # type: ignore[union-attr]
        node.adopt(next(places, stop), block)
    if value:
        set_word(block, key, 1, quote(value), f'{key} ""')
        return
    at = block.find(key)
    if at >= 0:
        block.drop(block.entries[at])
    if not block.entries:
        node.drop(block)


def _block(node: Node, span: tuple[int, int | None]) -> Node | None:
    return next((e for e in node.entries[span[0] : span[1]] if isinstance(e, Node) and e.name == "EXT"), None)
