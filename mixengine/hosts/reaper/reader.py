"""What is read from a running REAPER, as plain data. Imports nothing of mixengine, which REAPER's Python need not have.

Only the functions of REAPER's API are used, and only dictionaries, lists, texts and numbers come back, so that the
answer travels as JSON. `mixengine.hosts.reaper.snapshot` makes the text of a project of it.
"""

from __future__ import annotations

from typing import Any

TEXT_SIZE = 4194303
"""Largest text that REAPER's Python can take from a call; longer ones come cut off."""
_FOLLOWERS = ("<FXCHAIN", "<FREEZE", "<TAKEFX", "<ITEM")
"""What follows a track's own lines and envelopes in its state."""
_VALUES = ("I_FOLDERDEPTH", "I_AUTOMODE", "D_VOL", "D_PAN", "B_MUTE", "I_SOLO", "B_PHASE", "I_NCHAN")
_MAX_PROJECTS = 1000
_MAX_LINES = 100000


def read(api: Any, project: str | None, request: dict[str, Any]) -> dict[str, Any] | None:
    """Read a project that is open in REAPER.

    Parameters
    ----------
    api : module
        REAPER's functions, without their ``RPR_`` prefix.
    project : str or None
        Pointer of the project; ``None``: the one in front.
    request : dict
        ``section`` and ``keys`` of the project's ext state, ``plugins`` (parts of REAPER's names of those whose state
        and whose envelopes are read), ``envelopes`` (names of the blocks) of a track whose state is too long for one
        call, ``master`` (names of its values), ``mono`` (number of the action that switches the master to mono).

    Returns
    -------
    dict or None
        ``None`` when the project is not open any more.
    """
    pointer, path = _project(api, project)
    if is_null(pointer):
        return None
    master = api.GetMasterTrack(pointer)
    selected = [api.GetSelectedTrack(pointer, index) for index in range(int(api.CountSelectedTracks(pointer)))]
    changes = int(api.GetProjectStateChangeCount(pointer))
    tracks = [api.GetTrack(pointer, index) for index in range(int(api.CountTracks(pointer)))]
    return {
        "project": pointer,
        "path": path,
        "record_folder": "" if path else api.GetProjectPathEx(pointer, "", 4096)[1],
        "changes": changes,
        "version": str(api.GetAppVersion()),
        "sample_rate": float(api.GetSetProjectInfo(pointer, "PROJECT_SRATE", 0.0, False)),
        "sample_rate_in_force": float(api.GetSetProjectInfo(pointer, "PROJECT_SRATE_USE", 0.0, False)),
        "tempo_bpm": float(api.Master_GetTempo()),
        "time_selection_s": list(api.GetSet_LoopTimeRange2(pointer, False, False, 0.0, 0.0, False)[3:5]),
        "play_rate": float(api.Master_GetPlayRate(pointer)),
        "automation_override": int(api.GetGlobalAutomationOverride()),
        "master": {name: float(api.GetMediaTrackInfo_Value(master, name)) for name in request["master"]},
        "master_mono": _mono(api, pointer, request["mono"]),
        "master_envelopes": _envelopes(api, master),
        "master_chain": read_chain(api, master, request),
        "tracks": [
            {"pointer": track, "selected": track in selected, **_track(api, track, request)} for track in tracks
        ],
        "markers": _markers(api, pointer),
        "ext_state": _ext_state(api, pointer, request),
    }


def is_null(pointer: str) -> bool:
    """Whether a pointer string is REAPER's NULL."""
    return int(pointer.rpartition("0x")[2] or "0", 16) == 0


def is_whole(text: str) -> bool:
    """Whether a state came whole: shorter than the buffer, and closed."""
    return len(text.encode("utf-8", "replace")) < TEXT_SIZE - 1 and text.rstrip().endswith(">")


def _project(api: Any, project: str | None) -> tuple[str, str]:
    """Pointer and path of a project; a NULL pointer when it is not open."""
    if project is None:
        pointer, _, path, _ = api.EnumProjects(-1, "", 4096)
        return pointer, path
    for index in range(_MAX_PROJECTS):
        pointer, _, path, _ = api.EnumProjects(index, "", 4096)
        if pointer == project or is_null(pointer):
            return pointer, path
    return "", ""


def _track(api: Any, track: str, request: dict[str, Any]) -> dict[str, Any]:
    text = api.GetTrackStateChunk(track, "", TEXT_SIZE, False)[2]
    return {"state": text.rstrip()} if is_whole(text) else {"parts": read_parts(api, track, text, request)}


def _mono(api: Any, project: str, action: int) -> int:
    """Whether the master is switched to mono: 1 or 0; -1 where REAPER does not tell, as for projects not in front."""
    in_front = str(api.EnumProjects(-1, "", 4096)[0])
    return int(api.GetToggleCommandState(action)) if in_front == project else -1


