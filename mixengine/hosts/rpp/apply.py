"""Write a MixPlan into a project file.

The plan may be older than the file. Objects are looked up by id. A value that is neither the plan's ``before`` nor its
``after`` was changed by the user in the meantime: it is left alone and reported.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

from mixengine.hosts.rpp import extstate, project
from mixengine.hosts.rpp.change_writers import WRITERS
from mixengine.hosts.rpp.project_edits import Gone, ProjectEdits, Skip
from mixengine.model import plan as mixplan


@dataclass
class Result:
    """The new project and whether it is another than before, the plan as far as it was carried out, and what could not
    be done: how many changes, and each reason once.

    What is gone counts as carried out: nothing of it is left to be taken back.
    """

    project: project.Project
    plan: mixplan.MixPlan
    applied: int = 0
    refused: int = 0
    skipped: list[str] = field(default_factory=list)
    is_changed: bool = False

    @property
    def data(self) -> bytes:
        """The text of the new project."""
        return self.project.document.data


def apply(source: project.Project, plan: mixplan.MixPlan, *, ext_state: extstate.Memory | None = None) -> Result:
    """Make the changes of ``plan`` in a project.

    Parameters
    ----------
    source : Project
        Left as it is.
    plan : MixPlan
        What to change.
    ext_state : mapping, or callable that gives it for the plan as far as it was carried out; optional
        Values to store in the project, see `mixengine.hosts.rpp.extstate.write`.

    Raises
    ------
    UserError
        The file was cut off, or the result would not read back.
    """
    source.check_writable()
    try:
        return _apply_changes(source, plan, ext_state or {})
    finally:
        source.document.forget_edits()


def _apply_changes(source: project.Project, plan: mixplan.MixPlan, memory: extstate.Memory) -> Result:
    state, text_before = ProjectEdits(source), source.document.data
    result = Result(source, plan)
    carried_out: list[mixplan.Change] = []
    for change in plan.changes:
        try:
            _refuse_locked(state, change)
            WRITERS[type(change)](state, change)
            result.applied += 1
            carried_out.append(change)
        except Skip as reason:
            if isinstance(reason, Gone):
                carried_out.append(change)
            result.refused += 1
            if str(reason) not in result.skipped:
                result.skipped.append(str(reason))
    state.flush()
    result.plan = replace(plan, changes=tuple(carried_out))
    ext_state = memory(result.plan) if callable(memory) else memory
    spellings = state.spellings
    if not any(value is not None for value in ext_state.values()):
        # no plan is stored this time: only spellings that were stored before stay
        spellings = {knob: word for knob, word in spellings.items() if knob in extstate.spellings(source.root)}
    extstate.write(state.project.document, {"SPELLINGS": json.dumps(spellings) if spellings else None, **ext_state})
    state.flush()
    state.project.check_writable()
    result.project, result.is_changed = state.project, state.project.document.data != text_before
    return result


def _refuse_locked(state: ProjectEdits, change: mixplan.Change) -> None:
    track_id = mixplan.track_of(change)
    block = state.project.tracks.get(track_id or "")
    if track_id and block is not None and project.is_locked(block):
        raise Skip(f"'{state.name(track_id)}' is locked in REAPER: left as it is")
