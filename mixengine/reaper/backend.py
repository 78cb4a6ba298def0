"""The process behind REAPER's action buttons: a job file in, a plan out, everything through one folder.

REAPER's side writes ``job.json`` and ``snapshot.RPP``, starts ``mixengine job job.json`` and looks for ``result.json``;
what happens meanwhile is told in ``status.jsonl``, one line each. A file ``cancel`` stops the work, and so does the end
of the process that started it. Nothing but that folder is written, except the audio that a plan
plays, which goes beside the project.
"""

from __future__ import annotations

import _thread
import json
import os
import threading
import time
import traceback
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mixengine.app import decision, plan_audio
from mixengine.hosts.rpp import history
from mixengine.hosts.rpp.project import Project
from mixengine.jobs import registry
from mixengine.model import codec, crop
from mixengine.model import plan as mixplan
from mixengine.model.plan import MixPlan
from mixengine.model.session import MASTER, Session
from mixengine.system.errors import UserError
from mixengine.system.processes import end, lives

SCHEMA = 1
_LOOK_EVERY_S = 0.25
_PATIENCE_S = 5.0
"""How long an interrupted work may take to come back when nobody is there any more to end it."""
_TELL_EVERY_S = 0.1
_MOST_LINES = 14


@dataclass(frozen=True, slots=True)
class JobFile:
    """What REAPER's side asks for.

    Attributes
    ----------
    mixengine_job : int
        `SCHEMA`.
    job : str
        A name of `mixengine.jobs.registry.names`.
    path : str
        The project's own path, from which its media are found.
    parent : int
        Process that waits for the answer; 0: none.
    settings : dict
        The job's settings.
    time_selection : bool
        Hear the project's time selection only, if there is one.
    report : bool
        Do not decide again: write ``report.html`` about the ``plan.json`` that is there.
    """

    mixengine_job: int
    job: str
    path: str
    parent: int = 0
    settings: dict[str, Any] = field(default_factory=dict)
    time_selection: bool = False
    report: bool = False


def run(job_file: Path) -> int:
    """Do the work; returns the exit code. Every outcome but a kill is in ``result.json``."""
    folder = job_file.absolute().parent
    try:
        asked = _asked(job_file)
        tell = _Teller(folder)
        _Watch(folder, asked.parent).start()
        tell(0, 1, "starting")
        result = _answer(asked, folder, tell)
    except UserError as error:
        result = {"ok": False, "error": str(error)}
    except KeyboardInterrupt:
        result = {"ok": False, "cancelled": True, "error": "stopped"}
    except MemoryError:
        result = {"ok": False, "error": "out of memory: close other programs or select fewer tracks"}
    except OSError as error:
        result = {"ok": False, "error": f"{error.filename or folder}: {error.strerror or error}"}
    except Exception as error:  # REAPER's side shows it in a box; the trace helps a bug report
        where = traceback.extract_tb(error.__traceback__)[-1]
        text = f"internal error: {type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
        result = {"ok": False, "error": text, "trace": traceback.format_exc()}
    _write(folder / "result.json", json.dumps(result))
    return 0 if result["ok"] else 1


def _asked(job_file: Path) -> JobFile:
    try:
        asked = codec.decode(JobFile, json.loads(job_file.read_text(encoding="utf-8")))
    except OSError as error:
        raise UserError(f"{job_file}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{job_file}: not a job file ({error})") from None
    if asked.mixengine_job != SCHEMA:
        raise UserError(f"{job_file}: job version {asked.mixengine_job}, this mixengine knows {SCHEMA}: install again")
    return asked


