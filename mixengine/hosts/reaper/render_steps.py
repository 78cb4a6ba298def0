"""A request to render as single steps for a Lua script: functions of REAPER, what stands where, what is checked.

`mixengine.hosts.reaper.stem_renderer` does the same inside REAPER's Python. The script knows the steps only: it
remembers what stood before each ``set`` and puts it back at the end, whatever happens.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mixengine.hosts.reaper import dry_run, stem_renderer
from mixengine.hosts.rpp import effects
from mixengine.hosts.rpp.syntax import Document

Step = dict[str, Any]
PRE_FADER = "render_settings"
"""Key of the result that says which render settings REAPER took."""


def steps(request: dict[str, Any], reading: dict[str, Any]) -> Iterator[Step]:
    """The steps of a request.

    Parameters
    ----------
    request : dict
        See `mixengine.hosts.reaper.stem_renderer.render`.
    reading : dict
        The project as `mixengine.hosts.reaper.lua_side.LuaSide.read` read it, not edited since.
    """
    project, folder, master = request["project"], request["folder"], reading["master_pointer"]
    tracks = {track["pointer"]: track for track in reading["tracks"]}
    yield from _window(request)
    yield _in_front(project)
    for name in request["solos"]:
        yield _track_value(request["tracks"][name][0], "I_SOLO", 0.0)
    for name in request["with_own"]:
        pointer = request["tracks"][name][0]
        for index in _labelled(tracks[pointer]["state"], request["bypassed"]):
            get = _call("TrackFX_GetEnabled", pointer, index)
            put = {**_call("TrackFX_SetEnabled", pointer, index, False), "slot": 3}
            yield {"do": "set", "get": get, "put": put, "result": 1, "value": False}
    values = {
        "RENDER_BOUNDSFLAG": 0.0,  # first: the two positions count for custom bounds only
        "RENDER_SETTINGS": float(stem_renderer.STEMS | stem_renderer.PRE_FADER * request["pre_fader"]),
        "RENDER_CHANNELS": 2.0,
        "RENDER_SRATE": float(request["sample_rate"]),
        "RENDER_ADDTOPROJ": 0.0,
        "RENDER_NORMALIZE": 0.0,
        "RENDER_FILE": folder,
        "RENDER_FORMAT": stem_renderer.FLOAT_WAV,
    }
    yield from (_setting(project, name, value) for name, value in values.items())
    now = _call("GetSetProjectInfo", project, "RENDER_SETTINGS", 0.0, False)
    yield {"do": "read", "key": PRE_FADER, **now, "result": 1}
    render = {"do": "call", **_call("Main_OnCommandEx", stem_renderer.RENDER, 0, project)}
    for number, one in enumerate(request["passes"]):
        if request["pre_fader"] and any(other["behind_fader"] for other in request["passes"]):
            source = stem_renderer.STEMS | stem_renderer.PRE_FADER * (not one["behind_fader"])
            yield _setting(project, "RENDER_SETTINGS", float(source))
        wanted = {request["tracks"][name][0] for name in one["tracks"]}
        yield from _place(project, one["start_s"], one["end_s"], f"pass{number}-$tracknumber")
        for pointer in [master, *tracks]:
            yield _track_value(pointer, "I_SELECTED", float(pointer in wanted))
        if number == 0:
            targets = _call("GetSetProjectInfo_String", project, "RENDER_TARGETS", "", False)
            yield {"do": "inside", **targets, "result": 2, "folder": folder}
        yield render
        length_s = one["end_s"] - one["start_s"]
        yield _files(request, f"pass{number}-", len(wanted), length_s)
    if request.get("mix_span_s"):
        start_s, end_s = request["mix_span_s"]
        yield _setting(project, "RENDER_SETTINGS", 0.0)
        yield from _place(project, start_s, end_s, stem_renderer.MIX)
        yield _track_value(master, "I_FXEN", 0.0)
        yield render
        yield _files(request, stem_renderer.MIX, 1, end_s - start_s)


def dry_run_steps(request: dict[str, Any]) -> Iterator[Step]:
    """The steps of `mixengine.hosts.reaper.dry_run.measure`; the figures are in the results as its ``STATS``."""
    project = request["project"]
    yield from _window(request)
    yield _in_front(project)
    yield from (_setting(project, name, value) for name, value in dry_run.values(request))
    stats = _call("GetSetProjectInfo_String", project, dry_run.STATS, str(dry_run.ACTION), False)
    yield {"do": "read", "key": dry_run.STATS, **stats, "result": 2}


def _window(request: dict[str, Any]) -> Iterator[Step]:
    """The render window closes by itself, where that is to be set."""
    if request["window"]:
        get = _call("get_config_var_string", stem_renderer.WINDOW)
        put = {**_call("set_config_var_string", stem_renderer.WINDOW, "", 0), "slot": 2}
        yield {"do": "set", "get": get, "put": put, "result": 2, "value": request["window"][1]}


def _in_front(project: str) -> Step:
    """The project in front: REAPER renders that one."""
    get, put = _call("EnumProjects", -1), {**_call("SelectProjectInstance", ""), "slot": 1}
    return {"do": "set", "get": get, "put": put, "result": 1, "value": project}


def _call(name: str, *arguments: Any) -> Step:
    return {"name": name, "arguments": list(arguments)}


def _setting(project: str, name: str, value: float | str) -> Step:
    """One of the project's render settings."""
    function, result, nothing = "GetSetProjectInfo", 1, 0.0
    if isinstance(value, str):
        function, result, nothing = "GetSetProjectInfo_String", 2, ""  # type: ignore[assignment]
    get, put = _call(function, project, name, nothing, False), _call(function, project, name, nothing, True)
    return {"do": "set", "get": get, "put": {**put, "slot": 3}, "result": result, "value": value}


