"""REAPER through a Lua script: its functions as Python inside REAPER has them; the side that reads, writes, renders.

Lua gives and takes other arguments than Python: no buffers and no sizes, and what comes out is not given again.
`SHAPES` says for each function with results among its arguments which they are: the same code works over both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from mixengine.hosts.reaper import dry_run, render_steps, stem_renderer
from mixengine.hosts.reaper.sides import Call
from mixengine.hosts.reaper.snapshot import REQUEST
from mixengine.system.talk import ScriptError, Talk

SHAPES = {
    "CountProjectMarkers": "ioo",
    "EnumProjects": "ios",
    "GetEnvelopePoint": "iiooooo",
    "GetEnvelopeStateChunk": "ibsi",
    "GetItemStateChunk": "ibsi",
    "GetProjExtState": "iiios",
    "GetSetMediaItemInfo_String": "iibi",
    "GetSetMediaTrackInfo_String": "iibi",
    "GetSetProjectInfo_String": "iibi",
    "GetSet_LoopTimeRange2": "viiibbi",
    "GetTrackName": "ios",
    "GetTrackStateChunk": "ibsi",
    "GetUserFileNameForRead": "bii",
    "GetUserInputs": "iiibs",
    "TrackFX_GetNamedConfigParm": "iiios",
    "TrackFX_GetParam": "iiioo",
    "TrackFX_GetParamName": "iiios",
    "get_config_var_string": "ios",
}
"""Function → one letter for each argument of Python's: ``i`` goes in, ``o`` comes out, ``b`` both, ``s`` the size of a
buffer, which Lua has not; ``v`` before them: without a value of its own."""


class LuaApi:
    """REAPER's functions by name; each call is one question to the script."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._help = ""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *arguments: self._call(name, arguments)

    def Help_Set(self, text: str, is_temporary: bool) -> None:  # noqa: N802 - the name is REAPER's
        """The help line; what stands there already is not sent again."""
        if text != self._help:
            self._help = text
            # alone: the script does not wait for another question, which would hold REAPER up at each progress
            self._talk.ask("call", name="Help_Set", arguments=[text, is_temporary], alone=True)

    def _call(self, name: str, arguments: tuple[Any, ...]) -> Any:
        shape = SHAPES.get(name, "i" * len(arguments))
        kinds = shape.removeprefix("v")
        given = [value for kind, value in zip(kinds, arguments, strict=True) if kind in "ib"]
        results = ["" if value is None else value for value in self._talk.ask("call", name=name, arguments=given)]
        if name not in SHAPES:
            return results[0] if results else None
        own = [] if shape != kinds else [results.pop(0)]
        results += [""] * len(kinds)  # where REAPER says no, outputs can be missing
        outputs = iter(results)
        return (*own, *(next(outputs) if kind in "ob" else value for kind, value in zip(kinds, arguments, strict=True)))


class LuaPanel:
    """A window of the Lua script, drawn by the extension ReaImGui, in which rows are ticked.

    Parameters
    ----------
    talk : Talk
    """

    def __init__(self, talk: Talk) -> None:
        self._talk = talk

    @cached_property
    def is_here(self) -> bool:
        """Whether this REAPER has the extension, and scripts that know what to do with it."""
        try:
            return bool(self._talk.ask("panel")["here"])
        except ScriptError:  # scripts of an earlier version, which ReaPack has not updated yet
            return False

    def open(self, **shown: Any) -> None:
        """Show it: ``title``, ``text`` above, ``headings``, ``rows`` of texts, ``ticked`` (one for each row), what
        ticks ``all`` and ``none``, and ``buttons`` as pairs of what they answer and what stands on them.
        """
        self._talk.ask("panel", shown=shown)

    def look(self) -> tuple[str, list[bool]]:
        """What its button answered (``open`` while it waits, ``closed``, ``failed``), and which rows are ticked."""
        answer = self._talk.ask("panel", alone=True)
        return answer["state"], answer["ticked"]


class LuaSide:
    """The side of a Lua script: one question reads, one writes and one renders."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._reading: dict[str, Any] = {}

    def read(self, project: str | None) -> dict[str, Any] | None:
        """See `mixengine.hosts.reaper.reader.read`."""
        reading: dict[str, Any] | None = self._talk.ask("read", project=project or "", request=REQUEST)
        if reading is None:
            return None
        for track in reading["tracks"]:
            track["state"] = track["state"].rstrip()
        for plugin in reading["master_chain"]:
            plugin.setdefault("state", None)
        self._reading = reading
        return reading

    def execute(self, request: dict[str, Any]) -> dict[str, Any]:
        """See `mixengine.hosts.reaper.executor.execute`."""
        return dict(self._talk.ask("execute", **request))

    def call_all(self, calls: Sequence[Call]) -> None:
        """See `mixengine.hosts.reaper.sides.Side.call_all`; in one turn of the script."""
        self._talk.ask("call_all", calls=[{"name": name, "arguments": arguments} for name, arguments in calls])

    def measure(self, request: dict[str, Any]) -> dry_run.Measured:
        """See `mixengine.hosts.reaper.dry_run.measure`."""
        api = LuaApi(self._talk)
        if not api.kbd_getTextFromCmd(dry_run.ACTION, api.SectionFromUniqueID(0)):
            return dry_run.Measured(dry_run.MISSING)
        project = request["project"]
        current = {"project": project, "changes": api.GetProjectStateChangeCount(project)}
        steps = list(render_steps.dry_run_steps(request | {"window": dry_run.closing(api)}))
        results = self._talk.ask("render", **current, steps=steps)
        if results["state"] != dry_run.DONE:
            is_closed = results["state"] == dry_run.CLOSED
            return dry_run.Measured(dry_run.CLOSED if is_closed else dry_run.STOPPED)
        return dry_run.figures(results[dry_run.STATS])

    def render(self, request: dict[str, Any]) -> dict[str, Any]:
        """See `mixengine.hosts.reaper.stem_renderer.render`; of the project that was read last."""
        answer = stem_renderer.reply(stem_renderer.STOPPED)
        try:
            steps = list(render_steps.steps(request | {"window": dry_run.closing(LuaApi(self._talk))}, self._reading))
            current = {"project": request["project"], "changes": request["changes"], "steps": steps}
            answer = render_steps.answer(self._talk.ask("render", **current), request)
        finally:
            if answer["state"] != stem_renderer.DONE:
                stem_renderer.remove(request["folder"])
        return answer
