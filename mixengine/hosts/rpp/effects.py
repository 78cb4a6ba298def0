"""mixengine's plug-ins in the FX chains of tracks and of the master: ReaEQ, ReaComp, ReaLimit, known by their labels.

A change belongs to the plug-in that has its label and a state that mixengine can read. The plug-in is updated in place,
so that a second run does not add another; everything else in a chain keeps its bytes. mixengine's equalisers come
before its compressors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from types import ModuleType
from typing import Any, TypeAlias

from mixengine.hosts.rpp import envelopes, fx_envelopes, reacomp, reaeq, realimit, vststate
from mixengine.hosts.rpp.syntax import Block, Document
from mixengine.hosts.rpp.words import Line
from mixengine.model.plan import OWN_LABEL, Change, Compressor, Equalizer, Limiter
from mixengine.model.session import EqBand

CHAINS = ("FXCHAIN", "MASTERFXLIST")
CONTAINER = "CONTAINER"
PLUGINS = ("VST", "AU", "JS", "DX", "CLAP", "LV2", "VIDEO_EFFECT", CONTAINER)
"""Blocks of a chain that are plug-ins."""
_BEYOND = {
    CONTAINER: "is in a container",
    "FREEZE": "is frozen with its track",
    "FXCHAIN_REC": "is among the input effects",
    "TAKEFX": "is among the effects of an item",
}
"""Blocks into which the user can move a plug-in, where it is left, in words."""
_OWN_CHAIN = ("SHOW 0", "DOCKED 0", "LASTSEL 0")
"""REAPER writes these in another order, which tells an FX chain made by mixengine from one that the user emptied."""

_HOLDERS = (*CHAINS, "FREEZE", "FXCHAIN_REC", "ITEM")
"""Blocks of a track, or of the project for the master, that hold plug-ins or chains of them."""

State: TypeAlias = Any
"""`reaeq.ReaEq`, `reacomp.ReaComp` or `realimit.ReaLimit`."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A plug-in that mixengine writes: its name in messages, REAPER's name, the module of its state, its settings."""

    what: str
    plugin: str
    module: ModuleType
    settings: Callable[[State], Any]
    with_settings: Callable[[State, Any], State]


def _with_bands(state: reaeq.ReaEq, bands: tuple[EqBand, ...]) -> reaeq.ReaEq:
    return state.with_bands(fx_envelopes.without_points(bands))


EQUALIZER = Kind("equaliser", "ReaEQ", reaeq, attrgetter("bands"), _with_bands)
COMPRESSOR = Kind("compressor", "ReaComp", reacomp, attrgetter("settings"), reacomp.ReaComp.with_settings)
LIMITER = Kind("limiter", "ReaLimit", realimit, attrgetter("settings"), realimit.ReaLimit.with_settings)
KINDS: dict[type[Change], Kind] = {Equalizer: EQUALIZER, Compressor: COMPRESSOR, Limiter: LIMITER}


def read(block: Block) -> tuple[Kind, State] | None:
    """Kind and state of a plug-in's block; ``None`` for other plug-ins and unknown states."""
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


def unheard(state: State) -> tuple[str, ...]:
    """What a state asks for and mixengine does not play, in words."""
    return state.unheard if state.frame.is_stereo else (*state.unheard, "choice of channels")


def unheard_envelopes(chain: Block, plugin: Block, kind: Kind) -> tuple[str, ...]:
    """What envelopes of a plug-in's parameters ask for and mixengine does not play: all but gains of ReaEQ's bands."""
    number = fx_envelopes.others(chain, plugin) if kind is EQUALIZER else fx_envelopes.active(chain, plugin)
    return ("envelope of a parameter",) * number


_OF_STATE = {reaeq.ReaEq: EQUALIZER, reacomp.ReaComp: COMPRESSOR, realimit.ReaLimit: LIMITER}


