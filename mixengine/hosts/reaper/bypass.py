"""Bypassing mixengine's own plug-ins, to hear the difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from mixengine.hosts.reaper.reader import container_items, fx_setting
from mixengine.hosts.reaper.sides import Side
from mixengine.model.plan import OWN_LABEL

_UNDO_FX = 2
"""REAPER's flag for steps that change effects."""


def bypass_ours(api: Any, side: Side) -> bool | None:
    """Bypass mixengine's plug-ins on all tracks and the master, in containers too, or enable them where all are off.

    One undo step.

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
        for index in _ours(api, pointer, range(int(api.TrackFX_GetCount(pointer))))
    ]
    if not ours:
        return None
    on = not any(api.TrackFX_GetEnabled(pointer, index) for pointer, index in ours)
    title = f"mixengine: plug-ins {'on' if on else 'off'}"
    side.call_all(
        [
            ("Undo_BeginBlock2", (project,)),
            *(("TrackFX_SetEnabled", (pointer, index, on)) for pointer, index in ours),
            ("Undo_EndBlock2", (project, title, _UNDO_FX)),
        ]
    )
    return on


def _ours(api: Any, track: str, indices: Iterable[int]) -> Iterator[int]:
    """REAPER's indices of those among some plug-ins, and among what is in them, that are mixengine's."""
    for index in indices:
        if fx_setting(api, track, index, "renamed_name").startswith(OWN_LABEL):
            yield index
        else:
            yield from _ours(api, track, container_items(api, track, index) or ())
