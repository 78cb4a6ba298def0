"""The process behind REAPER's action buttons: a job file in, a plan out, everything through one folder.

REAPER's side writes ``job.json`` and ``snapshot.RPP``, starts ``mixengine job job.json`` and looks for ``result.json``;
meanwhile lines of ``status.jsonl`` say how far the work is. A file ``cancel`` stops the work, and so does the end of
the process that started it. Nothing but that folder is written, except the audio that a plan plays, which goes beside
the project.
"""

from __future__ import annotations

import _thread
import json
import os
import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mixengine.app import listening, workflow
from mixengine.hosts.open_project import JobFolder, RenderFirst
from mixengine.jobs import registry
from mixengine.model import choice, codec
from mixengine.model import plan as mixplan
from mixengine.model.plan import MixPlan
from mixengine.model.session import MASTER, Session
from mixengine.model.words import fitting, name_list
from mixengine.system.atomic import write_atomically
from mixengine.system.errors import UserError
from mixengine.system.processes import end, lives

SCHEMA = 1
_POLL_S = 0.25
_MAX_UNWIND_S = 5.0
"""How long interrupted work may take to end after its parent process is gone."""
_STATUS_EVERY_S = 0.1
_MAX_LINES, _MAX_CHARACTERS = 14, 900
"""What a message box shows on a small screen."""
_MAX_NAMES = 6


@dataclass(frozen=True, slots=True)
class JobFile:
    """The request of REAPER's side.

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
        Work on the project's time selection only, if there is one.
    listen : str
        Which tracks are heard through REAPER, see `mixengine.app.listening`.
    report : bool
        Do not decide again: write ``report.html`` about the ``plan.json`` that is there.
    """

    mixengine_job: int
    job: str
    path: str
    parent: int = 0
    settings: dict[str, Any] = field(default_factory=dict)
    time_selection: bool = False
    listen: str = listening.AS_NEEDED
    report: bool = False


def run(job_file: Path) -> int:
    """Do the work; returns the exit code. Every outcome but a kill is in ``result.json``."""
    folder = job_file.absolute().parent
    try:
        request = _request(job_file)
        progress = _StatusLines(folder)
        _Watch(folder, request.parent).start()
        progress(0, 1, "starting")
        result = _answer(request, folder, progress)
    except RenderFirst as first:
        result = {"ok": True, "render": codec.encode(first.request)}
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
    write_atomically(folder / "result.json", json.dumps(result))
    return 0 if result["ok"] else 1


def _request(job_file: Path) -> JobFile:
    try:
        request = codec.decode(JobFile, json.loads(job_file.read_text(encoding="utf-8")))
    except OSError as error:
        raise UserError(f"{job_file}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{job_file}: not a job file ({error})") from None
    if (version := request.mixengine_job) != SCHEMA:
        raise UserError(f"{job_file}: job version {version}, this mixengine knows {SCHEMA}: install again")
    return request


def _answer(request: JobFile, folder: Path, progress: _StatusLines) -> dict[str, Any]:
    if not registry.is_job(request.job):
        raise UserError(f"job '{request.job}' is unknown to this mixengine: run 'mixengine reaper install' again")
    host = JobFolder(folder, Path(request.path))
    job = registry.job(request.job)
    if request.report:
        return _report(job.name, host, request, folder, progress)
    settings = registry.settings(job.name, request.settings)
    outcome = workflow.run_job(
        job.name, host, settings, time_selection=request.time_selection, listen=request.listen, progress=progress
    )
    notes = dict.fromkeys([*outcome.notes, *(left_out(host.session, outcome.heard) if not job.audio else ())])
    return {
        "ok": True,
        "plan": outcome.outputs["plan"],
        "summary": summary(outcome.plan, host.session),
        "choice": _choice(outcome, host.session),
        "notes": list(notes),
        "heard": outcome.heard,
        "nothing": outcome.nothing,
        "audio": [str(path) for path in outcome.new_audio],
        "operations": host.operations.to_json(),
    }


def _report(job: str, host: JobFolder, request: JobFile, folder: Path, progress: _StatusLines) -> dict[str, Any]:
    from mixengine.app.pages import page

    plan = mixplan.from_json((folder / "plan.json").read_text(encoding="utf-8"))
    try:
        session = workflow.heard_session(job, host, listen=request.listen, with_mix=False)
    except (RenderFirst, UserError):  # what was rendered is not kept any more
        session = host.session
    write_atomically(folder / "report.html", page(session, plan, progress))
    return {"ok": True, "report": "report.html"}


def left_out(session: Session, heard: Mapping[str, str]) -> list[str]:
    """One line for each reason why tracks with items were left out: missing media, MIDI alone, damaged files.

    ``heard``: track → how it was heard, see `mixengine.app.workflow.Outcome`.
    """
    from mixengine.model import selection

    by_reason: dict[str, list[str]] = {}
    for track_id, why in selection.pick(session).skipped.items():
        track = session.track(track_id)
        if heard.get(track.name, "").startswith(listening.THROUGH):
            continue
        if any(not clip.mute and clip.source.kind not in ("audio", "empty") for clip in track.clips):
            by_reason.setdefault(why, []).append(track.name)
    return [f"{name_list(who, _MAX_NAMES)}: {why}" for why, who in by_reason.items()]


def _choice(outcome: workflow.Outcome, session: Session) -> dict[str, Any] | None:
    """The table of a panel in which the user picks tracks; none where audio was made, which belongs together."""
    from mixengine.app.pages import view_of

    plan, cells = outcome.plan, view_of(outcome.plan).cells
    names = {track.id: track.name for track in session.tracks}
    table = None if outcome.new_audio else choice.choice(plan, names, cells(plan) if cells else None)
    return codec.encode(table) if table else None


def summary(plan: MixPlan, session: Session) -> list[str]:
    """A few lines for a message box: what would change, and why."""
    names = {MASTER: "master"} | {track.id: track.name for track in session.tracks}
    by_reason: dict[str, list[str]] = {}
    for change in plan.changes:
        name = names.get(getattr(change, "track", ""), getattr(change, "name", "master"))
        if reason := getattr(change, "reason", ""):  # what has none goes with a change that has one
            by_reason.setdefault(reason, []).append(name)
    lines = [f"{name_list(list(dict.fromkeys(who)), _MAX_NAMES)}: {why}" for why, who in by_reason.items()]
    shown = fitting(lines, _MAX_LINES, _MAX_CHARACTERS)
    left = len(lines) - len(shown)
    count = f"{len(plan.changes)} change{'s' * (len(plan.changes) != 1)}"
    return [count, *shown, *([f"… and {left} more"] if left > 0 else [])]


class _StatusLines:
    """Progress as lines of ``status.jsonl``."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "status.jsonl"
        self._last = 0.0

    def __call__(self, done: int, total: int, what: str) -> None:
        now = time.monotonic()
        if now - self._last < _STATUS_EVERY_S and done < total:
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
            time.sleep(_POLL_S)
        _thread.interrupt_main()
        while self._is_awaited():
            time.sleep(_POLL_S)  # if the work does not end, REAPER's side kills it
        time.sleep(_MAX_UNWIND_S)
        end(os.getpid())

    def _is_awaited(self) -> bool:
        return not self._parent or lives(self._parent)
