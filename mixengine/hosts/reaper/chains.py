"""The plug-ins of a track or of the master where no whole state can be read; and bypassing mixengine's own."""

from __future__ import annotations

from typing import Any

from mixengine.hosts.reaper.reader import fx_setting
from mixengine.hosts.rpp import effects, vststate
from mixengine.hosts.rpp.words import quote
from mixengine.model.plan import OWN_LABEL

READABLE = tuple(f"{kind.plugin} (Cockos)" for kind in effects.KINDS.values())
"""REAPER's names of the plug-ins whose state is read."""
_UNDO_FX = 2
"""REAPER's flag for steps that change effects."""


def chain_lines(plugins: list[dict[str, Any]], name: str) -> list[str]:
    """The plug-ins that were read from a track or from the master as a block of a project.

    ReaEQ and ReaComp stand in it with their states, our ReaEQ with the envelopes of its gains; of other plug-ins only
    the name and the label are there.
    """
    lines = []
    for plugin in plugins:
        lines.append(f"BYPASS {int(not plugin['enabled'])} 0 0")
        lines += _ours(plugin) or [
            f'<VST {quote(plugin["name"], always=True)} "" 0 {quote(plugin["label"], always=True)} 0 ""',
            ">",
        ]
        lines += [line.strip() for text in plugin.get("envelopes", ()) for line in text.splitlines()]
    return [f"<{name}", *("  " + line for line in lines), ">"] if lines else []


def _ours(plugin: dict[str, Any]) -> list[str]:
    for kind, readable in zip(effects.KINDS.values(), READABLE, strict=True):
        if readable not in plugin["name"]:
            continue
        try:
            state = kind.module.from_data_text(plugin["state"]) if plugin["state"] is not None else None
        except vststate.NotAState:
            state = None
        if state is not None:
            lines = kind.module.encode(state)
            return [kind.module.vst_line(plugin["label"]), *("  " + line for line in lines), ">"]
    return []


def bypass_ours(api: Any) -> bool | None:
    """Bypass mixengine's plug-ins on all tracks and the master, or enable them where all are off; one undo step.

    Returns
    -------
    bool or None
        Whether they are on now; ``None`` when there are none.
    """
    project = api.EnumProjects(-1, "", 4096)[0]
    pointers = [api.GetMasterTrack(project)]
    pointers += [api.GetTrack(project, index) for index in range(int(api.CountTracks(project)))]
    ours = [
        (pointer, index)
        for pointer in pointers
        for index in range(int(api.TrackFX_GetCount(pointer)))
        if fx_setting(api, pointer, index, "renamed_name").startswith(OWN_LABEL)
    ]
    if not ours:
        return None
    on = not any(api.TrackFX_GetEnabled(pointer, index) for pointer, index in ours)
    api.Undo_BeginBlock2(project)
    try:
        for pointer, index in ours:
            api.TrackFX_SetEnabled(pointer, index, on)
    finally:
        api.Undo_EndBlock2(project, f"mixengine: plug-ins {'on' if on else 'off'}", _UNDO_FX)
    return on
