"""Talk to the running REAPER from outside.

Reading and writing each travel as one request and run inside REAPER, when its Python finds mixengine; otherwise as
single calls over a held connection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import mixengine
from mixengine.hosts.reaper import snapshot as snapshots
from mixengine.hosts.reaper import write as writing
from mixengine.hosts.reaper.api import MISSING, connect, held
from mixengine.hosts.reaper.snapshot import Snapshot
from mixengine.model import plan as mixplan
from mixengine.model.plan import MixPlan
from mixengine.system.errors import UserError

_FOLDER = str(Path(mixengine.__file__).resolve().parents[1])
_FIND = """
import sys
if {folder!r} not in sys.path:
    sys.path.append({folder!r})
import mixengine.hosts.reaper.remote
"""
"""Sent before any function of ours: reapy's server ends when a request names a module that it cannot import."""


def take_inside() -> dict[str, Any]:
    """Runs inside REAPER: the front project as plain data."""
    return asdict(snapshots.take(connect()))


def write_inside(taken: dict[str, Any], plan: str, ext_state: dict[str, str | None]) -> list[str]:
    """Runs inside REAPER: apply a plan (as JSON); returns what was skipped."""
    return writing.write(connect(), Snapshot(**taken), mixplan.from_json(plan), ext_state).skipped


def take() -> Snapshot:
    """A snapshot of the project in front."""
    api = connect()
    try:
        return Snapshot(**_request(take_inside))
    except _CannotImport:
        with held():
            return snapshots.take(api)


def write(taken: Snapshot, plan: MixPlan, ext_state: Mapping[str, str | None]) -> list[str]:
    """Apply a plan to the project of a snapshot; returns what was skipped."""
    api = connect()
    try:
        return list(_request(write_inside, asdict(taken), plan.to_json(), dict(ext_state)))
    except _CannotImport:
        with held():
            return writing.write(api, taken, plan, ext_state).skipped


class _CannotImport(Exception):
    """REAPER's Python does not find mixengine."""


def _request(function: Callable[..., Any], *arguments: Any) -> Any:
    """One request; `UserError` for what went wrong inside."""
    import reapy
    from reapy.tools.network import machines

    if reapy.is_inside_reaper():
        return function(*arguments)
    client = machines.get_selected_client()
    if client is None:
        raise UserError(MISSING)
    try:
        client.request(exec, {"args": (_FIND.format(folder=_FOLDER), {}), "kwargs": {}})
        return client.request(function, {"args": arguments, "kwargs": {}})
    except Exception as error:  # reapy passes on what was raised inside, as text
        text = str(error)
        if "ModuleNotFoundError" in text or "ImportError" in text:
            raise _CannotImport from None
        if "UserError" in text:
            raise UserError(text.strip().splitlines()[-1].partition("UserError: ")[2]) from None
        raise
