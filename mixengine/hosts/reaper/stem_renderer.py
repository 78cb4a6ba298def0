"""Lets a running REAPER render tracks to files, and puts everything back. Imports nothing of mixengine.

Stems of the selected tracks, by the project's render settings (action 42230). What is set for it (render settings,
selection, solos, bypassed plug-ins) is read first and put back whatever happens. No undo block is opened, so that
nothing comes into the undo history.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import takewhile
from typing import Any

CLOSED, EDITED, RECORDING, DONE, STOPPED, REFUSED = "closed", "edited", "recording", "done", "stopped", "refused"
"""Result of a request: the project was closed, it was edited since the snapshot, REAPER records, all files are there,
the render was cancelled or broke off, REAPER would not have written what was asked for (nothing was rendered)."""
RENDER = 42230
"""Action: render the project with the settings that stand, and close the dialog."""
STEMS, PRE_FADER = 2, 8192
MIX = "mix"  # name of the file with the mix
WINDOW = "renderclosewhendone"  # REAPER's preference of how a render ends
_MAX_PROJECTS = 1000
_RECORDS = 4  # a bit of the play state
_BYTES_PER_FRAME = 8  # stereo, 32-bit float
FLOAT_WAV = "ZXZhdyAAAA=="
"""REAPER's base64 for a WAV of 32-bit float, as project files hold it (``<RENDER_CFG``)."""
_ENDINGS = (".wav", ".w64", ".rf64")


