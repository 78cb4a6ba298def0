"""Worker processes that may die: an item that kills its worker is tried once more, and the other items go on.

Each thread that calls `do` has a process of its own, started when first needed and kept for the next item. The same
function serves the threads of a local batch and those of Dask's workers.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import mixengine
from mixengine.batch import steps
from mixengine.batch.journal import FAILED, Entry
from mixengine.batch.steps import Task
from mixengine.model import codec
from mixengine.system import staging
from mixengine.system.processes import PROCESSORS

ATTEMPTS = 2
COMMAND = (sys.executable, "-m", "mixengine.batch.worker")
_MAX_STOP_S = 20.0
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", PROCESSORS)
_THREAD = threading.local()
_LOCK = threading.Lock()
_ALL: set[WorkerProcess] = set()


class Stopped(Exception):
    """The batch is being stopped; the item was not finished."""


class WorkerProcess:
    """One worker process at a time.

    Attributes
    ----------
    batch : str
        The run it works for.
    process : Popen, optional
    """

    def __init__(self, batch: str) -> None:
        self.batch = batch
        self.process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._task: Task | None = None
        self._stderr: Any = None
        with _LOCK:
            _ALL.add(self)

    def do(self, task: Task) -> dict[str, Any] | None:
        """The encoded entry of a task; ``None`` when the process died over it."""
        process, self._task = self._running(), task
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps(codec.encode(task)).encode("ascii") + b"\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except OSError:
            answer = b""
        if self._stopped:
            raise Stopped
        if answer.endswith(b"\n"):
            entry: dict[str, Any] = json.loads(answer)
            return entry
        process.wait()
        return None

    def how_it_died(self) -> str:
        """Signal or exit code of the last process, and the last fatal error it printed."""
        assert self.process is not None
        code = self.process.wait()
        self._stderr.seek(0)
        lines = [line for line in self._stderr.read().decode("utf-8", "replace").splitlines() if line.strip()]
        fatal = [line for line in lines if line.startswith("Fatal Python error")]
        how = f"signal {-code}{' (out of memory?)' if code == -9 else ''}" if code < 0 else f"exit code {code}"
        return f"{how}{': ' + fatal[-1] if fatal else ''}"

    def sweep(self) -> None:
        """Remove what the process was writing when it died."""
        if self.process is not None and self._task is not None:
            staging.sweep(steps.place(self._task).folder, self.process.pid)

    def request_stop(self) -> None:
        """Ask the process to end; it removes unfinished files. No other is started."""
        self._stopped = True
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait(self) -> None:
        """Wait until the process has ended, kill it if need be, and remove what it left unfinished."""
        if self.process is None:
            return
        try:
            self.process.wait(_MAX_STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.sweep()

    def _running(self) -> subprocess.Popen[bytes]:
        with _LOCK:  # a stop comes before or after the start, never into it
            if self._stopped:
                raise Stopped
            if self.process is None or self.process.poll() is not None:
                self.process = self._start()
            return self.process

    def _start(self) -> subprocess.Popen[bytes]:
        here = str(Path(mixengine.__file__).resolve().parents[1])
        paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {**os.environ, **dict.fromkeys(_ONE_THREAD, "1"), "PYTHONPATH": os.pathsep.join(paths)}
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process
        return subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env=environment,
            # Ctrl-C is for the batch, which then stops its workers
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )


def do(task: dict[str, Any]) -> dict[str, Any]:
    """Do a task (an encoded `Task`) in this thread's worker process; returns its encoded `Entry`.

    Raises
    ------
    Stopped
        `stop` was called meanwhile.
    """
    decoded = codec.decode(Task, task)
    worker = getattr(_THREAD, "worker", None)
    if worker is None or worker.batch != decoded.batch:
        worker = _THREAD.worker = WorkerProcess(decoded.batch)
    for attempt in range(1, ATTEMPTS + 1):
        answer = worker.do(decoded)
        if answer is not None:
            return {**answer, "attempts": attempt}
        worker.sweep()
    error = f"{decoded.source}: its worker process died {ATTEMPTS} times, by {worker.how_it_died()}"
    failed: dict[str, Any] = codec.encode(
        Entry(decoded.item, decoded.key, decoded.jobs, FAILED, error, attempts=ATTEMPTS, version=mixengine.__version__)
    )
    return failed


def stop(batch: str) -> None:
    """End the worker processes of a batch, at once."""
    with _LOCK:
        workers = [worker for worker in _ALL if worker.batch == batch]
        _ALL.difference_update(workers)
        for worker in workers:
            worker.request_stop()
    for worker in workers:
        worker.wait()


def version() -> str:
    """The version of mixengine on a machine of a cluster."""
    return mixengine.__version__
