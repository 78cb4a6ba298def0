"""From a path to files: open the session, run the job, write what it decided. What the command line and Python share.

Nothing is written before the plan exists, and everything is written at once (`mixengine.hosts.staging`).
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mixengine import hosts, jobs
from mixengine import plan as mixplan
from mixengine.errors import UserError
from mixengine.hosts import staging
from mixengine.hosts.rpp import extstate
from mixengine.hosts.rpp.project import Project
from mixengine.plan import MixPlan
from mixengine.session import Session
from mixengine.settings import BalanceSettings

Progress = Callable[[int, int, str], None]
_ROW_KEYS = [
    "name",
    "file",
    "group",
    "role",
    "active_share",
    "measured_lufs",
    "true_peak_dbtp",
    "f0_hz",
    "centroid_hz",
    "target_lufs",
    "gain_db",
    "fader_before_db",
    "fader_after_db",
    "reason",
]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where results go: all inside ``folder``, the project under ``project``, other files under ``side`` (``""`` or
    ``name/``).
    """

    folder: Path
    project: str
    side: str


@dataclass
class Outcome:
    """What a command did."""

    plan: MixPlan
    outputs: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """The ``--json`` object of ``mixengine balance``."""
        details = self.plan.details
        return {
            "session": self.plan.source,
            "method": details["method"],
            "preset": details["preset"],
            "tracks": [{key: _finite(row[key]) for key in _ROW_KEYS} for row in details["tracks"]],
            "headroom_db": _finite(details["headroom_db"]),
            "outputs": self.outputs,
            "notes": self.notes,
            "seconds": round(self.seconds, 3),
        }


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def destination(source: Path, out: str | None, suffix: str) -> Destination:
    """Where results of ``source`` go.

    Beside a project ``song.RPP``: ``song-balanced.RPP`` and the folder ``song-balanced/``. Beside a folder ``stems``:
    everything in ``stems-balanced/``. ``out`` names a folder for everything, or the project file.
    """
    name = f"{source.stem if source.is_file() else source.resolve().name}-{suffix}"
    if out is not None and Path(out).suffix.lower() == ".rpp":
        target = Path(out).absolute()
        place = Destination(target.parent, target.name, f"{target.stem}/")
    elif out is not None:
        place = Destination(Path(out).absolute(), f"{name}.RPP", "")
    elif source.is_file():
        place = Destination(source.absolute().parent, f"{name}{source.suffix}", f"{name}/")
    else:
        place = Destination(source.resolve().parent / name, f"{name}.RPP", "")
    target = place.folder / place.project
    if target.exists() and source.exists() and target.samefile(source):
        raise UserError(f"{target}: is the input; choose another name, or use --in-place (a copy is kept)")
    return place


def balance(
    source: Path,
    settings: BalanceSettings,
    *,
    out: str | None = None,
    in_place: bool = False,
    variants: bool = False,
    dry_run: bool = False,
    progress: Progress = lambda *_: None,
) -> Outcome:
    """Balance one session and write the results.

    Parameters
    ----------
    source : Path
        Project file or folder.
    out : str, optional
        Folder for the results, or the project file to write.
    in_place : bool
        Write into the project itself, keeping a copy named after the time.
    variants : bool
        Also write the paper's three folders and bounces.
    dry_run : bool
        Decide, write nothing.
    """
    started = time.monotonic()
    session = hosts.open_session(source)
    place = destination(source, out, "balanced")
    if in_place:
        place = _in_place(source, place)
    if source.is_file() and not dry_run:
        Project.load(source).check_writable()
    plan = jobs.run("balance", session, settings, progress)
    outcome = Outcome(plan, notes=list(plan.notes))
    if not dry_run:
        _write_balance(session, plan, place, variants, outcome, progress)
    outcome.seconds = time.monotonic() - started
    return outcome


def _in_place(source: Path, place: Destination) -> Destination:
    if not source.is_file():
        raise UserError(f"{source}: --in-place is for project files; a folder's audio is never changed")
    real = source.resolve()  # a link stays a link: what it names is rewritten
    return Destination(real.parent, real.name, place.side)


def _write_balance(
    session: Session, plan: MixPlan, place: Destination, variants: bool, outcome: Outcome, progress: Progress
) -> None:
    from mixengine.report import results

    found = results.entries(plan)
    files = {
        "plan": (f"{place.side}plan.json", _whole_plan(session, plan, place).to_json()),
        "results_json": (f"{place.side}results.json", results.as_json(found)),
        "results_csv": (f"{place.side}results.csv", results.as_csv(found)),
    }
    with staging.Staging(place.folder) as stage:
        outputs: dict[str, str] = {}
        if variants:
            from mixengine.render import variants as paper

            outputs |= paper.write(session, plan, stage, place.side, progress)
        for key, (name, text) in files.items():
            stage.path(name).write_text(text, encoding="utf-8", errors="surrogateescape")
            outputs[key] = name
        _stage_project(session, plan, place, stage, outcome)
        stage.commit()
    outcome.outputs = {"project": str(place.folder / place.project)} | {
        key: str(place.folder / name) for key, name in outputs.items()
    }


def _whole_plan(session: Session, plan: MixPlan, place: Destination) -> MixPlan:
    """The plan to keep: in place, what was applied before and now together, so that revert goes back to the start."""
    if place.folder / place.project != Path(session.path).resolve():
        return plan
    return mixplan.merge(_applied_before(session), plan)


def _applied_before(session: Session) -> MixPlan | None:
    """The plan that the project remembers, if any."""
    if not Path(session.path).is_file():
        return None
    text = extstate.read(Project.load(session.path).root, "PLAN")
    try:
        return mixplan.from_json(text) if text else None
    except UserError:
        return None


def _stage_project(
    session: Session,
    plan: MixPlan,
    place: Destination,
    stage: staging.Staging,
    outcome: Outcome,
    *,
    remember: bool = True,
) -> None:
    kept = None
    if remember:
        kept = replace(mixplan.merge(_applied_before(session), plan), details={}, notes=()).to_json()
    ext_state: dict[str, str | None] = {"PLAN": kept}
    if roles := plan.details.get("roles"):
        ext_state["ROLES"] = json.dumps(roles)
    result = hosts.render(session, plan, place.folder / place.project, ext_state=ext_state)
    outcome.notes.extend(result.skipped)
    stage.path(place.project).write_bytes(result.data)


def apply_plan(
    plan_file: Path, source: Path, *, out: str | None = None, in_place: bool = False, undo: bool = False
) -> Outcome:
    """Apply a plan from a file to a session, or its reverse, and write the project.

    Raises
    ------
    UserError
        Nothing of the plan fits the session.
    """
    started = time.monotonic()
    try:
        text = plan_file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{plan_file}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    plan = mixplan.from_json(text, where=str(plan_file))
    if undo:
        plan = mixplan.revert(plan)
    session = hosts.open_session(source)
    place = destination(source, out, "reverted" if undo else "applied")
    if in_place:
        place = _in_place(source, place)
    outcome = Outcome(plan)
    with staging.Staging(place.folder) as stage:
        _stage_project(session, plan, place, stage, outcome, remember=not undo)
        if plan.changes and len(outcome.notes) == len(plan.changes):
            raise UserError(f"{plan_file}: nothing of this plan fits {source}: {outcome.notes[0]}")
        stage.commit()
    outcome.outputs = {"project": str(place.folder / place.project)}
    outcome.seconds = time.monotonic() - started
    return outcome
