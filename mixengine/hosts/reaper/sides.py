"""The two sides from which REAPER is read and written: inside it, and outside over reapy's network API.

From outside the sources of `mixengine.hosts.reaper.reader`, `mixengine.hosts.reaper.executor` and
`mixengine.hosts.reaper.stem_renderer` travel along: one request reads, one writes and one renders, whatever REAPER's
Python can import.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from mixengine.hosts.reaper import dry_run, executor, reader, stem_renderer
from mixengine.hosts.reaper.api import MISSING, connect
from mixengine.hosts.reaper.dry_run import Measured
from mixengine.hosts.reaper.snapshot import REQUEST
from mixengine.system.errors import UserError

_CALL = """(lambda scope: (
    exec(source, scope),
    scope[name](__import__("reapy").reascript_api, *arguments),
)[1])({"__name__": "mixengine_side"})"""
"""Evaluated inside REAPER: a function of a source, called with REAPER's functions and the arguments."""


Call = tuple[str, tuple[Any, ...]]
"""A function of REAPER by name, and its arguments."""


class Side(Protocol):
    """The side from which REAPER is called."""

    def read(self, project: str | None) -> dict[str, Any] | None:
        """See `mixengine.hosts.reaper.reader.read`."""

    def execute(self, request: dict[str, Any]) -> dict[str, Any]:
        """See `mixengine.hosts.reaper.executor.execute`."""

    def render(self, request: dict[str, Any]) -> dict[str, Any]:
        """See `mixengine.hosts.reaper.stem_renderer.render`."""

    def measure(self, request: dict[str, Any]) -> Measured:
        """See `mixengine.hosts.reaper.dry_run.measure`."""

    def call_all(self, calls: Sequence[Call]) -> None:
        """Call functions of REAPER one after another, with nothing between them, whichever of them fails."""


class Inside:
    """Inside REAPER: its functions are called directly."""

    def __init__(self, api: Any) -> None:
        self._api = api

    def read(self, project: str | None) -> dict[str, Any] | None:
        """See `mixengine.hosts.reaper.reader.read`."""
        return reader.read(self._api, project, REQUEST)

    def execute(self, request: dict[str, Any]) -> dict[str, Any]:
        """See `mixengine.hosts.reaper.executor.execute`."""
        return executor.execute(self._api, request)

    def render(self, request: dict[str, Any]) -> dict[str, Any]:
        """See `mixengine.hosts.reaper.stem_renderer.render`."""
        return stem_renderer.render(self._api, request | {"window": dry_run.closing(self._api)})

    def measure(self, request: dict[str, Any]) -> Measured:
        """See `mixengine.hosts.reaper.dry_run.measure`."""
        return dry_run.measure(self._api, request)

    def call_all(self, calls: Sequence[Call]) -> None:
        """Call functions of REAPER one after another; the first error comes at the end."""
        _call_all(self._api, calls)


def _call_all(api: Any, calls: Sequence[Call]) -> None:
    problems = []
    for name, arguments in calls:
        try:
            getattr(api, name)(*arguments)
        except Exception as error:
            problems.append(error)
    if problems:
        raise problems[0]


class Outside:
    """Outside REAPER; `UserError` when it does not answer."""

    def __init__(self) -> None:
        connect()
        from reapy.tools.network import machines

        client = machines.get_selected_client()
        if client is None:
            raise UserError(MISSING)
        self._client = client

    def read(self, project: str | None) -> dict[str, Any] | None:
        """See `mixengine.hosts.reaper.reader.read`."""
        return self._call(reader, "read", project, REQUEST)

    def execute(self, request: dict[str, Any]) -> dict[str, Any]:
        """See `mixengine.hosts.reaper.executor.execute`."""
        return self._call(executor, "execute", request)

    def render(self, request: dict[str, Any]) -> dict[str, Any]:
        """See `mixengine.hosts.reaper.stem_renderer.render`."""
        return self._call(stem_renderer, "render", request | {"window": dry_run.closing(connect())})

    def measure(self, request: dict[str, Any]) -> Measured:
        """See `mixengine.hosts.reaper.dry_run.measure`; a request for each of its calls."""
        return dry_run.measure(connect(), request)

    def call_all(self, calls: Sequence[Call]) -> None:
        """Call functions of REAPER one after another, a request each; the first error comes at the end."""
        _call_all(connect(), calls)

    def _call(self, module: ModuleType, name: str, *arguments: Any) -> Any:
        """One request, which is one tick of REAPER."""
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        scope = {"source": source, "name": name, "arguments": arguments}
        return self._client.request(eval, {"args": (_CALL, scope), "kwargs": {}})
