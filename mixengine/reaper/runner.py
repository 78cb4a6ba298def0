"""REAPER's side of the backend: a folder with the job, a process, and the progress it reports.

Standard library only. The process gets its own group, so that stopping it stops its workers too, and it ends by itself
when REAPER does.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mixengine
from mixengine.hosts.open_project import STEMS, STEMS_FOLDER
from mixengine.hosts.reaper.snapshot import Snapshot
from mixengine.system.errors import UserError
from mixengine.system.processes import end, lives
from mixengine.system.staging import sweep
from mixengine.system.user_dirs import cache_folder

_SCHEMA = 1
_KILL_AFTER_S = 5.0
_KEPT_FOLDERS = 5
_TAIL_BYTES = 4096
_MIN_DISK_BYTES = 65536
REPORT = "report.html"
"""The page about a plan, in the folder of its job."""


@dataclass
class Running:
    """A backend at work in ``folder``, for the project in ``place``."""

    folder: Path
    place: Path
    process: subprocess.Popen
    stopping_since_s: float | None = None
    last_status: dict[str, Any] = field(default_factory=dict)

    def status(self) -> tuple[float, str]:
        """Share done (0 … 1) and what is going on."""
        try:
            status = json.loads(_last_line(self.folder / "status.jsonl"))
            self.last_status = status if isinstance(status, dict) else self.last_status
        except (OSError, ValueError, IndexError):
            pass  # nothing said yet, or the last line is being written
        return self.last_status.get("done", 0) / max(self.last_status.get("total", 1), 1), self.last_status.get(
            "what", "starting"
        )

    @property
    def ended(self) -> bool:
        """Whether the process is over."""
        return self.process.poll() is not None

    def result(self) -> dict[str, Any] | None:
        """The answer once the process has ended, else ``None``; one that died without, and unasked, is an error."""
        code = self.process.poll()
        if code is None:
            if (self.folder / "cancel").exists():
                self.stop()
            if self.stopping_since_s is not None and time.monotonic() - self.stopping_since_s > _KILL_AFTER_S:
                self.kill()
            return None
        try:
            answer = json.loads((self.folder / "result.json").read_text(encoding="utf-8"))
            if isinstance(answer, dict) and "ok" in answer:
                return answer
        except (OSError, ValueError):
            pass
        self.kill()  # it was ended from outside: its workers may still be there
        if self.stopping_since_s is not None or (self.folder / "cancel").exists():
            return {"ok": False, "cancelled": True, "error": "stopped"}  # as asked for, by force or not
        return {"ok": False, "error": self._why(code)}

    def _why(self, code: int) -> str:
        if self.folder.is_dir() and shutil.disk_usage(self.folder).free < _MIN_DISK_BYTES:
            return f"No space left on the disk of {self.folder}: free some and try again"
        return f"the backend ended without an answer (exit code {code}){self._last_words()}"

    def _last_words(self) -> str:
        try:
            lines = (self.folder / "stderr.txt").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        except OSError:
            return ""
        return f": {lines[-1]}" if lines else ""

    def stop(self) -> None:
        """Ask it to stop; `result` kills it when it does not."""
        if self.stopping_since_s is None:
            self.stopping_since_s = time.monotonic()
            (self.folder / "cancel").touch()

    def kill(self) -> None:
        """End the process and its workers at once, and remove what it was writing beside the project."""
        if os.name == "posix" and self.process.pid in (0, os.getpgrp()):
            return  # never REAPER's own group
        end(self.process.pid)
        sweep(self.place, self.process.pid)


def _last_line(path: Path) -> bytes:
    """The last lines of a file, however long it has grown."""
    with path.open("rb") as file:
        file.seek(max(file.seek(0, os.SEEK_END) - _TAIL_BYTES, 0))
        return file.read().splitlines()[-1]


def start(
    interpreter: str,
    job: str,
    settings: dict[str, Any],
    snapshot: Snapshot,
    *,
    time_selection: bool = False,
    listen: str = "as needed",
) -> Running:
    """Start the backend on a snapshot.

    Parameters
    ----------
    interpreter : str
        The Python that was recorded by ``mixengine reaper install``.
    job : str
        A name of `mixengine.jobs.registry.names`, with its ``settings``.
    time_selection : bool
        Work on the time selection only, if there is one.
    listen : str
        Which tracks are heard through REAPER, one of `mixengine.app.listening.MODES`.

    Raises
    ------
    UserError
        The interpreter is gone or the disk is full.
    """
    try:
        folder = _new_folder()
        (folder / "snapshot.RPP").write_bytes(snapshot.text.encode("utf-8", "surrogateescape"))
        job_file = {
            "mixengine_job": _SCHEMA,
            "job": job,
            "path": snapshot.path,
            "parent": os.getpid(),
            "settings": settings,
            "time_selection": time_selection,
            "listen": listen,
        }
        return _launch(interpreter, folder, job_file)
    except OSError as error:
        raise _cannot_start(interpreter, error) from None


def report(interpreter: str, done: Running) -> Running:
    """Start the backend once more on a finished job, to write a page about its plan."""
    return _again(interpreter, done, report=True)


def stems_folder(asking: Running) -> Path:
    """The folder into which REAPER renders what a backend asks for, empty."""
    folder = asking.folder / STEMS_FOLDER
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder}: cannot be made: {error.strerror or error}") from None
    return folder


def discard_stems(asking: Running) -> None:
    """Remove what REAPER rendered, when the backend does not come to take it."""
    shutil.rmtree(asking.folder / STEMS_FOLDER, ignore_errors=True)


def go_on(interpreter: str, asking: Running, stems: dict[str, Any]) -> Running:
    """Start the backend once more on a job for which REAPER had to render, with what it rendered."""
    try:
        (asking.folder / STEMS).write_text(json.dumps(stems), encoding="utf-8")
    except OSError as error:
        raise _cannot_start(interpreter, error) from None
    return _again(interpreter, asking)


def _again(interpreter: str, before: Running, **changed: Any) -> Running:
    try:
        job_file = json.loads((before.folder / "job.json").read_text(encoding="utf-8")) | changed
        (before.folder / "result.json").unlink(missing_ok=True)
        (before.folder / "status.jsonl").unlink(missing_ok=True)
        return _launch(interpreter, before.folder, job_file)
    except OSError as error:
        raise _cannot_start(interpreter, error) from None


def _launch(interpreter: str, folder: Path, job_file: dict[str, Any]) -> Running:
    (folder / "job.json").write_text(json.dumps(job_file), encoding="utf-8")
    with (folder / "stderr.txt").open("wb") as errors:
        process = subprocess.Popen(
            [interpreter, "-m", "mixengine", "job", str(folder / "job.json")],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=_clean_environment(),
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    (folder / "pid").write_text(str(process.pid))
    return Running(folder, Path(job_file["path"]).absolute().parent, process)


def _cannot_start(interpreter: str, error: OSError) -> UserError:
    if not os.access(interpreter, os.X_OK):
        return UserError(f"{interpreter}: Python is not there any more; run 'mixengine reaper install' again")
    return UserError(f"the backend cannot be started: {error.filename or interpreter}: {error.strerror or error}")


def at_work(folder: str) -> bool:
    """Whether a backend of an earlier action still works in this folder."""
    place = Path(folder)
    try:
        return not (place / "result.json").exists() and lives(int((place / "pid").read_text()))
    except (OSError, ValueError):
        return False


def ask_to_stop(folder: str) -> None:
    """Ask the backend in this folder to stop."""
    (Path(folder) / "cancel").touch()


def _new_folder() -> Path:
    """A folder for this job; only the last few are kept, for bug reports, and the one with the last report."""
    root = cache_folder() / "reaper-jobs"
    root.mkdir(parents=True, exist_ok=True)
    old = sorted((path for path in root.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    reports = [path for path in old if (path / REPORT).is_file()]
    for path in old[: max(len(old) - _KEPT_FOLDERS, 0)]:
        if path not in reports[-1:]:
            shutil.rmtree(path, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix="job-", dir=root))


def _clean_environment() -> dict[str, str]:
    """Without what belongs to REAPER's own Python, and with the same mixengine that runs here."""
    foreign = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONEXECUTABLE")
    kept = {key: value for key, value in os.environ.items() if key not in foreign}
    return kept | {"PYTHONPATH": str(Path(mixengine.__file__).resolve().parents[1])}