def render(api: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Render stems.

    Parameters
    ----------
    api : module
        REAPER's functions, without their ``RPR_`` prefix.
    request : dict
        ``project`` (pointer), ``changes`` (its count of changes at the snapshot), ``folder`` (an empty folder for the
        files), ``sample_rate``, ``tracks`` (id → [pointer, number in the project, from 1]), ``solos`` (tracks whose
        solo is lifted meanwhile), ``bypassed`` (plug-ins of this label are bypassed meanwhile, on the tracks
        ``with_own``), ``passes`` (list of ``{"start_s", "end_s", "tracks": ids, "behind_fader"}``), ``pre_fader`` (ask
        for stems that end before the fader, but in a pass ``behind_fader``; older versions have none), ``mix_span_s``
        ([start, end] of a render of the mix without the master's effects, or ``None``), ``master`` (the word for the
        mix in the answer), ``window`` (if given, `WINDOW` as it stands and as it is to be meanwhile, see
        `mixengine.hosts.reaper.dry_run.closing`).

    Returns
    -------
    dict
        ``state``, as above; ``why`` in words where REAPER refused; ``files`` (list of [id, start in s, end in s,
        path]); ``pre_fader``: whether they end before the fader; ``changes``: the project's count of changes now.
    """
    project, front = request["project"], api.EnumProjects(-1, "", 4096)[0]
    if state := why_not(api, project):
        return reply(state)
    if int(api.GetProjectStateChangeCount(project)) != request["changes"]:
        return reply(EDITED)
    answer = reply(STOPPED)
    try:
        answer = _with_all_put_back(api, request, front)
        answer["changes"] = int(api.GetProjectStateChangeCount(project))
        return answer
    finally:
        if answer["state"] != DONE or answer["changes"] is None:
            remove(request["folder"])


def _with_all_put_back(api: Any, request: dict[str, Any], front: str) -> dict[str, Any]:
    project = request["project"]
    settings, window = RenderSettings(api, project), request.get("window")
    if front != project:
        api.SelectProjectInstance(project)  # the action renders the tab in front
    try:
        if window:
            api.set_config_var_string(WINDOW, window[1], 0)
        with _sounding(api, request), _selection(api, project, request):
            return _rendered(api, settings, request)
    finally:
        settings.put_back()
        if window:
            attempt(api.set_config_var_string, WINDOW, window[0], 0)
        if front != project:
            attempt(api.SelectProjectInstance, front)


def reply(state: str, why: str = "") -> dict[str, Any]:
    """The answer to a request that rendered nothing."""
    return {"state": state, "why": why, "files": [], "pre_fader": False, "changes": None}


def why_not(api: Any, project: str) -> str:
    """Why nothing can be rendered of a project: `CLOSED` or `RECORDING`; empty where it can."""
    is_recording = open_projects(api)
    return CLOSED if project not in is_recording else RECORDING if any(is_recording.values()) else ""


def open_projects(api: Any) -> dict[str, bool]:
    """The tabs, and whether REAPER records in each: a render would break off the take, in whichever tab it is."""
    pointers = (api.EnumProjects(index, "", 4096)[0] for index in range(_MAX_PROJECTS))
    are_open = takewhile(lambda pointer: int(pointer.rpartition("0x")[2] or "0", 16), pointers)
    return {pointer: bool(int(api.GetPlayStateEx(pointer)) & _RECORDS) for pointer in are_open}


class RenderSettings:
    """The project's render settings: read when they are first set, and put back in the opposite order.

    Settings that only make the files longer or write others beside them (tail, secondary format) are left alone.
    """

    def __init__(self, api: Any, project: str) -> None:
        self._api, self._project = api, project
        self._before: dict[str, float | str] = {}
        self._now: dict[str, float | str] = {}

    def read(self, name: str, kind: type) -> Any:
        """A setting as it stands."""
        if kind is float:
            return float(self._api.GetSetProjectInfo(self._project, name, 0.0, False))
        return str(self._api.GetSetProjectInfo_String(self._project, name, "", False)[3])

    def set(self, name: str, value: float | str) -> None:
        """Set one, where it stands otherwise."""
        if name not in self._before:
            self._before[name] = self._now[name] = self.read(name, type(value))
        if self._now[name] != value:
            self._now[name] = value  # first, so that a call that fails half-way is put back too
            self._write(name, value)

    def put_back(self) -> None:
        """All that was changed, also where one of them cannot be."""
        for name, value in reversed(self._before.items()):
            if self._now[name] != value:
                attempt(self._write, name, value)

    def _write(self, name: str, value: float | str) -> None:
        if isinstance(value, str):
            self._api.GetSetProjectInfo_String(self._project, name, value, True)
        else:
            self._api.GetSetProjectInfo(self._project, name, value, True)


def attempt(do: Any, *arguments: Any) -> None:
    """One thing that is put back, with a second try; an error in it must not keep the others from it."""
    for _ in range(2):
        try:
            do(*arguments)
        except Exception as error:
            print(f"mixengine: {error}")  # into REAPER's console
        else:
            return


@contextmanager
def _sounding(api: Any, request: dict[str, Any]) -> Iterator[None]:
    """No solos that silence the tracks, and without the plug-ins that are to be bypassed."""
    solos = [(request["tracks"][track][0], track) for track in request["solos"]]
    before: list[tuple[str, float]] = []
    off: list[tuple[str, int]] = []
    try:
        for pointer, _ in solos:
            before.append((pointer, float(api.GetMediaTrackInfo_Value(pointer, "I_SOLO"))))
            api.SetMediaTrackInfo_Value(pointer, "I_SOLO", 0.0)
        for track in request["with_own"]:
            pointer = request["tracks"][track][0]
            for index in range(int(api.TrackFX_GetCount(pointer))):
                with suppress(UnicodeDecodeError):  # a name that is not in UTF-8 is the user's
                    name = str(api.TrackFX_GetNamedConfigParm(pointer, index, "renamed_name", "", 1024)[4])
                    if name == request["bypassed"] and api.TrackFX_GetEnabled(pointer, index):
                        off.append((pointer, index))
                        api.TrackFX_SetEnabled(pointer, index, False)
        yield
    finally:
        for pointer, index in off:
            attempt(api.TrackFX_SetEnabled, pointer, index, True)
        for pointer, value in before:
            attempt(api.SetMediaTrackInfo_Value, pointer, "I_SOLO", value)


@contextmanager
def _selection(api: Any, project: str, request: dict[str, Any]) -> Iterator[None]:
    """The selection, the master's included, is put back."""
    count = int(api.CountSelectedTracks2(project, True))
    before = [api.GetSelectedTrack2(project, index, True) for index in range(count)]
    try:
        yield
    finally:
        if before:
            attempt(api.SetOnlyTrackSelected, before[0])
            for pointer in before[1:]:
                attempt(api.SetTrackSelected, pointer, True)
        else:
            for track in {track for one in request["passes"] for track in one["tracks"]}:
                attempt(api.SetTrackSelected, request["tracks"][track][0], False)


def _rendered(api: Any, settings: RenderSettings, request: dict[str, Any]) -> dict[str, Any]:
    folder = request["folder"]
    settings.set("RENDER_BOUNDSFLAG", 0.0)  # first: the two positions count for custom bounds only
    settings.set("RENDER_SETTINGS", float(STEMS | PRE_FADER * request["pre_fader"]))
    for name, value in (
        ("RENDER_CHANNELS", 2.0),
        ("RENDER_SRATE", float(request["sample_rate"])),
        ("RENDER_ADDTOPROJ", 0.0),
        ("RENDER_NORMALIZE", 0.0),
        ("RENDER_FILE", folder),
        ("RENDER_FORMAT", FLOAT_WAV),
    ):
        settings.set(name, value)
    # a version that does not know the flag drops it; stems then end after the fader
    pre_fader = bool(int(settings.read("RENDER_SETTINGS", float)) & PRE_FADER)
    files: list[list[Any]] = []
    for number, one in enumerate(request["passes"]):
        settings.set("RENDER_SETTINGS", float(STEMS | PRE_FADER * (pre_fader and not one["behind_fader"])))
        settings.set("RENDER_STARTPOS", float(one["start_s"]))
        settings.set("RENDER_ENDPOS", float(one["end_s"]))
        settings.set("RENDER_PATTERN", f"pass{number}-$tracknumber")
        pointers = [request["tracks"][track][0] for track in one["tracks"]]
        api.SetOnlyTrackSelected(pointers[0])
        for pointer in pointers[1:]:
            api.SetTrackSelected(pointer, True)
        if number == 0 and (outside := _targets_outside(settings, folder)):
            return reply(REFUSED, f"REAPER would write {outside}")
        api.Main_OnCommandEx(RENDER, 0, request["project"])
        written = pass_files(folder, number)
        for track in one["tracks"]:
            path = written.get(request["tracks"][track][1])
            if path is None or not is_whole(path, one["end_s"] - one["start_s"], request["sample_rate"]):
                return reply(STOPPED)
            files.append([track, one["start_s"], one["end_s"], path])
    if request["mix_span_s"]:
        path = _mix(api, settings, request)
        if not path:
            return reply(STOPPED)
        files.append([request["master"], *request["mix_span_s"], path])
    return reply(DONE) | {"files": files, "pre_fader": pre_fader}


def _mix(api: Any, settings: RenderSettings, request: dict[str, Any]) -> str:
    """Render the mix without the master's effects; returns the file, empty when it did not end well."""
    start_s, end_s = request["mix_span_s"]
    settings.set("RENDER_SETTINGS", 0.0)
    settings.set("RENDER_STARTPOS", float(start_s))
    settings.set("RENDER_ENDPOS", float(end_s))
    settings.set("RENDER_PATTERN", MIX)
    master = api.GetMasterTrack(request["project"])
    effects = float(api.GetMediaTrackInfo_Value(master, "I_FXEN"))
    try:
        if effects:
            api.SetMediaTrackInfo_Value(master, "I_FXEN", 0.0)
        api.Main_OnCommandEx(RENDER, 0, request["project"])
    finally:
        if effects:
            attempt(api.SetMediaTrackInfo_Value, master, "I_FXEN", effects)
    path = mix_file(request["folder"])
    return path if is_whole(path, end_s - start_s, request["sample_rate"]) else ""


def mix_file(folder: str) -> str:
    """The file with the mix; empty when there is none."""
    names = [name for name in os.listdir(folder) if os.path.splitext(name)[0] == MIX]
    return next((os.path.join(folder, name) for name in names if name.lower().endswith(_ENDINGS)), "")


def min_bytes(length_s: float, rate: float) -> int:
    """How long a file of so many seconds is at least."""
    return int(length_s * rate - 1) * _BYTES_PER_FRAME


def is_whole(path: str, length_s: float, rate: float) -> bool:
    """Whether a file is there and as long as it should be."""
    return bool(path) and os.path.getsize(path) >= min_bytes(length_s, rate)


def _targets_outside(settings: RenderSettings, folder: str) -> str:
    """The first file that REAPER would write elsewhere; empty: none, or this version does not say."""
    inside = os.path.normcase(os.path.abspath(folder))
    for path in settings.read("RENDER_TARGETS", str).split(";"):
        if path and os.path.normcase(os.path.dirname(os.path.abspath(path))) != inside:
            return path
    return ""


def pass_files(folder: str, number: int) -> dict[int, str]:
    """Number of the track → the file of a pass."""
    paths = {}
    for name in os.listdir(folder):
        match = re.fullmatch(rf"pass{number}-(\d+)", os.path.splitext(name)[0])
        if match and name.lower().endswith(_ENDINGS):
            paths[int(match[1])] = os.path.join(folder, name)
    return paths


def remove(folder: str) -> None:
    """Remove what a render that did not end well left."""
    for name in os.listdir(folder):
        if name.startswith(("pass", MIX)):
            attempt(os.remove, os.path.join(folder, name))