def _answer(asked: JobFile, folder: Path, tell: _Teller) -> dict[str, Any]:
    if not registry.is_job(asked.job):
        raise UserError(f"job '{asked.job}' is unknown to this mixengine: run 'mixengine reaper install' again")
    project = Project((folder / "snapshot.RPP").read_bytes(), Path(asked.path))
    if asked.report:
        return _report(project, folder, tell)
    settings = registry.settings(asked.job, asked.settings)
    session = project.session()
    heard = _heard(session) if asked.time_selection else session
    plan = decision.decide(asked.job, heard, history.plan_in(project.root), settings, tell)
    plan, made = plan_audio.write_audio(session, plan, tell)
    _write(folder / "plan.json", plan.to_json())
    notes = dict.fromkeys([*plan.notes, *(not_heard(session) if not registry.job(asked.job).audio else ())])
    return {
        "ok": True,
        "plan": "plan.json",
        "summary": summary(plan, session),
        "notes": list(notes),
        "audio": [str(path) for path in made],
    }


def _report(project: Project, folder: Path, tell: _Teller) -> dict[str, Any]:
    from mixengine.app.pages import page

    plan = mixplan.from_json((folder / "plan.json").read_text(encoding="utf-8"))
    _write(folder / "report.html", page(project.session(), plan, tell))
    return {"ok": True, "report": "report.html"}


def _heard(session: Session) -> Session:
    """The session as far as the time selection goes."""
    if session.time_selection_s is None:
        return session
    start_s, end_s = session.time_selection_s
    note = f"heard from {start_s:.2f} to {end_s:.2f} s only, the time selection"
    return replace(crop.within(session, start_s, end_s), notes=(*session.notes, note))


def not_heard(session: Session) -> list[str]:
    """One line for each reason why tracks with items were left out: missing media, MIDI alone, damaged files."""
    from mixengine.model import selection

    by_reason: dict[str, list[str]] = {}
    for track_id, why in selection.pick(session).skipped.items():
        track = session.track(track_id)
        if any(not clip.mute and clip.source.kind not in ("audio", "empty") for clip in track.clips):
            by_reason.setdefault(why, []).append(track.name)
    return [f"{_listed(who)}: {why}" for why, who in by_reason.items()]


def summary(plan: MixPlan, session: Session) -> list[str]:
    """A few lines for a message box: what would change, and why."""
    names = {MASTER: "master"} | {track.id: track.name for track in session.tracks}
    by_reason: dict[str, list[str]] = {}
    for change in plan.changes:
        name = names.get(getattr(change, "track", ""), getattr(change, "name", "master"))
        if reason := getattr(change, "reason", ""):  # what has none goes with a change that has one
            by_reason.setdefault(reason, []).append(name)
    lines = [f"{_listed(list(dict.fromkeys(who)))}: {why}" for why, who in by_reason.items()]
    left = len(lines) - _MOST_LINES
    count = f"{len(plan.changes)} change{'s' * (len(plan.changes) != 1)}"
    return [count, *lines[:_MOST_LINES], *([f"… and {left} more"] if left > 0 else [])]


def _listed(names: list[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


class _Teller:
    """Progress as lines of ``status.jsonl``."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "status.jsonl"
        self._last = 0.0

    def __call__(self, done: int, total: int, what: str) -> None:
        now = time.monotonic()
        if now - self._last < _TELL_EVERY_S and done < total:
            return
        self._last = now
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"done": done, "total": total, "what": what}) + "\n")


class _Watch(threading.Thread):
    """Interrupts the work when ``cancel`` appears or the parent is gone."""

    def __init__(self, folder: Path, parent: int) -> None:
        super().__init__(daemon=True)
        self._cancel = folder / "cancel"
        self._parent = parent

    def run(self) -> None:
        while not self._cancel.exists() and self._is_awaited():
            time.sleep(_LOOK_EVERY_S)
        _thread.interrupt_main()
        while self._is_awaited():
            time.sleep(_LOOK_EVERY_S)  # should the work not come back, REAPER's side ends it
        time.sleep(_PATIENCE_S)
        end(os.getpid())

    def _is_awaited(self) -> bool:
        return not self._parent or lives(self._parent)


def _write(path: Path, text: str) -> None:
    """Whole or not at all: REAPER's side may look at any moment."""
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
