"""Plug-ins of a track or of the master through REAPER's effect functions, where no whole state can be read or written.

Only our own equalisers and compressors are set. The user's plug-ins are named, never touched.
"""

from __future__ import annotations

import math
from typing import Any

from mixengine.hosts.reaper.api import TEXT_SIZE
from mixengine.hosts.rpp import effects, vststate
from mixengine.hosts.rpp.reacomp import ReaComp
from mixengine.hosts.rpp.syntax import Block, quote
from mixengine.model.plan import OWN_LABEL

_UNDO_FX = 2
"""REAPER's flag for steps that change effects."""
_LAST, _AT = -1, -1000
"""Places for a new plug-in: behind all others, and (minus the number) before a certain one."""
_FIRST_PARAMETER = "Thresh"
"""How ReaComp's parameter 0 is called in all versions; under another name the numbers would mean something else."""


def write_chain(
    api: Any, pointer: str, chains: tuple[Block | None, Block | None], what: str, skipped: list[str]
) -> None:
    """Make our plug-ins in REAPER as they stand in the second of two chains; what is refused is put in ``skipped``."""
    old, new = map(_ours, chains)
    standing = {effects.label(block) for block in chains[0].children} if chains[0] else set()
    for key in {**old, **new}:
        if key in old and key in new and old[key] == new[key]:
            continue
        plugin, label = key
        index = _index_of(api, pointer, plugin, label) if label in standing else None
        if key not in new:
            if index is not None:
                api.TrackFX_Delete(pointer, index)
            continue
        if index is None:
            is_alone = not any(name.startswith(OWN_LABEL) for name in standing)
            place = _LAST if is_alone else _place(api, pointer, plugin)
            index = int(api.TrackFX_AddByName(pointer, plugin, False, place))
            standing.add(label)
            api.TrackFX_SetNamedConfigParm(pointer, index, "renamed_name", label)
        if not _set(api, pointer, index, new[key]):
            skipped.append(f"REAPER refused the settings of '{label}' on {what}")


def _ours(chain: Block | None) -> dict[tuple[str, str], effects.State]:
    """REAPER's name and label → state of each plug-in that mixengine made."""
    found = {}
    for block in chain.children if chain else ():
        state = effects.read(block) if effects.label(block).startswith(OWN_LABEL) else None
        if state is not None:
            found[state[0].plugin, effects.label(block)] = state[1]
    return found


def _named(api: Any, pointer: str, index: int, what: str) -> str:
    return str(api.TrackFX_GetNamedConfigParm(pointer, index, what, "", 1024)[4])


def _index_of(api: Any, pointer: str, plugin: str, label: str) -> int | None:
    """Where the plug-in of this label stands in REAPER's chain."""
    for index in range(int(api.TrackFX_GetCount(pointer))):
        if _named(api, pointer, index, "renamed_name") == label and plugin in _named(
            api, pointer, index, "original_name"
        ):
            return index
    return None


def _place(api: Any, pointer: str, plugin: str) -> int:
    """Where a new plug-in goes: an equaliser before the first of our compressors, everything else last."""
    if plugin == effects.EQUALIZER.plugin:
        for index in range(int(api.TrackFX_GetCount(pointer))):
            is_ours = _named(api, pointer, index, "renamed_name").startswith(OWN_LABEL)
            if is_ours and effects.COMPRESSOR.plugin in _named(api, pointer, index, "original_name"):
                return _AT - index
    return _LAST


def _set(api: Any, pointer: str, index: int, state: effects.State) -> bool:
    if isinstance(state, ReaComp) and _set_parameters(api, pointer, index, state.values):
        return True
    kind = effects.kind_of(state)
    if not api.TrackFX_SetNamedConfigParm(pointer, index, "vst_chunk", kind.module.data_text(state)):
        return False
    return not isinstance(state, ReaComp) or _differing(api, pointer, index, state.values) == []


def _set_parameters(api: Any, pointer: str, index: int, values: tuple[float, ...]) -> bool:
    """Set a ReaComp's numbers one by one and read them back; the API's range can be smaller than the state's."""
    if not str(api.TrackFX_GetParamName(pointer, index, 0, "", 256)[4]).startswith(_FIRST_PARAMETER):
        return False
    for number in _differing(api, pointer, index, values):
        api.TrackFX_SetParam(pointer, index, number, values[number])
    return _differing(api, pointer, index, values) == []


def _differing(api: Any, pointer: str, index: int, values: tuple[float, ...]) -> list[int]:
    """Numbers of the parameters that do not stand at ``values``."""
    now = [float(api.TrackFX_GetParam(pointer, index, number, 0.0, 0.0)[0]) for number in range(len(values))]
    return [n for n, value in enumerate(values) if not math.isclose(now[n], value, rel_tol=1e-6, abs_tol=1e-9)]


def read_chain(api: Any, pointer: str, name: str) -> list[str]:
    """The plug-ins of a track or of the master as a block of a project; ReaEQ and ReaComp with their states.

    Of other plug-ins only the name and the label are there.
    """
    lines = []
    for index in range(int(api.TrackFX_GetCount(pointer))):
        original, label = (_named(api, pointer, index, what) for what in ("original_name", "renamed_name"))
        lines.append(f"BYPASS {int(not api.TrackFX_GetEnabled(pointer, index))} 0 0")
        lines += _read_ours(api, pointer, index, original, label) or [
            f'<VST {quote(original, always=True)} "" 0 {quote(label, always=True)} 0 ""',
            ">",
        ]
    return [f"<{name}", *("  " + line for line in lines), ">"] if lines else []


def _read_ours(api: Any, pointer: str, index: int, original: str, label: str) -> list[str]:
    for kind in effects.KINDS.values():
        if f"{kind.plugin} (Cockos)" not in original:
            continue
        ok, *rest = api.TrackFX_GetNamedConfigParm(pointer, index, "vst_chunk", "", TEXT_SIZE)
        try:
            state = kind.module.from_data_text(str(rest[3])) if ok else None
        except vststate.NotAState:
            state = None
        if state is not None:
            return [kind.module.vst_line(label), *("  " + line for line in kind.module.encode(state)), ">"]
    return []


def bypass_ours(api: Any) -> bool | None:
    """Switch all plug-ins of ours on all tracks and the master off, or on where all of them are off; one undo step.

    Returns
    -------
    bool or None
        Whether they are on now; ``None`` when there are none.
    """
    project = api.EnumProjects(-1, "", 4096)[0]
    pointers = [api.GetMasterTrack(project)]
    pointers += [api.GetTrack(project, index) for index in range(int(api.CountTracks(project)))]
    found = [
        (pointer, index)
        for pointer in pointers
        for index in range(int(api.TrackFX_GetCount(pointer)))
        if _named(api, pointer, index, "renamed_name").startswith(OWN_LABEL)
    ]
    if not found:
        return None
    on = not any(api.TrackFX_GetEnabled(pointer, index) for pointer, index in found)
    api.Undo_BeginBlock2(project)
    try:
        for pointer, index in found:
            api.TrackFX_SetEnabled(pointer, index, on)
    finally:
        api.Undo_EndBlock2(project, f"mixengine: plug-ins {'on' if on else 'off'}", _UNDO_FX)
    return on
