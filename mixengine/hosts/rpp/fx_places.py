"""Where mixengine's own plug-ins stand in an FX chain: one of them moves with all lines that belong to it."""

from __future__ import annotations

from mixengine.hosts.rpp import effects
from mixengine.hosts.rpp.syntax import Block, Document


def put(document: Document, owner: Block, label: str, place: int) -> None:
    """Let a plug-in of a track, or of the project's master, stand at a place of its chain; behind the last: last."""
    chain = owner.first(*effects.CHAINS)
    plugins = [child for child in chain.children if child.name in effects.PLUGINS] if chain else []
    own = next((plugin for plugin in plugins if effects.is_ours(plugin) and effects.label(plugin) == label), None)
    if chain is None or own is None:
        return
    others = [plugin for plugin in plugins if plugin is not own]
    place = min(max(place, 0), len(others))
    if plugins.index(own) == place:
        return
    start, end = effects.start_of(chain, own), _end_of(chain, own)
    to = effects.start_of(chain, others[place]) if place < len(others) else chain.close
    document.edit(start, end, b"")
    document.edit(to, to, chain.data[start:end])


def _end_of(chain: Block, plugin: Block) -> int:
    """Where the next plug-in begins, else where the chain is closed."""
    after = [line.start for line in chain.lines if line.name == "BYPASS" and line.start > plugin.start]
    return after[0] if after else chain.close
