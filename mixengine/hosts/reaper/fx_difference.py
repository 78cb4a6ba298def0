"""What differs between two states of an FX chain, as operations on mixengine's own equalisers and compressors.

The user's plug-ins only count for the indices; they are never changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from mixengine.hosts.reaper.operations import DeleteFx, Operation, Parameter, Place, SetFx, SetFxEnvelope
from mixengine.hosts.rpp import effects, fx_envelopes, new
from mixengine.hosts.rpp.reacomp import ReaComp
from mixengine.hosts.rpp.syntax import Block
from mixengine.model.plan import OWN_LABEL
from mixengine.model.session import EqBand, Track
from mixengine.model.units import amplitude

_FIRST_PARAMETER = "Thresh"
"""How ReaComp's parameter 0 is called in all versions; under another name the numbers would mean something else."""


@dataclass(frozen=True)
class NewFx:
    """A plug-in to be added: its lines in a chain, where it goes, and the envelopes that it gets there."""

    lines: list[str]
    place: Place
    envelopes: tuple[SetFxEnvelope, ...] = ()


@dataclass(frozen=True)
class _Slot:
    """A plug-in of a chain: its key, its lines, and for one of mixengine's label, kind, state and moving bands.

    Which gains move is part of the key: REAPER cannot take an envelope away, so that a plug-in of which others move
    is a new one.
    """

    key: object
    lines: list[str]
    label: str = ""
    ours: tuple[effects.Kind, effects.State] | None = None
    moving: tuple[tuple[int, EqBand], ...] = ()


def of_chains(
    track: str, chains: tuple[Block | None, Block | None], what: str, new_fx: list[NewFx]
) -> Iterator[Operation]:
    """Operations that turn the first of two chains into the second; plug-ins to be added are put in ``new_fx``."""
    old, new = map(_slots, chains)
    kept, removed, added = _aligned(old, new)
    for index in sorted([*kept, *removed], reverse=True):  # from the last to the first, so that places stay right
        slot = old[index]
        if slot.ours is None:
            continue
        kind, state = slot.ours
        if index in removed:
            yield DeleteFx(track, index, kind.plugin, slot.label, f"REAPER did not delete '{slot.label}' on {what}")
        elif after := new[kept[index]].ours:
            if after[1] != state:
                yield _set(track, index, slot.label, kind, (state, after[1]), _refused(slot.label, what))
            if new[kept[index]].moving != slot.moving:
                yield from _points(track, index, new[kept[index]], what)
    for index in added:
        slot = new[index]
        place = Place(track, index, _refused(slot.label, what))
        new_fx.append(NewFx(slot.lines, place, tuple(_points(track, index, slot, what))))


def new_points(
    track: str, chains: tuple[Block | None, Block | None], what: str
) -> tuple[list[Block], list[SetFxEnvelope]]:
    """The envelopes of moving gains that the second of two chains has and the first has not, for a whole new state.

    Returns
    -------
    list of Block
        What is to be left out of the state: its numbers may mean something else to this REAPER, which is only seen
        once the plug-in stands there.
    list of SetFxEnvelope
        What makes them after that.
    """
    before, after = chains
    known = {(slot.label, moving) for slot in _slots(before) for moving in slot.moving}
    blocks: list[Block] = []
    steps: list[SetFxEnvelope] = []
    plugins = [child for child in after.children if child.name in effects.PLUGINS] if after else []
    for index, (slot, plugin) in enumerate(zip(_slots(after), plugins, strict=True)):
        fresh = tuple(moving for moving in slot.moving if (slot.label, moving) not in known)
        numbers = {fx_envelopes.number(band_number) for band_number, _ in fresh}
        assert after is not None
        blocks += fx_envelopes.of_numbers(after, plugin, numbers)
        steps += _points(track, index, replace(slot, moving=fresh), what)
    return blocks, steps


def _points(track: str, index: int, slot: _Slot, what: str) -> Iterator[SetFxEnvelope]:
    """The envelopes of a plug-in's moving gains."""
    for band_number, band in slot.moving:
        yield SetFxEnvelope(
            track,
            index,
            effects.EQUALIZER.plugin,
            slot.label,
            fx_envelopes.number(band_number),
            fx_envelopes.parameter(amplitude(band.gain_db)),
            tuple(fx_envelopes.point_lines(band.points)),
            f"REAPER did not take the points of '{slot.label}' on {what}: a gain of it stands still",
        )


def _refused(label: str, what: str) -> str:
    return f"REAPER refused the settings of '{label}' on {what}"


