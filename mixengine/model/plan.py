"""MixPlan: what a job wants to change, before anything is changed.

A plan is data: JSON in and out, schema-versioned, and `revert` of a plan is another plan. The kinds of change
(`mixengine.model.changes`) are there under this module's name too. Standard library only.
"""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field, replace
from typing import Any

from mixengine.model import codec
from mixengine.model.changes import (
    CHANGES,
    Addition,
    Change,
    Compressor,
    Envelope,
    Equalizer,
    Fader,
    Limiter,
    Marker,
    MasterTrim,
    MoveClip,
    MuteClip,
    MuteTrack,
    NewClip,
    NewTake,
    NewTrack,
    Pan,
    Place,
    Polarity,
    SplitClip,
    track_of,
)
from mixengine.model.details import Details, Stored
from mixengine.model.labels import OWN_LABEL, OWN_MARKER
from mixengine.system.errors import UserError

__all__ = [
    "CHANGES",
    "MAX_DB",
    "OWN_LABEL",
    "OWN_MARKER",
    "SCHEMA",
    "Addition",
    "Change",
    "Compressor",
    "Envelope",
    "Equalizer",
    "Fader",
    "Limiter",
    "Marker",
    "MasterTrim",
    "MixPlan",
    "MoveClip",
    "MuteClip",
    "MuteTrack",
    "NewClip",
    "NewTake",
    "NewTrack",
    "Pan",
    "Place",
    "Polarity",
    "SplitClip",
    "from_json",
    "revert",
    "track_of",
]

SCHEMA = 1
MAX_DB = 200.0
"""Levels above this are a damaged plan."""
_LEVELS = {"fader.before", "fader.after", "master_trim.before", "master_trim.after", "new_track.fader_db"}


@dataclass(frozen=True, slots=True)
class MixPlan:
    """Ordered changes to one session, and what was measured to decide them.

    Attributes
    ----------
    job : str
        Which job made it (``balance``); ``revert balance`` for its reverse.
    session, source : str
        Name of the session and path of the project or folder it was read from.
    settings : dict
        The job's settings as given.
    changes : tuple of Change
        In the order in which they are applied.
    details : Details
        What the job measured, a dataclass of its own; `Stored` in a plan that was read from a file.
    notes : tuple of str
        One line each about what was skipped or assumed.
    """

    job: str
    session: str
    source: str
    settings: dict[str, Any] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    details: Details = field(default_factory=Stored)
    notes: tuple[str, ...] = ()

    def to_json(self) -> str:
        """The plan as JSON text, readable and the same for the same plan."""
        data = {
            "mixengine_plan": SCHEMA,
            "job": self.job,
            "session": self.session,
            "source": self.source,
            "settings": codec.encode(self.settings),
            "changes": [{"change": change.kind, **codec.encode(change)} for change in self.changes],
            "details": self.details.encoded(),
            "notes": list(self.notes),
        }
        return json.dumps(data, indent=1, allow_nan=False)


def from_json(text: str, *, where: str = "plan") -> MixPlan:
    """Read a plan; ``where`` (a file name) starts the message of the `UserError` raised for anything wrong."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: not a mixengine plan (not JSON: {error})") from None
    if not isinstance(data, dict) or "mixengine_plan" not in data:
        raise UserError(f"{where}: not a mixengine plan; use the plan.json that a mixengine command wrote")
    if data["mixengine_plan"] != SCHEMA:
        raise UserError(
            f"{where}: plan version {data['mixengine_plan']}, this mixengine reads version {SCHEMA}; "
            "make the plan again with this version"
        )
    fields = {key: value for key, value in data.items() if key not in ("mixengine_plan", "changes", "details")}
    try:
        plan = codec.decode(MixPlan, fields)
        changes, details = data.get("changes", []), data.get("details", {})
        if not isinstance(details, dict):
            raise ValueError(f"details: expected an object, found {details!r:.80}")
        if not isinstance(changes, list):
            raise ValueError(f"changes: expected a list, found {changes!r:.80}")
        return replace(plan, changes=tuple(_change(entry) for entry in changes), details=Stored(details))
    except ValueError as error:
        raise UserError(f"{where}: damaged plan: {error}") from None


def _change(entry: Any) -> Change:
    if not isinstance(entry, dict) or str(entry.get("change")) not in CHANGES:
        raise ValueError(f"unknown change {entry!r:.80}")
    change = codec.decode(CHANGES[str(entry["change"])], {k: v for k, v in entry.items() if k != "change"})
    _check_numbers(change, change.kind)
    return change


def _check_numbers(value: Any, where: str) -> None:
    """Refuse numbers that no project can hold: infinite ones, except levels of -inf dB, and levels above `MAX_DB`."""
    if dataclasses.is_dataclass(value):
        for entry in dataclasses.fields(value):
            _check_numbers(getattr(value, entry.name), f"{where}.{entry.name}")
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            _check_numbers(item, f"{where}[{index}]")
    elif isinstance(value, float):
        is_level = where in _LEVELS or where.endswith(".gain_db")
        if not (is_level and value <= MAX_DB) and not (not is_level and math.isfinite(value)):
            raise ValueError(f"{where}: {value} is no number for a project")


def revert(plan: MixPlan) -> MixPlan:
    """The plan that undoes ``plan``: every change turned around, last one first."""
    job = plan.job.removeprefix("revert ") if plan.job.startswith("revert ") else f"revert {plan.job}"
    return replace(plan, job=job, changes=tuple(change.reverted() for change in reversed(plan.changes)))
