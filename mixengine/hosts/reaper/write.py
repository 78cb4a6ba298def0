"""Write a plan into the running REAPER: operations are worked out from text and carried out as one undo step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mixengine.hosts.reaper import difference, executor
from mixengine.hosts.reaper.operations import Operations
from mixengine.hosts.reaper.sides import Inside, Side
from mixengine.hosts.reaper.snapshot import PROJECT_CLOSED, RECORDING, Snapshot, from_reading
from mixengine.hosts.rpp import extstate
from mixengine.model.plan import MixPlan
from mixengine.model.session import MASTER
from mixengine.system.errors import UserError

_MAX_TRIES = 5
"""From outside, the project can be edited between a new snapshot and the next try."""

_REASONS = {
    executor.CLOSED: PROJECT_CLOSED,
    executor.RECORDING: RECORDING,
    executor.EDITED: "the project is being edited all the time: nothing was changed",
}
"""Result of a request → why nothing was written."""


@dataclass
class Written:
    """What was done: how many tracks were touched, and one line for each thing that was not."""

    tracks: int = 0
    skipped: list[str] = field(default_factory=list)


def write(
    api: Any,
    snapshot: Snapshot,
    plan: MixPlan,
    ext_state: extstate.Memory,
    *,
    title: str | None = None,
    operations: Operations | None = None,
) -> Written:
    """Apply a plan to the project of a snapshot, as one undo step.

    Parameters
    ----------
    api : module
        REAPER's functions.
    snapshot : Snapshot
        The project as the plan saw it. When it was edited since, a new snapshot is taken: changes that do not fit any
        more are skipped and named.
    plan : MixPlan
    ext_state : mapping or callable
        What the project remembers, see `mixengine.hosts.rpp.history.after`.
    title : str, optional
        Name of the undo step; default ``mixengine: <job>``.
    operations : Operations, optional
        What the plan needs in the project of the snapshot, when that was worked out already.

    Raises
    ------
    UserError
        The project was closed, or REAPER records.
    """
    return write_over(Inside(api), snapshot, plan, ext_state, title=title, operations=operations)


def write_over(
    side: Side,
    snapshot: Snapshot,
    plan: MixPlan,
    ext_state: extstate.Memory,
    *,
    title: str | None = None,
    operations: Operations | None = None,
) -> Written:
    """As `write`, from inside REAPER or from outside."""
    decided_on, title = snapshot, title or f"mixengine: {plan.job}"
    if operations is None:
        operations = difference.of_plan(snapshot.parsed(), plan, ext_state)
    answer = _carried_out(side, snapshot, operations, title)
    for _ in range(_MAX_TRIES):
        if answer["state"] != executor.EDITED:
            break
        snapshot = _taken_again(side, snapshot)
        operations = difference.of_plan(snapshot.parsed(), plan, ext_state)
        answer = _carried_out(side, snapshot, operations, title)
    if answer["state"] in _REASONS:
        raise UserError(_REASONS[answer["state"]])
    skipped = [_by_name(line, decided_on) for line in operations.skipped]
    return Written(operations.tracks, [*skipped, *answer["refused"]])


def _carried_out(side: Side, snapshot: Snapshot, operations: Operations, title: str) -> dict[str, Any]:
    request = {
        "project": snapshot.project,
        "changes": snapshot.changes,
        "master": MASTER,
        "tracks": snapshot.tracks,
        "title": title,
        "operations": operations.encoded(),
    }
    return side.execute(request)


def _taken_again(side: Side, snapshot: Snapshot) -> Snapshot:
    """A new snapshot of a project that was edited; `UserError` when what mixengine did to it changed as well."""
    now = from_reading(side.read(snapshot.project))
    before, after = (extstate.read(one.parsed().root, "PLAN") for one in (snapshot, now))
    if before != after:
        raise UserError("what mixengine did was undone or done again meanwhile: press the button once more")
    return now


def _by_name(line: str, known: Snapshot) -> str:
    """A line about what is gone, with the names that tracks and items had when the plan was made."""
    if "{" not in line:
        return line
    for track in known.parsed().session().tracks:
        line = line.replace(f"track {track.id}", f"'{track.name}'")
        for clip in track.clips:
            line = line.replace(f"item {clip.id}", f"item '{clip.name}' of '{track.name}'")
    return line