def _slots(chain: Block | None) -> list[_Slot]:
    """The plug-ins of a chain in REAPER's order."""
    plugins = [child for child in chain.children if child.name in effects.PLUGINS] if chain else []
    slots = []
    for number, plugin in enumerate(plugins):
        label, ours = effects.label(plugin), effects.read(plugin)
        if chain is None or ours is None or not label.startswith(OWN_LABEL):
            slots.append(_Slot(plugin.data[plugin.start : plugin.end], []))
            continue
        follower = plugins[number + 1].start if number + 1 < len(plugins) else chain.close
        first = plugins[number - 1].end if number else chain.inside
        around = [line for line in chain.lines if first <= line.start < follower]
        bypass = [line for line in around if line.start < plugin.start and line.name == "BYPASS"][-1:]
        behind = [line for line in around if line.start > plugin.start and line.name != "BYPASS"]
        inside = plugin.data[plugin.start : plugin.end].splitlines()
        lines = [*(line.raw for line in bypass), *inside, *(line.raw for line in behind)]
        texts = [raw.decode("utf-8", "surrogateescape").strip() for raw in lines]
        moving = _moving(chain, plugin, ours)
        key = (ours[0].plugin, label, tuple(band_number for band_number, _ in moving))
        slots.append(_Slot(key, texts, label, ours, moving))
    return slots


def _moving(chain: Block, plugin: Block, ours: tuple[effects.Kind, effects.State]) -> tuple[tuple[int, EqBand], ...]:
    """Numbers and settings of the bands whose gains move."""
    kind, state = ours
    bands = effects.settings_in(chain, plugin, kind, state) if kind is effects.EQUALIZER else ()
    return tuple((number, band) for number, band in enumerate(bands) if band.points)


def _aligned(old: list[_Slot], new: list[_Slot]) -> tuple[dict[int, int], list[int], list[int]]:
    """Which plug-ins stay (place before → after), which go (place before), which come (place after).

    One of mixengine's that stands behind others of the user's than before is a new one: the user's do not move.
    """
    keys_before, keys_after = _placed(old), _placed(new)
    kept: dict[int, int] = {}
    removed: list[int] = []
    added: list[int] = []
    at = 0
    for index, key in enumerate(keys_before):
        later = [place for place in range(at, len(new)) if keys_after[place] == key]
        if later:
            kept[index] = later[0]
            added += range(at, later[0])
            at = later[0] + 1
        else:
            removed.append(index)
    return kept, removed, [*added, *range(at, len(new))]


def _placed(slots: list[_Slot]) -> list[tuple[int, object]]:
    """The keys of plug-ins, with how many of the user's stand before each."""
    users = [slot.ours is None for slot in slots]
    return [(sum(users[:index]), slot.key) for index, slot in enumerate(slots)]


def _set(
    track: str, index: int, label: str, kind: effects.Kind, states: tuple[effects.State, Any], refused: str
) -> SetFx:
    before, after = states
    text = kind.module.data_text(after)
    if not isinstance(after, ReaComp):
        return SetFx(track, index, kind.plugin, label, text, refused)
    was = before.values if len(before.values) == len(after.values) else ()
    parameters = tuple(
        Parameter(number, value) for number, value in enumerate(after.values) if not was or was[number] != value
    )
    return SetFx(track, index, kind.plugin, label, text, refused, parameters, _FIRST_PARAMETER)


def limiters(chain: Block | None) -> set[tuple[int, effects.State]]:
    """The states of mixengine's limiters in a chain, and how many of the user's plug-ins each stands behind."""
    slots = _slots(chain)
    return {
        (place, slot.ours[1])
        for (place, _), slot in zip(_placed(slots), slots, strict=True)
        if slot.ours is not None and slot.ours[0] is effects.LIMITER
    }


def loader(new_fx: list[NewFx]) -> tuple[str, tuple[Place, ...]]:
    """The state of a track that holds all these plug-ins, and where each goes.

    They are moved from the last to the first, so each chain's first one stands behind its others.
    """
    backwards = new_fx[::-1]
    track = new.track_lines(Track(new.guid("loader"), "mixengine"))
    chain = ["<FXCHAIN", "SHOW 0", "LASTSEL 0", "DOCKED 0", *(line for fx in backwards for line in fx.lines), ">"]
    lines = [line.strip() for line in [*track, *chain, ">"]]
    return "\n".join(lines) + "\n", tuple(fx.place for fx in backwards)