def kind_of(state: State) -> Kind:
    """The kind of plug-in that a state belongs to."""
    return next(kind for cls, kind in _OF_STATE.items() if isinstance(state, cls))


def label(block: Block) -> str:
    """The name the user (or mixengine) gave a plug-in in the chain."""
    return block.opening.text(2 if block.name == "JS" else 4)


def is_ours(block: Block) -> bool:
    """Whether a plug-in was made by mixengine."""
    return label(block).startswith(OWN_LABEL) and read(block) is not None


def settings_in(chain: Block, plugin: Block, kind: Kind, state: State) -> Any:
    """The settings of a plug-in in its chain: those of its state, and the points of its parameter envelopes."""
    settings = kind.settings(state)
    return fx_envelopes.with_points(settings, fx_envelopes.of_plugin(chain, plugin)) if kind is EQUALIZER else settings


def moves_more_than_gains(owner: Block) -> bool:
    """Whether envelopes of the user's move more of one of mixengine's equalisers than gains, which is not modelled."""
    chain = owner.first(*CHAINS)
    if chain is None or chain.first(fx_envelopes.NAME) is None:
        return False
    ours = [plugin for plugin in chain.children if plugin.name in PLUGINS and is_ours(plugin)]
    return any(fx_envelopes.others(chain, plugin) for plugin in ours if _find(chain, EQUALIZER, label(plugin)))


def plugin_lines(kind: Kind, name: str, settings: Any, fx_guid: str) -> list[str]:
    """A new plug-in with its ``BYPASS`` and ``FXID`` lines, and its parameter envelopes."""
    return [
        "BYPASS 0 0 0",
        kind.module.vst_line(name),
        *("  " + line for line in kind.module.encode(kind.module.new(settings))),
        ">",
        "FLOATPOS 0 0 0 0",
        f"FXID {fx_guid}",
        *_envelope_lines(kind, settings, fx_guid),
        "WAK 0 0",
    ]


def _envelope_lines(kind: Kind, settings: Any, fx_guid: str) -> list[str]:
    return fx_envelopes.lines(settings, fx_guid) if kind is EQUALIZER else []


def apply(
    document: Document, owner: Block, change: Equalizer | Compressor | Limiter, fx_guid: str, where: str = ""
) -> str | None:
    """Set, add or remove the plug-in of ``change``.

    Parameters
    ----------
    document : Document
    owner : Block
        The track, or the project itself for the master.
    change : Equalizer, Compressor or Limiter
    fx_guid : str
        For a new plug-in.
    where : str
        The track's name, for the message.

    Returns
    -------
    str or None
        Why nothing was written, ``None`` on success.
    """
    kind = KINDS[type(change)]
    what = f"'{change.label}' on {where}"
    if change.after is not None and not kind.module.writable(change.after):
        return f"{what}: {kind.plugin} cannot be set like that"
    chain = owner.first(*CHAINS)
    plugin_and_state = _find(chain, kind, change.label)
    if plugin_and_state is not None and chain is not None:
        return _change(document, chain, *plugin_and_state, kind, change, fx_guid, what)
    if (beyond := _beyond(owner, kind, change.label)) is not None:
        holder, plugin, state = beyond
        is_done = change.after is not None and kind.module.same(settings_in(holder, plugin, kind, state), change.after)
        return None if is_done else f"the {kind.what} {what} {_BEYOND[_holder(plugin)]}: left as it is"
    if change.before is not None:
        return f"the {kind.what} {what} is not in the project any more"
    if change.after is None:
        return None
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


def is_gone(owner: Block, name: str) -> bool:
    """Whether no plug-in of a track, or of the project's master, goes by a label any more, wherever it may be."""
    return all(label(plugin) != name for plugin in _plugins(owner))


def labels_inside(container: Block) -> tuple[str, ...]:
    """The labels of mixengine's plug-ins in a container and in those inside it."""
    return tuple(label(plugin) for plugin in _blocks(container) if is_ours(plugin))


