"""Carries operations out in a running REAPER, as one undo step. Imports nothing of mixengine.

An operation is a dictionary, see `mixengine.hosts.reaper.operations`: it names functions and values of REAPER's API and
contains nothing about mixing. An index in an operation (of a plug-in or of an item) is a hint, which is checked before
anything is changed.
"""

from __future__ import annotations

import math
from typing import Any

CLOSED, EDITED, RECORDING, DONE = "closed", "edited", "recording", "done"
"""Result of a request: the project is not open any more, it was edited since the snapshot, REAPER records, all is
carried out."""
_ALL_UNDO = -1
_SELECT_ALL, _UNSELECT_ALL = 40296, 40297
"""REAPER's actions that select and unselect all tracks."""
_MAX_PROJECTS = 1000
_RECORDS = 4  # a bit of the play state


def execute(api: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Carry out a request.

    Parameters
    ----------
    api : module
        REAPER's functions, without their ``RPR_`` prefix.
    request : dict
        ``project`` (pointer), ``changes`` (its count of changes when the operations were worked out), ``master``
        (the word for the master where operations name a track), ``tracks`` (id → pointer), ``title`` of the undo step,
        ``operations``.

    Returns
    -------
    dict
        ``state``: `CLOSED`, `EDITED`, `RECORDING` (nothing was done) or `DONE`; ``refused``: what REAPER refused, in
        the words of the operations.
    """
    project, state = request["project"], _why_not(api, request)
    if state or not request["operations"]:
        return {"state": state or DONE, "refused": []}
    run = _Run(api, request)
    front = api.EnumProjects(-1, "", 4096)[0]
    if front != project:
        api.SelectProjectInstance(project)  # new tracks and shown envelopes go to the tab in front
    api.Undo_BeginBlock2(project)
    api.PreventUIRefresh(1)
    is_whole = False
    try:
        for operation in request["operations"]:
            _DO[operation["do"]](run, operation)
        is_whole = True
    finally:
        api.PreventUIRefresh(-1)
        api.TrackList_AdjustWindows(False)
        api.UpdateArrange()
        api.Undo_EndBlock2(project, request["title"], _ALL_UNDO)
        if not is_whole:
            api.Undo_DoUndo2(project)  # a plan is carried out as a whole or not at all
        if front != project:
            api.SelectProjectInstance(front)
    return {"state": DONE, "refused": run.refused}


class _Run:
    """One request while it is carried out: REAPER's functions, where the tracks are, what was refused."""

    def __init__(self, api: Any, request: dict[str, Any]) -> None:
        self.api, self.project, self.master = api, request["project"], request["master"]
        self.tracks: dict[str, str] = dict(request["tracks"])
        self.refused: list[str] = []

    def pointer(self, track: str) -> str:
        if track == self.master and track not in self.tracks:
            self.tracks[track] = self.api.GetMasterTrack(self.project)
        return self.tracks[track]

    def unless(self, done: Any, why: str) -> None:
        """Note what REAPER refused."""
        if not done:
            self.refused.append(why)


def _is_null(pointer: str) -> bool:
    return int(pointer.rpartition("0x")[2] or "0", 16) == 0


def _why_not(api: Any, request: dict[str, Any]) -> str:
    """Why a request cannot be carried out; empty where it can."""
    pointers = [api.EnumProjects(0, "", 4096)[0]]
    while not _is_null(pointers[-1]) and len(pointers) < _MAX_PROJECTS:
        pointers.append(api.EnumProjects(len(pointers), "", 4096)[0])
    if request["project"] not in pointers[:-1]:
        return CLOSED
    if any(int(api.GetPlayStateEx(pointer)) & _RECORDS for pointer in pointers[:-1]):
        return RECORDING
    return EDITED if int(api.GetProjectStateChangeCount(request["project"])) != request["changes"] else ""


def _insert_track(run: _Run, operation: dict[str, Any]) -> None:
    run.api.InsertTrackAtIndex(operation["index"], False)
    run.tracks[operation["track"]] = run.api.GetTrack(run.project, operation["index"])


def _delete_track(run: _Run, operation: dict[str, Any]) -> None:
    run.api.DeleteTrack(run.tracks.pop(operation["track"]))


def _set_track_value(run: _Run, operation: dict[str, Any]) -> None:
    if not (operation["whole"] and run.refused):
        run.api.SetMediaTrackInfo_Value(run.pointer(operation["track"]), operation["name"], operation["value"])


def _set_track_state(run: _Run, operation: dict[str, Any]) -> None:
    done = run.api.SetTrackStateChunk(run.pointer(operation["track"]), operation["state"], False)
    run.unless(done, operation["refused"])


def _run_action(run: _Run, operation: dict[str, Any]) -> None:
    """Run one of REAPER's actions on some tracks; the selection is put back."""
    api, project = run.api, run.project
    tracks = [run.pointer(track) for track in operation["tracks"]]
    selected = [api.GetSelectedTrack(project, index) for index in range(int(api.CountSelectedTracks(project)))]
    master = api.GetMasterTrack(project)
    is_master_selected = bool(api.GetMediaTrackInfo_Value(master, "I_SELECTED"))
    others = [pointer for pointer in run.tracks.values() if pointer not in tracks and pointer != master]
    if len(others) < len(tracks) - 1:
        api.Main_OnCommandEx(_SELECT_ALL, 0, project)
        for pointer in [master, *others]:
            api.SetTrackSelected(pointer, False)
    else:
        api.SetOnlyTrackSelected(tracks[0])
        for pointer in tracks[1:]:
            api.SetTrackSelected(pointer, True)
    api.Main_OnCommandEx(operation["command"], 0, project)
    api.Main_OnCommandEx(_UNSELECT_ALL, 0, project)
    for pointer in [*selected, *([master] if is_master_selected else [])]:
        api.SetTrackSelected(pointer, True)


def _set_envelope_state(run: _Run, operation: dict[str, Any]) -> None:
    track, name, command = run.pointer(operation["track"]), operation["envelope"], operation["command"]
    envelope = run.api.GetTrackEnvelopeByChunkName(track, name)
    if _is_null(envelope) and command:  # "all tracks" left it out, a hidden one for example
        _run_action(run, {"tracks": [operation["track"]], "command": command})
        envelope = run.api.GetTrackEnvelopeByChunkName(track, name)
    if _is_null(envelope):
        run.refused.append(operation["missing"])
    else:
        run.unless(run.api.SetEnvelopeStateChunk(envelope, operation["state"], False), operation["refused"])


def _fx_setting(run: _Run, track: str, index: int, what: str) -> str:
    return str(run.api.TrackFX_GetNamedConfigParm(track, index, what, "", 1024)[4])


def _find_fx(run: _Run, operation: dict[str, Any]) -> int | None:
    """Where a plug-in stands: at its index, else wherever its label and REAPER's name for it are found."""
    track, hint = run.pointer(operation["track"]), operation["index"]
    count = int(run.api.TrackFX_GetCount(track))
    for index in sorted(range(count), key=lambda index: index != hint):
        if _fx_setting(run, track, index, "renamed_name") == operation["label"] and operation["plugin"] in _fx_setting(
            run, track, index, "original_name"
        ):
            return index
    return None


def _delete_fx(run: _Run, operation: dict[str, Any]) -> None:
    track, index = run.pointer(operation["track"]), _find_fx(run, operation)
    run.unless(index is not None and run.api.TrackFX_Delete(track, index), operation["refused"])


def _set_fx(run: _Run, operation: dict[str, Any]) -> None:
    """Set a plug-in's parameters and read them back, else its whole state: a parameter's range can be smaller."""
    api, track, index = run.api, run.pointer(operation["track"]), _find_fx(run, operation)
    parameters = operation["parameters"]
    if index is None:
        run.refused.append(operation["refused"])
        return
    name = operation["first_parameter"]
    if parameters and str(api.TrackFX_GetParamName(track, index, 0, "", 256)[4]).startswith(name):
        for parameter in parameters:
            api.TrackFX_SetParam(track, index, parameter["number"], parameter["value"])
        if _stand(api, track, index, parameters):
            return
    done = api.TrackFX_SetNamedConfigParm(track, index, "vst_chunk", operation["state"])
    run.unless(done and _stand(api, track, index, parameters), operation["refused"])


def _stand(api: Any, track: str, index: int, parameters: list[dict[str, Any]]) -> bool:
    """Whether parameters stand where they should."""
    for parameter in parameters:
        value = float(api.TrackFX_GetParam(track, index, parameter["number"], 0.0, 0.0)[0])
        if not math.isclose(value, parameter["value"], rel_tol=1e-6, abs_tol=1e-9):
            return False
    return True


def _add_fx(run: _Run, operation: dict[str, Any]) -> None:
    """Load plug-ins in a track of their own at the end, move them from there, and delete it.

    The last one goes first, so that one which REAPER does not move leaves the others where they are expected.
    """
    api, places = run.api, operation["places"]
    count = int(api.CountTracks(run.project))
    api.InsertTrackAtIndex(count, False)
    loader = api.GetTrack(run.project, count)
    done = api.SetTrackStateChunk(loader, operation["state"], False)
    if done and int(api.TrackFX_GetCount(loader)) == len(places):
        for number in reversed(range(len(places))):
            place = places[number]
            api.TrackFX_CopyToTrack(loader, number, run.pointer(place["track"]), place["index"], True)
        left = int(api.TrackFX_GetCount(loader))
        run.unless(not left, f"REAPER did not move {left} new plug-ins to their tracks")
    else:
        run.refused += [place["refused"] for place in places]
    api.DeleteTrack(loader)


def _set_fx_envelope(run: _Run, operation: dict[str, Any]) -> None:
    """Set the points of a parameter; an envelope is only made where the parameter stands as it should."""
    api, track, index = run.api, run.pointer(operation["track"]), _find_fx(run, operation)
    place = (track, index, operation["parameter"])
    envelope = "" if index is None else api.GetFXEnvelope(*place, False)
    if index is not None and _is_null(envelope):
        as_expected = abs(float(api.TrackFX_GetParam(*place, 0.0, 0.0)[0]) - operation["value"]) < 1e-3
        envelope = api.GetFXEnvelope(*place, True) if as_expected else ""
    if _is_null(envelope):
        run.refused.append(operation["refused"])
        return
    lines = map(str.strip, api.GetEnvelopeStateChunk(envelope, "", 4194303, False)[2].splitlines())
    kept = ["ACT 1 -1" if line.startswith("ACT ") else line for line in lines if line and not line.startswith("PT ")]
    text = "\n".join([*kept[:-1], *operation["points"], kept[-1]])
    run.unless(api.SetEnvelopeStateChunk(envelope, text, False), operation["refused"])


def _find_item(run: _Run, operation: dict[str, Any]) -> str | None:
    """An item by its id: at its index, else wherever it is."""
    api, track, hint = run.api, run.pointer(operation["track"]), operation["index"]
    count = int(api.CountTrackMediaItems(track))
    for index in sorted(range(count), key=lambda index: index != hint):
        item = api.GetTrackMediaItem(track, index)
        if api.GetSetMediaItemInfo_String(item, "GUID", "", False)[3] == operation["item"]:
            return str(item)
    return None


def _delete_item(run: _Run, operation: dict[str, Any]) -> None:
    track, item = run.pointer(operation["track"]), _find_item(run, operation)
    run.unless(item is not None and run.api.DeleteTrackMediaItem(track, item), operation["refused"])


def _set_item_state(run: _Run, operation: dict[str, Any]) -> None:
    item = _find_item(run, operation)
    run.unless(item is not None and run.api.SetItemStateChunk(item, operation["state"], False), operation["refused"])


def _add_item(run: _Run, operation: dict[str, Any]) -> None:
    track = run.pointer(operation["track"])
    item = run.api.AddMediaItemToTrack(track)
    if not run.api.SetItemStateChunk(item, operation["state"], False):
        run.api.DeleteTrackMediaItem(track, item)
        run.refused.append(operation["refused"])


def _delete_marker(run: _Run, operation: dict[str, Any]) -> None:
    run.api.DeleteProjectMarker(run.project, operation["number"], operation["is_region"])


def _add_marker(run: _Run, operation: dict[str, Any]) -> None:
    times_s = operation["start_s"], operation["end_s"]
    run.api.AddProjectMarker2(run.project, operation["is_region"], *times_s, operation["name"], operation["number"], 0)


def _set_ext_state(run: _Run, operation: dict[str, Any]) -> None:
    run.api.SetProjExtState(run.project, operation["section"], operation["key"], operation["value"])


_DO = {
    "insert_track": _insert_track,
    "delete_track": _delete_track,
    "set_track_value": _set_track_value,
    "set_track_state": _set_track_state,
    "run_action": _run_action,
    "set_envelope_state": _set_envelope_state,
    "delete_fx": _delete_fx,
    "set_fx": _set_fx,
    "add_fx": _add_fx,
    "set_fx_envelope": _set_fx_envelope,
    "delete_item": _delete_item,
    "set_item_state": _set_item_state,
    "add_item": _add_item,
    "delete_marker": _delete_marker,
    "add_marker": _add_marker,
    "set_ext_state": _set_ext_state,
}
"""Word of an operation → what carries it out."""