def _envelopes(api: Any, track: str) -> list[Any]:
    """The envelopes of the master, by number: which names it goes by there is not certain."""
    pointers = [api.GetTrackEnvelope(track, index) for index in range(int(api.CountTrackEnvelopes(track)))]
    return _states(api.GetEnvelopeStateChunk, pointers)


def read_parts(api: Any, track: str, text: str, request: dict[str, Any]) -> dict[str, Any]:
    """A track whose state is too long for one call, from the beginning ``text`` of its state and from single calls."""
    parts: dict[str, Any] = {"beginning": _beginning(text), "values": {}, "texts": {}, "envelopes": [[], 0]}
    if not parts["beginning"]:
        parts["values"] = {name: float(api.GetMediaTrackInfo_Value(track, name)) for name in _VALUES}
        for name in ("GUID", "P_NAME"):
            parts["texts"][name] = str(api.GetSetMediaTrackInfo_String(track, name, "", False)[3])
        pointers = [api.GetTrackEnvelopeByChunkName(track, f"<{name}") for name in request["envelopes"]]
        parts["envelopes"] = _states(
            api.GetEnvelopeStateChunk, [pointer for pointer in pointers if not is_null(pointer)]
        )
    items = [api.GetTrackMediaItem(track, index) for index in range(int(api.CountTrackMediaItems(track)))]
    parts["items"] = _states(api.GetItemStateChunk, items)
    parts["chain"] = read_chain(api, track, request)
    return parts


def _beginning(text: str) -> list[str]:
    """A track's own lines and envelopes; nothing when the text was cut before they end."""
    lines: list[str] = []
    level = 0
    for line in map(str.strip, text.splitlines()):
        if level == 1 and line.startswith(_FOLLOWERS):
            return lines
        level += line.startswith("<") - (line == ">")
        lines.append(line)
    return []


def _states(get_state: Any, pointers: list[str]) -> list[Any]:
    """The states of some objects, and how many of them are too long themselves."""
    states = []
    for pointer in pointers:
        ok, _, text, *_ = get_state(pointer, "", TEXT_SIZE, False)
        if ok and is_whole(text):
            states.append(text.rstrip())
    return [states, len(pointers) - len(states)]


def read_chain(api: Any, track: str, request: dict[str, Any]) -> list[dict[str, Any]]:
    """The plug-ins of a track or of the master: name, label, how they are switched; state, envelopes if requested."""
    chain = []
    tells_wet = bool(api.APIExists("TrackFX_GetParamFromIdent"))
    for index in range(int(api.TrackFX_GetCount(track))):
        name, label = (fx_setting(api, track, index, what) for what in ("original_name", "renamed_name"))
        plugin: dict[str, Any] = {"name": name, "label": label, "state": None}
        plugin["enabled"] = bool(api.TrackFX_GetEnabled(track, index))
        plugin["offline"] = bool(api.TrackFX_GetOffline(track, index))
        plugin["parallel"] = fx_setting(api, track, index, "parallel")
        plugin["wet"] = _wet(api, track, index) if tells_wet else None
        if any(part in name for part in request["plugins"]):
            ok, *rest = api.TrackFX_GetNamedConfigParm(track, index, "vst_chunk", "", TEXT_SIZE)
            plugin["state"] = str(rest[3]) if ok else None
            numbers = range(int(api.TrackFX_GetNumParams(track, index)))
            pointers = [api.GetFXEnvelope(track, index, number, False) for number in numbers]
            plugin["envelopes"] = _states(
                api.GetEnvelopeStateChunk, [pointer for pointer in pointers if not is_null(pointer)]
            )[0]
        chain.append(plugin)
    return chain


def _wet(api: Any, track: str, index: int) -> float | None:
    number = int(api.TrackFX_GetParamFromIdent(track, index, ":wet"))
    return float(api.TrackFX_GetParamNormalized(track, index, number)) if number >= 0 else None


def fx_setting(api: Any, track: str, index: int, what: str) -> str:
    """A named setting of a plug-in, such as the name that it shows."""
    return str(api.TrackFX_GetNamedConfigParm(track, index, what, "", 1024)[4])


def _markers(api: Any, project: str) -> list[list[Any]]:
    """Whether it is a region, start, end, name (REAPER's Python may give none) and number."""
    count = int(api.CountProjectMarkers(project, 0, 0)[0])
    return [list(api.EnumProjectMarkers3(project, at, False, 0.0, 0.0, "", 0, 0)[3:8]) for at in range(count)]


def _ext_state(api: Any, project: str, request: dict[str, Any]) -> list[list[str]]:
    """The numbered lines of some keys."""
    lines = []
    for key in request["keys"]:
        for number in range(1, _MAX_LINES):
            name = f"{key}_{number:04d}"
            value = api.GetProjExtState(project, request["section"], name, "", TEXT_SIZE)[4]
            if not value:
                break
            lines.append([name, value])
    return lines
