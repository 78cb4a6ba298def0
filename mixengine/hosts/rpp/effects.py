"""Plug-ins of our own in the FX chains of tracks and of the master: a ReaEQ and a ReaComp, each known by its label.

A plug-in is ours for a change when its label is the change's and its state is one that mixengine reads. It is updated
in place, so that a second run never stacks another; everything else in a chain keeps its bytes. Our equalisers stand
before our compressors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from types import ModuleType
from typing import Any, TypeAlias

from mixengine.hosts.rpp import envelopes, reacomp, reaeq, vststate
from mixengine.hosts.rpp.syntax import Block, Document, Line
from mixengine.model.plan import OWN_LABEL, Change, Compressor, Equalizer

CHAINS = ("FXCHAIN", "MASTERFXLIST")
PLUGINS = ("VST", "AU", "JS", "DX", "CLAP", "LV2", "VIDEO_EFFECT", "CONTAINER")
"""Blocks of a chain that are plug-ins."""
_OWN_CHAIN = ("SHOW 0", "DOCKED 0", "LASTSEL 0")
"""REAPER writes these in another order, so an FX chain that mixengine made is told from one that the user emptied."""

State: TypeAlias = Any
"""`reaeq.ReaEq` or `reacomp.ReaComp`."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A plug-in that mixengine sets: what a person calls it, REAPER's name, the module of its state, its settings."""

    what: str
    plugin: str
    module: ModuleType
    settings: Callable[[State], Any]
    with_settings: Callable[[State, Any], State]


EQUALIZER = Kind("equaliser", "ReaEQ", reaeq, attrgetter("bands"), reaeq.ReaEq.with_bands)
COMPRESSOR = Kind("compressor", "ReaComp", reacomp, attrgetter("settings"), reacomp.ReaComp.with_settings)
KINDS: dict[type[Change], Kind] = {Equalizer: EQUALIZER, Compressor: COMPRESSOR}


def read(block: Block) -> tuple[Kind, State] | None:
    """Kind and state of a plug-in's block; ``None`` for another plug-in or a state that is not understood."""
    if block.name != "VST":
        return None
    opening = block.opening.raw
    for kind in KINDS.values():
        if kind.module.PLUGIN_ID.partition("<")[0].encode() in opening:
            try:
                return kind, kind.module.decode([line.raw for line in block.lines])
            except vststate.NotAState:
                return None
    return None


def kind_of(state: State) -> Kind:
    """The kind of plug-in that a state belongs to."""
    return COMPRESSOR if isinstance(state, reacomp.ReaComp) else EQUALIZER


def label(block: Block) -> str:
    """The name that a plug-in shows in the chain when it was renamed."""
    return block.opening.text(2 if block.name == "JS" else 4)


def is_ours(block: Block) -> bool:
    """Whether a plug-in is one that mixengine made."""
    return label(block).startswith(OWN_LABEL) and read(block) is not None


def plugin_lines(kind: Kind, name: str, settings: Any, fx_guid: str) -> list[str]:
    """A new plug-in with its ``BYPASS`` and ``FXID`` lines, as it stands in a chain."""
    return [
        "BYPASS 0 0 0",
        kind.module.vst_line(name),
        *("  " + line for line in kind.module.encode(kind.module.new(settings))),
        ">",
        "FLOATPOS 0 0 0 0",
        f"FXID {fx_guid}",
        "WAK 0 0",
    ]


def apply(
    document: Document, owner: Block, change: Equalizer | Compressor, fx_guid: str, where: str = ""
) -> str | None:
    """Set, add or remove the plug-in of ``change``.

    Parameters
    ----------
    document : Document
    owner : Block
        The track, or the project itself for the master.
    change : Equalizer or Compressor
    fx_guid : str
        For a new plug-in.
    where : str
        The track's name, for the sentence that is returned.

    Returns
    -------
    str or None
        Why nothing was written, ``None`` when all is as wanted.
    """
    kind = KINDS[type(change)]
    what = f"'{change.label}' on {where}"
    if change.after is not None and not kind.module.writable(change.after):
        return f"{what}: {kind.plugin} cannot be set like that"
    chain = owner.first(*CHAINS)
    found = _find(chain, kind, change.label)
    if found is not None and chain is not None:
        return _change(document, chain, *found, kind, change, what)
    if change.after is None:
        return None
    if change.before is not None:
        return f"the {kind.what} {what} is not in the project any more"
    lines = plugin_lines(kind, change.label, change.after, fx_guid)
    if chain is not None:
        document.insert(_place(chain, kind), lines, chain)
    else:
        _insert_chain(document, owner, lines)
    return None


def _find(chain: Block | None, kind: Kind, name: str) -> tuple[Block, State] | None:
    for plugin in chain.children if chain else ():
        if label(plugin) == name and (state := read(plugin)) and state[0] is kind:
            return plugin, state[1]
    return None


def _change(
    document: Document, chain: Block, plugin: Block, state: State, kind: Kind, change: Any, what: str
) -> str | None:
    now = kind.settings(state)
    if change.after is not None and kind.module.same(now, change.after):
        return None
    if change.before is None or not kind.module.same(now, change.before):
        return f"the {kind.what} {what} was changed: left as it is"
    if change.after is None:
        document.edit(*_removable_range(chain, plugin), b"")
    else:
        document.edit(plugin.inside, plugin.close, b"")
        document.insert(plugin.inside, kind.module.encode(kind.with_settings(state, change.after)), plugin)
    return None


def _place(chain: Block, kind: Kind) -> int:
    """Where a new plug-in goes: an equaliser before the first of our compressors, everything else last."""
    if kind is EQUALIZER:
        for plugin in chain.children:
            if is_ours(plugin) and _find(chain, COMPRESSOR, label(plugin)):
                return _start(chain, plugin)
    return chain.close


def _start(chain: Block, plugin: Block) -> int:
    """Where a plug-in begins: at its ``BYPASS`` line."""
    before = [line.start for line in chain.lines if line.name == "BYPASS" and line.start < plugin.start]
    return before[-1] if before else plugin.start


def _removable_range(chain: Block, plugin: Block) -> tuple[int, int]:
    """From the ``BYPASS`` line before a plug-in to the one before the next; the whole chain when it was made for it."""
    after = [line.start for line in chain.lines if line.name == "BYPASS" and line.start > plugin.start]
    start, end = _start(chain, plugin), (after[0] if after else chain.close)
    kept = [entry for entry in chain.entries if not start <= entry.start < end]
    words = [" ".join(token.text for token in entry.tokens) for entry in kept if isinstance(entry, Line)]
    return (chain.start, chain.end) if len(words) == len(kept) and words == list(_OWN_CHAIN) else (start, end)


def _insert_chain(document: Document, owner: Block, lines: list[str]) -> None:
    is_master = owner.parent is None
    whole = [f"<{CHAINS[is_master]}", *(f"  {line}" for line in (*_OWN_CHAIN, *lines)), ">"]
    document.insert(_master_place(owner) if is_master else envelopes.insertion_offset(owner), whole, owner, rank=1)


def _master_place(root: Block) -> int:
    """After the lines about the master, before its envelopes and the tracks."""
    settings = [line for line in root.lines if line.name.startswith("MASTER")]
    if settings:
        return settings[-1].end
    follower = root.first("PROJBAY", "TRACK")
    return follower.start if follower else root.close