def _plugins(owner: Block) -> Iterator[Block]:
    """The plug-ins of a track, or of the project's master, wherever the user may have put them."""
    for holder in owner.all(*_HOLDERS):
        yield from (block for block in _blocks(holder) if block.name in PLUGINS)


def _blocks(block: Block) -> Iterator[Block]:
    for child in block.children:
        yield child
        yield from _blocks(child)


def _beyond(owner: Block, kind: Kind, name: str) -> tuple[Block, Block, State] | None:
    """A plug-in that does not stand in the chain itself: what it stands in, its block and its state."""
    for plugin in _plugins(owner):
        if label(plugin) == name and plugin.parent and (state := read(plugin)) and state[0] is kind:
            return plugin.parent, plugin, state[1]
    return None


def _holder(plugin: Block) -> str:
    """The innermost block around a plug-in that is no plain chain."""
    block = plugin.parent
    while block is not None and block.name not in _BEYOND:
        block = block.parent
    return block.name if block is not None else CONTAINER


def _change(
    document: Document,
    chain: Block,
    plugin: Block,
    state: State,
    kind: Kind,
    change: Any,
    fx_guid: str,
    what: str,
) -> str | None:
    current = settings_in(chain, plugin, kind, state)
    if change.after is not None and kind.module.same(current, change.after):
        return None
    if change.before is None or not kind.module.same(current, change.before):
        return f"the {kind.what} {what} was changed: left as it is"
    if change.after is None:
        document.edit(*_removable_range(chain, plugin), b"")
    else:
        document.edit(plugin.inside, plugin.close, b"")
        document.insert(plugin.inside, kind.module.encode(kind.with_settings(state, change.after)), plugin)
        if kind is EQUALIZER:
            for envelope in fx_envelopes.replaced(chain, plugin, current, change.after):
                document.edit(envelope.start, envelope.end, b"")
            document.insert(_behind(chain, plugin), _envelope_lines(kind, change.after, fx_guid), chain)
    return None


def _behind(chain: Block, plugin: Block) -> int:
    """Where the parameter envelopes of a plug-in stand: after its ``FXID`` line, else right behind it."""
    follower = min((p.start for p in chain.children if p.name in PLUGINS and p.start > plugin.start), default=chain.end)
    ids = [line.end for line in chain.lines if line.name == "FXID" and plugin.end <= line.start < follower]
    return ids[0] if ids else plugin.end


def _place(chain: Block, kind: Kind) -> int:
    """Where a new plug-in goes: an equaliser before mixengine's compressors, these before its limiter, that last."""
    behind = {EQUALIZER.what: (COMPRESSOR, LIMITER), COMPRESSOR.what: (LIMITER,)}.get(kind.what, ())
    for plugin in chain.children:
        if is_ours(plugin) and any(_find(chain, other, label(plugin)) for other in behind):
            return start_of(chain, plugin)
    return chain.close


def start_of(chain: Block, plugin: Block) -> int:
    """Where a plug-in begins: at its ``BYPASS`` line."""
    before = [line.start for line in chain.lines if line.name == "BYPASS" and line.start < plugin.start]
    return before[-1] if before else plugin.start


def _removable_range(chain: Block, plugin: Block) -> tuple[int, int]:
    """From a plug-in's ``BYPASS`` line to the next one; the whole chain when mixengine made it for this plug-in."""
    after = [line.start for line in chain.lines if line.name == "BYPASS" and line.start > plugin.start]
    start, end = start_of(chain, plugin), (after[0] if after else chain.close)
    others = [entry for entry in chain.entries if not start <= entry.start < end]
    words = [" ".join(token.text for token in entry.tokens) for entry in others if isinstance(entry, Line)]
    return (chain.start, chain.end) if len(words) == len(others) and words == list(_OWN_CHAIN) else (start, end)


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