def _track_value(pointer: str, name: str, value: float) -> Step:
    get, put = _call("GetMediaTrackInfo_Value", pointer, name), _call("SetMediaTrackInfo_Value", pointer, name, 0.0)
    return {"do": "set", "get": get, "put": {**put, "slot": 3}, "result": 1, "value": value}


def _place(project: str, start_s: float, end_s: float, pattern: str) -> Iterator[Step]:
    yield _setting(project, "RENDER_STARTPOS", float(start_s))
    yield _setting(project, "RENDER_ENDPOS", float(end_s))
    yield _setting(project, "RENDER_PATTERN", pattern)


def _files(request: dict[str, Any], start: str, count: int, length_s: float) -> Step:
    """That the files of one render are there as long as they should be: else it was stopped, and no other is begun."""
    min_bytes = stem_renderer.min_bytes(length_s, request["sample_rate"])
    return {"do": "files", "folder": request["folder"], "start": start, "count": count, "min_bytes": min_bytes}


def _labelled(state: str, label: str) -> list[int]:
    """Which plug-ins of a track go by a label."""
    track = Document(state.encode("utf-8", "surrogateescape")).root
    chain = track.first("FXCHAIN") if track else None
    plugins = [child for child in chain.children if child.name in effects.PLUGINS] if chain else []
    return [index for index, plugin in enumerate(plugins) if effects.label(plugin) == label]


def answer(results: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """What `mixengine.hosts.reaper.stem_renderer.render` would answer, from the results of the steps."""
    if results["state"] != stem_renderer.DONE:
        return stem_renderer.reply(results["state"], results.get("why", ""))
    files: list[list[Any]] = []
    for number, one in enumerate(request["passes"]):
        span_s = (one["start_s"], one["end_s"])
        written = stem_renderer.pass_files(request["folder"], number)
        for name in one["tracks"]:
            files.append([name, *span_s, written.get(request["tracks"][name][1], "")])
    if request.get("mix_span_s"):
        files.append([request["master"], *request["mix_span_s"], stem_renderer.mix_file(request["folder"])])
    if not all(
        stem_renderer.is_whole(path, end_s - start_s, request["sample_rate"]) for _, start_s, end_s, path in files
    ):
        return stem_renderer.reply(stem_renderer.STOPPED)
    pre_fader = bool(int(results[PRE_FADER]) & stem_renderer.PRE_FADER)
    done = {"files": files, "pre_fader": pre_fader, "changes": results["changes"]}
    return stem_renderer.reply(stem_renderer.DONE) | done
